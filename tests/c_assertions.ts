/** Compares values with C's: each one becomes a `_Static_assert`, and the compiler says which are wrong. */

import { compileErrors } from "./toolchain.ts";

/** A C expression, and the value it must have. */
export type Expectation = readonly [expression: string, value: number | bigint];

const INCLUDES = [
  "errno.h",
  "signal.h",
  "stddef.h",
  "sys/ioctl.h",
  "time.h",
  "linux/io_uring.h",
  "linux/kvm.h",
].map((name) => `#include <${name}>\n`).join("");

function assertion([expression, value]: Expectation): string {
  const literal = `${value}${typeof value === "bigint" ? "ull" : ""}`;
  return `_Static_assert((${expression}) == ${literal}, "Orchid says ${value}");\n`;
}

/** The compiler's errors about all expectations that do not hold; empty if all of them do. */
export function wrongExpectations(expectations: readonly Expectation[]): string {
  // glibc says sigev_notify_thread_id and much else to GNU programs only.
  return compileErrors(`#define _GNU_SOURCE\n${INCLUDES}${expectations.map(assertion).join("")}`);
}
