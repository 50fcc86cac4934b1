/** Memory that the kernel gives, or shares (mmap(2)). */

import { type Advice, SystemCallError } from "./errno.ts";
import { errno, libc } from "./libc.ts";

export const PROT_READ = 1;
export const PROT_WRITE = 2;
export const PROT_EXEC = 4;
export const MAP_SHARED = 1;
export const MAP_PRIVATE = 2;
export const MAP_ANONYMOUS = 0x20;
export const MAP_NORESERVE = 0x4000;
export const MAP_POPULATE = 0x8000;

/** mmap's answer when it failed. */
const MAP_FAILED = 0xffff_ffff_ffff_ffffn;

/** A mapping to be made. */
export interface Mapping {
  /** In bytes. */
  readonly size: number;
  /** PROT_… */
  readonly protection: number;
  /** MAP_… */
  readonly flags: number;
  /** What is mapped, and from where on; no file unless given. */
  readonly fd?: number;
  readonly offset?: bigint;
}

/**
 * Makes a mapping.
 *
 * @param what What it is of, for the error.
 * @returns Its address; whoever takes it unmaps it, if it is not for good.
 * @throws {SystemCallError} if that failed.
 */
export function map(what: string, mapping: Mapping, advice?: Advice): Deno.PointerObject {
  const { size, protection, flags, fd = -1, offset = 0n } = mapping;
  const address = libc().mmap(null, BigInt(size), protection, flags, fd, offset);
  if (address === null || Deno.UnsafePointer.value(address) === MAP_FAILED) {
    throw new SystemCallError(`mmap of ${what}`, errno(), advice);
  }
  return address;
}
