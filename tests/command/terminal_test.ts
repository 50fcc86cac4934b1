/** Runs the command at a terminal: keys reach the guest one by one, and the terminal is left as it was. */

import { assertEquals, assertMatch } from "@std/assert";
import { startAt } from "../at_terminal.ts";
import { testsInLanes } from "../lanes.ts";
import { guestPath, type Outcome } from "../orchid_command.ts";
import { PseudoTerminal } from "../pseudo_terminal.ts";
import type { RunningCommand } from "../running_command.ts";
import { testsThatNeed } from "../test_case.ts";

/** What was seen of a run. */
interface Seen extends Outcome {
  /** Whether the terminal collected and showed what was typed while the guest ran. */
  readonly isCooked: boolean;
  /** The terminal's settings before and after. */
  readonly settings: readonly [before: Uint8Array, after: Uint8Array];
}

/** Runs a guest at a terminal; `use` types there, and ends it. */
async function seen(
  guest: string,
  use: (terminal: PseudoTerminal, running: RunningCommand) => Promise<boolean>,
): Promise<Seen> {
  using terminal = new PseudoTerminal();
  terminal.makeUnusual();
  const before = terminal.settings;
  const running = startAt(terminal, "-v", guestPath(guest));
  await running.hasSaid("Run vCPU");
  const isCooked = await use(terminal, running);
  const outcome = await running.end();
  return { ...outcome, isCooked, settings: [before, terminal.settings] };
}

/** On KVM or on the software CPU, whichever there is: the terminal is the same to both. */
const test = testsInLanes(testsThatNeed("Linux", Deno.build.os === "linux"));

/** What ends a guest that reads its input, and the exit code. */
const ends: [what: string, code: number, end: (t: PseudoTerminal, c: RunningCommand) => void][] = [
  ["Ctrl-D", 0, (terminal) => terminal.type("\x04")],
  ["Ctrl-C", 130, (terminal) => terminal.type("\x03")],
  ["SIGTERM", 143, (_, running) => running.kill("SIGTERM")],
];

for (const [what, code, end] of ends) {
  test(
    `main.ts gives a guest each key at once, and leaves the terminal as it was after ${what}`,
    () =>
      seen("echo", async (terminal, running) => {
        // No Enter: a terminal that collects lines would keep it.
        terminal.type("a");
        await running.hasPrinted("a");
        const { isCooked } = terminal;
        terminal.type("b\r");
        await running.hasPrinted("ab\n");
        end(terminal, running);
        return isCooked;
      }),
    (seen) => {
      assertEquals([seen.code, seen.stdout, seen.isCooked], [code, "ab\n", false]);
      assertEquals(seen.settings[1], seen.settings[0]);
    },
  );
}

test(
  "main.ts leaves the terminal alone while the guest reads nothing",
  () =>
    seen("silence", (terminal) => {
      const { isCooked } = terminal;
      terminal.type("\x03");
      return Promise.resolve(isCooked);
    }),
  (seen) => {
    assertEquals([seen.code, seen.isCooked], [130, true]);
    assertEquals(seen.settings[1], seen.settings[0]);
  },
);

test(
  "main.ts ends when its terminal is closed, with 129",
  async () => {
    using terminal = new PseudoTerminal();
    const running = startAt(terminal, "-v", guestPath("echo"));
    await running.hasSaid("Run vCPU");
    terminal.type("a");
    await running.hasPrinted("a");
    terminal.hangUp();
    return await running.end();
  },
  ({ code, stderr }) => {
    assertEquals(code, 129);
    assertMatch(stderr, /\norchid: ended by SIGHUP; .*\n$/);
  },
);
