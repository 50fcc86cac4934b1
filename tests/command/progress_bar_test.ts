/** Tests when the progress bar shows, what it shows, and that it leaves nothing behind. */

import { assertEquals } from "@std/assert";
import { ProgressBar, type ProgressBarOptions } from "../../command/progress_bar.ts";
import { captureStderr } from "../standard_streams.ts";

const CLEAR = "\r\x1b[K";

/** What a bar writes while it is used; `at` sets the clock. */
function written(
  use: (bar: ProgressBar, at: (milliseconds: number) => void) => void,
  options: ProgressBarOptions = {},
): string[] {
  const texts: string[] = [];
  let time = 1000;
  const bar = new ProgressBar("loading", {
    write: (text) => texts.push(text),
    now: () => time,
    isTerminal: true,
    width: 80,
    ...options,
  });
  use(bar, (milliseconds) => time = 1000 + milliseconds);
  return texts;
}

Deno.test("ProgressBar shows nothing of what is done in half a second", () => {
  const texts = written((bar, at) => {
    at(0);
    bar.update(1, 4);
    at(499);
    bar.update(4, 4);
    bar[Symbol.dispose]();
  });
  assertEquals(texts, []);
});

Deno.test("ProgressBar shows how far it is, and clears its line away", () => {
  const texts = written((bar, at) => {
    at(500);
    bar.update(1, 4);
    at(700);
    bar.update(4, 4);
    bar[Symbol.dispose]();
  });
  assertEquals(texts, [
    `${CLEAR}loading [#######                       ] 25 %`,
    `${CLEAR}loading [##############################] 100 %`,
    CLEAR,
  ]);
});

Deno.test("ProgressBar draws ten times a second at the most", () => {
  const texts = written((bar, at) => {
    for (let time = 500; time < 1500; time += 10) {
      at(time);
      bar.update(time, 2000);
    }
  });
  assertEquals(texts.length, 10);
});

Deno.test("ProgressBar shows nothing where nobody sees it", () => {
  const use = (bar: ProgressBar, at: (milliseconds: number) => void) => {
    at(1000);
    bar.update(1, 4);
    bar[Symbol.dispose]();
  };
  assertEquals(written(use, { isTerminal: false }), []);
});

Deno.test("ProgressBar stays within a narrow terminal", () => {
  const use = (bar: ProgressBar, at: (milliseconds: number) => void) => {
    at(1000);
    bar.update(1, 4);
  };
  assertEquals(written(use, { width: 12 }), [`${CLEAR}loading [##`]);
});

Deno.test("ProgressBar takes numbers that do not fit together", () => {
  const texts = written((bar, at) => {
    at(500);
    bar.update(9, 4);
    at(700);
    bar.update(0, 0);
  });
  const full = `${CLEAR}loading [##############################] 100 %`;
  assertEquals(texts, [full, full]);
});

Deno.test("ProgressBar clears its line once", () => {
  const texts = written((bar, at) => {
    at(500);
    bar.update(1, 4);
    bar[Symbol.dispose]();
    bar[Symbol.dispose]();
  });
  assertEquals(texts.filter((text) => text === CLEAR).length, 1);
});

Deno.test("ProgressBar writes to stderr", () => {
  let time = 0;
  const text = captureStderr(() => {
    using bar = new ProgressBar("loading", { now: () => time, isTerminal: true });
    time = 1000;
    bar.update(1, 2);
  });
  assertEquals(text.startsWith(`${CLEAR}loading [`) && text.endsWith(CLEAR), true);
});
