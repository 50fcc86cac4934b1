/** The few instructions of its own that this process runs: what no function of libc does. */

import { SystemCallError } from "./errno.ts";
import { cString, errno, libc, retryInterrupted } from "./libc.ts";
import { map, MAP_PRIVATE, PROT_EXEC, PROT_READ } from "./mapping.ts";
import { syscall } from "./syscall.ts";

/** Arm instructions: as machine words, and as the assembler has them (tests compare both). */
export type Instructions = readonly (readonly [word: number, assembly: string])[];

const MFD_CLOEXEC = 1n;

/** Maps instructions, for as long as the process lives: as a program's file is mapped, so that the kernel sees to the instruction caches. */
export function mapCode(instructions: Instructions): Deno.PointerObject {
  const name = cString("orchid");
  const nameAddress = Deno.UnsafePointer.value(Deno.UnsafePointer.of(name));
  const fd = Number(syscall("memfd_create", nameAddress, MFD_CLOEXEC));
  try {
    const words = Uint32Array.from(instructions, ([word]) => word);
    const bytes = new Uint8Array(words.buffer);
    if (
      Number(retryInterrupted(() => libc().write(fd, bytes, BigInt(bytes.length)))) !== bytes.length
    ) {
      throw new SystemCallError("write of instructions", errno());
    }
    const protection = PROT_READ | PROT_EXEC;
    return map("instructions", { size: bytes.length, protection, flags: MAP_PRIVATE, fd });
  } finally {
    libc().close(fd);
  }
}
