/** Tests that wait for processes, which run two at a time: while a test waits for its own, the next one's is under way. */

import type { Register } from "./test_case.ts";

/** Calls `job` the first time, and gives that call's promise each time. */
export function once<R>(job: () => Promise<R>): () => Promise<R> {
  let result: Promise<R> | undefined;
  return () => {
    if (result === undefined) {
      result = job();
      // Whoever awaits it is told of a failure, however late that is.
      result.catch(() => {});
    }
    return result;
  };
}

/** Registers a test in two parts: the job, and what to check of its result. */
export type RegisterJob = <R>(
  name: string,
  job: () => Promise<R>,
  check: (result: R) => void,
  register?: Register,
) => void;

/** What registers the tests of one file so. */
export function testsInLanes(usual: Register): RegisterJob {
  const jobs: (() => Promise<unknown>)[] = [];
  return (name, job, check, register = usual) => {
    const start = once(job);
    const next = register.ignores ? jobs.length : jobs.push(start);
    register(name, async () => {
      const result = start();
      jobs[next]?.();
      check(await result);
    });
  };
}
