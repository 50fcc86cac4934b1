/** Tests who hears of the window's size, and when. */

import { assertEquals } from "@std/assert";
import { WindowSize } from "../../command/window_size.ts";
import { testsThatNeed } from "../test_case.ts";

const linuxTest = testsThatNeed("Linux", Deno.build.os === "linux");

/** A window of the size that a test says; nothing where it is closed. */
class FakeWindow implements Disposable {
  size?: { columns: number; rows: number };
  readonly #real = Deno.consoleSize;

  constructor(columns: number, rows: number) {
    this.size = { columns, rows };
    Deno.consoleSize = () => {
      if (this.size === undefined) throw new Error("no terminal");
      return this.size;
    };
  }

  /** Has a size from now on, and tells of that. */
  async resize(columns: number, rows: number): Promise<void> {
    this.size = { columns, rows };
    await this.signal();
  }

  async signal(): Promise<void> {
    Deno.kill(Deno.pid, "SIGWINCH");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }

  [Symbol.dispose](): void {
    Deno.consoleSize = this.#real;
  }
}

linuxTest("WindowSize tells of the size at once, and of each change", async () => {
  const told: string[] = [];
  using fake = new FakeWindow(80, 25);
  const watch = new WindowSize((columns, rows) => told.push(`${columns}x${rows}`));
  await fake.resize(132, 25);
  await fake.resize(132, 43);
  // A signal that says nothing new.
  await fake.signal();
  watch[Symbol.dispose]();
  await fake.resize(10, 10);
  assertEquals(told, ["80x25", "132x25", "132x43"]);
});

linuxTest("WindowSize has nothing to say of a terminal that is closed", async () => {
  const told: number[][] = [];
  using fake = new FakeWindow(80, 25);
  fake.size = undefined;
  using _watch = new WindowSize((...size) => told.push(size));
  await fake.signal();
  assertEquals(told, []);
});
