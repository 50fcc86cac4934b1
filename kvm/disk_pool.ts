/** What a disk does on threads of Deno's pool: where the host has no io_uring, and what that cannot do. */

import type { DiskRequest } from "../devices/virtio/disk.ts";
import { openLibc } from "./libc.ts";
import type { Transfer } from "./disk_transfer.ts";

const FALLOC_FL_KEEP_SIZE = 1;
const FALLOC_FL_PUNCH_HOLE = 2;
const FALLOC_FL_ZERO_RANGE = 16;
/** How many zeroes are written at once where the host cannot do it by itself, in bytes. */
const ZEROES = 1 << 20;

const symbols = {
  // ssize_t preadv(int fd, const struct iovec *iov, int iovcnt, off_t offset);
  preadv: { parameters: ["i32", "buffer", "i32", "i64"], result: "isize", nonblocking: true },
  // ssize_t pwritev(int fd, const struct iovec *iov, int iovcnt, off_t offset);
  pwritev: { parameters: ["i32", "buffer", "i32", "i64"], result: "isize", nonblocking: true },
  // ssize_t pwrite(int fd, const void *buf, size_t count, off_t offset);
  pwrite: { parameters: ["i32", "buffer", "usize", "i64"], result: "isize", nonblocking: true },
  // int fdatasync(int fd);
  fdatasync: { parameters: ["i32"], result: "i32", nonblocking: true },
  // int fallocate(int fd, int mode, off_t offset, off_t len);
  fallocate: { parameters: ["i32", "i32", "i64", "i64"], result: "i32", nonblocking: true },
} as const satisfies Deno.ForeignLibraryInterface;

let opened: Deno.DynamicLibrary<typeof symbols>["symbols"] | undefined;

const io = () => opened ??= openLibc(symbols);

/** Moves the bytes that a transfer describes, or flushes. @returns How many were moved; below zero if that failed. */
export async function moveAside(fd: number, transfer: Transfer): Promise<number> {
  const { request, submission, vectors } = transfer;
  if (request.operation === "flush") return await io().fdatasync(fd);
  const call = request.operation === "read" ? io().preadv : io().pwritev;
  return Number(await call(fd, vectors, submission.length, BigInt(submission.offset)));
}

/** Discards or zeroes. @returns Whether that was done. */
export async function changeAside(
  fd: number,
  { operation, offset, length }: DiskRequest,
): Promise<boolean> {
  if (length === 0) return true;
  const canUnmap = operation !== "zero";
  if (canUnmap && await allocate(fd, FALLOC_FL_PUNCH_HOLE, offset, length)) return true;
  // A guest does not rely on it that room is given back.
  if (operation === "discard") return true;
  if (await allocate(fd, FALLOC_FL_ZERO_RANGE, offset, length)) return true;
  return await writeZeroes(fd, offset, length);
}

async function allocate(
  fd: number,
  mode: number,
  offset: number,
  length: number,
): Promise<boolean> {
  const at = BigInt(offset);
  return await io().fallocate(fd, mode | FALLOC_FL_KEEP_SIZE, at, BigInt(length)) === 0;
}

async function writeZeroes(fd: number, offset: number, length: number): Promise<boolean> {
  const zeroes = new Uint8Array(Math.min(ZEROES, length));
  for (let done = 0; done < length;) {
    const count = BigInt(Math.min(zeroes.length, length - done));
    const written = Number(await io().pwrite(fd, zeroes, count, BigInt(offset + done)));
    if (written <= 0) return false;
    done += written;
  }
  return true;
}
