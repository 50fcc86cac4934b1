/** The few instructions of its own that this process runs: what no function of libc does. */

import { SystemCallError } from "./errno.ts";
import { cString, errno, libc, retryInterrupted } from "./libc.ts";
import { syscall } from "./syscall.ts";

/** Arm instructions: as machine words, and as the assembler has them (tests compare both). */
export type Instructions = readonly (readonly [word: number, assembly: string])[];

const PROT_READ_EXEC = 1 | 4;
const MAP_PRIVATE = 2;
const MFD_CLOEXEC = 1n;
/** mmap's answer when it failed. */
const MAP_FAILED = 0xffff_ffff_ffff_ffffn;

/** Maps instructions, for as long as the process lives: as a program's file is mapped, so that the kernel sees to the instruction caches. */
export function mapCode(instructions: Instructions): Deno.PointerObject {
  const name = cString("orchid");
  const nameAddress = Deno.UnsafePointer.value(Deno.UnsafePointer.of(name));
  const fd = Number(syscall("memfd_create", nameAddress, MFD_CLOEXEC));
  try {
    const words = Uint32Array.from(instructions, ([word]) => word);
    const bytes = new Uint8Array(words.buffer);
    const length = BigInt(bytes.length);
    if (Number(retryInterrupted(() => libc().write(fd, bytes, length))) !== bytes.length) {
      throw new SystemCallError("write of instructions", errno());
    }
    const address = libc().mmap(null, length, PROT_READ_EXEC, MAP_PRIVATE, fd, 0n);
    if (address === null || Deno.UnsafePointer.value(address) === MAP_FAILED) {
      throw new SystemCallError("mmap of instructions", errno());
    }
    return address;
  } finally {
    libc().close(fd);
  }
}
