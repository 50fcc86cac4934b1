/** System calls by number: those that glibc has no function for, or not in every version that boards run. */

import { type Advice, SystemCallError } from "./errno.ts";
import { errno, libc } from "./libc.ts";

// asm-generic/unistd.h for arm64, asm/unistd_64.h for x86-64. timer_create is in
// another library before glibc 2.34, and gettid is missing before 2.30.
const numbers = {
  aarch64: {
    gettid: 178n,
    sched_getaffinity: 123n,
    sched_setaffinity: 122n,
    tgkill: 131n,
    timer_create: 107n,
    timer_settime: 110n,
    timer_delete: 111n,
    futex: 98n,
    memfd_create: 279n,
    getrandom: 278n,
    getdents64: 61n,
    eventfd2: 19n,
    epoll_create1: 20n,
    epoll_ctl: 21n,
    io_uring_setup: 425n,
    io_uring_enter: 426n,
    io_uring_register: 427n,
  },
  x86_64: {
    gettid: 186n,
    sched_getaffinity: 204n,
    sched_setaffinity: 203n,
    tgkill: 234n,
    timer_create: 222n,
    timer_settime: 223n,
    timer_delete: 226n,
    futex: 202n,
    memfd_create: 319n,
    getrandom: 318n,
    getdents64: 217n,
    eventfd2: 290n,
    epoll_create1: 291n,
    epoll_ctl: 233n,
    io_uring_setup: 425n,
    io_uring_enter: 426n,
    io_uring_register: 427n,
  },
} as const;

/** The number of a system call on this host. */
export function syscallNumber(name: keyof typeof numbers.aarch64): bigint {
  return numbers[Deno.build.arch][name];
}

/** An argument that is an address. */
type Buffer = Uint8Array<ArrayBuffer> | null;

/**
 * Makes a system call.
 *
 * @returns What it returned, 0 or more.
 * @throws {SystemCallError} if it failed.
 */
export function syscall(
  name: keyof typeof numbers.aarch64,
  first = 0n,
  second = 0n,
  third: bigint | Buffer = null,
  fourth: bigint | Buffer = null,
  advice?: Advice,
): bigint {
  const [a, b] = [address(third), address(fourth)];
  const result = libc().syscall(syscallNumber(name), first, second, a, b);
  if (result < 0n) throw new SystemCallError(name, errno(), advice);
  return result;
}

/** An argument as the system call takes it. A buffer must be its own, and so be where it is. */
function address(argument: bigint | Buffer): bigint {
  return typeof argument === "bigint"
    ? argument
    : Deno.UnsafePointer.value(argument && Deno.UnsafePointer.of(argument));
}
