/** Gives up root's rights for a moment, so that permissions can refuse something. */

import { libc } from "../kvm/libc.ts";

const setresuid = { aarch64: 147n, x86_64: 117n }[Deno.build.arch];
const NOBODY = 65534n;
const UNCHANGED = -1n;

/** Calls `fn` without root's rights: the system call, unlike libc's function, changes this thread only. */
export function asNobody<T>(fn: () => T): T {
  if (Deno.uid() !== 0) return fn();
  const become = (user: bigint) => {
    // The third argument, the saved user, is 0, which allows the way back.
    const result = libc().syscall(setresuid, UNCHANGED, user, 0n, 0n);
    if (result !== 0n) throw new Error(`setresuid(-1, ${user}, 0) failed`);
  };
  become(NOBODY);
  try {
    return fn();
  } finally {
    become(0n);
  }
}
