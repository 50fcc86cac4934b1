/**
 * Types for the parts of the Deno standard library that Orchid uses.
 *
 * The npm registry carries the library as plain JavaScript (see "imports" in
 * deno.json); with the mapping switched to JSR the real types take over and
 * this file can go.
 *
 * @module
 */

declare module "@std/assert" {
  /** Fails unless `condition` holds. */
  export function assert(condition: unknown, message?: string): asserts condition;
  /** Fails unless the two are deeply equal. */
  export function assertEquals<T>(actual: T, expected: T, message?: string): void;
  /** Fails unless `actual` contains `expected`. */
  export function assertStringIncludes(actual: string, expected: string, message?: string): void;
  /** Fails unless `actual` matches `expected`. */
  export function assertMatch(actual: string, expected: RegExp, message?: string): void;
  /** Fails unless `fn` throws an `ErrorClass` whose message includes `includes`; returns it. */
  export function assertThrows<E extends Error = Error>(
    fn: () => unknown,
    // deno-lint-ignore no-explicit-any
    ErrorClass: abstract new (...args: any[]) => E,
    includes?: string,
  ): E;
  /** Fails unless the promise of `fn` rejects with an `ErrorClass` whose message includes `includes`; returns it. */
  export function assertRejects<E extends Error = Error>(
    fn: () => PromiseLike<unknown>,
    // deno-lint-ignore no-explicit-any
    ErrorClass: abstract new (...args: any[]) => E,
    includes?: string,
  ): Promise<E>;
}

declare module "@std/cli/parse-args" {
  /** What `parseArgs` is told about the options. */
  export interface ParseOptions {
    boolean?: readonly string[];
    string?: readonly string[];
    collect?: readonly string[];
    alias?: Record<string, string>;
    default?: Record<string, unknown>;
    stopEarly?: boolean;
    "--"?: boolean;
    /** Called for each argument that is no known option; `false` leaves it out of the result. */
    unknown?: (argument: string, key?: string, value?: unknown) => unknown;
  }
  /** Parses a command line into an object of options; what is left is in `_`. */
  export function parseArgs(
    args: readonly string[],
    options?: ParseOptions,
  ): { _: (string | number)[]; [option: string]: unknown };
}

declare module "@std/fmt/bytes" {
  /** A number of bytes in words, such as "1.05 MB" or, with `binary`, "1 MiB". */
  export function format(bytes: number, options?: { binary?: boolean }): string;
}

declare module "@std/fmt/colors" {
  /** Bold text on a terminal. */
  export function bold(text: string): string;
  /** Dimmed text on a terminal. */
  export function dim(text: string): string;
  /** Red text on a terminal. */
  export function red(text: string): string;
}

declare module "@std/path" {
  /** The last part of a path. */
  export function basename(path: string, suffix?: string): string;
  /** All of a path but its last part. */
  export function dirname(path: string): string;
  /** Joins parts of a path. */
  export function join(...parts: string[]): string;
  /** The absolute path that `parts`, one from the other, lead to. */
  export function resolve(...parts: string[]): string;
  /** The path of a file: URL. */
  export function fromFileUrl(url: string | URL): string;
}

declare module "@std/text/closest-string" {
  /** The one of `candidates` that is nearest to `word`. */
  export function closestString(word: string, candidates: readonly string[]): string;
}
