/** Names of errno values (asm-generic/errno-base.h and errno.h, which arm64 and x86-64 share) and the error that carries one. */

import { OrchidError } from "../vm/error.ts";

/** What KVM and the file calls can answer; a number that is not here is shown as it is. */
export const Errno = {
  EPERM: 1,
  ENOENT: 2,
  ESRCH: 3,
  EINTR: 4,
  EIO: 5,
  ENXIO: 6,
  E2BIG: 7,
  ENOEXEC: 8,
  EBADF: 9,
  EAGAIN: 11,
  ENOMEM: 12,
  EACCES: 13,
  EFAULT: 14,
  EBUSY: 16,
  EEXIST: 17,
  ENODEV: 19,
  ENOTDIR: 20,
  EISDIR: 21,
  EINVAL: 22,
  ENFILE: 23,
  EMFILE: 24,
  ENOTTY: 25,
  ENOSPC: 28,
  ESPIPE: 29,
  EROFS: 30,
  EPIPE: 32,
  ENAMETOOLONG: 36,
  ENOSYS: 38,
  ELOOP: 40,
  EOVERFLOW: 75,
  EOPNOTSUPP: 95,
  ETIMEDOUT: 110,
  ECANCELED: 125,
} as const;

/** The name of an errno value, such as `EACCES`. */
export type ErrnoName = keyof typeof Errno;

/** What to do about some errno values, in words. */
export type Advice = Partial<Record<ErrnoName, string>>;

/** The name of an errno value, or `errno N` for one without a name here. */
export function errnoName(errno: number): string {
  return Object.entries(Errno).find(([, value]) => value === errno)?.[0] ?? `errno ${errno}`;
}

/** A system call failed. The message names the call and the errno, and says what to do where that is known. */
export class SystemCallError extends OrchidError {
  /**
   * A failed call.
   *
   * @param call What was called, such as `KVM_CREATE_VM` or `open /dev/kvm`.
   * @param errno The errno value.
   * @param advice What to do, by errno name.
   */
  constructor(readonly call: string, readonly errno: number, advice: Advice = {}) {
    const code = errnoName(errno);
    const hint = advice[code as ErrnoName];
    super(hint === undefined ? `${call} failed: ${code}` : `${call} failed: ${code}; ${hint}`);
  }
}
