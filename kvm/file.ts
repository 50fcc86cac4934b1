/** Files through libc, which asks for no permission beyond the one that KVM needs anyway. */

import { type Advice, SystemCallError } from "./errno.ts";
import { cString, errno, libc, retryInterrupted } from "./libc.ts";
import { syscall } from "./syscall.ts";

const O_RDONLY = 0;
const O_WRONLY = 0o1;
const O_CREAT = 0o100;
const O_TRUNC = 0o1000;
const O_CLOEXEC = 0o2000000;
/** asm/fcntl.h, as architectures differ. */
const O_DIRECTORY = { aarch64: 0o40000, x86_64: 0o200000 }[Deno.build.arch];
/** What the owner may write and everybody may read. */
const MODE = 0o644;
const CHUNK = 64 * 1024;

/** What to do about a file that cannot be read. */
export const readAdvice: Advice = {
  ENOENT: "there is no such file",
  EACCES: "its permissions forbid reading it",
  EISDIR: "it is a directory",
  ENOTDIR: "a part of the path is not a directory",
};

const writeAdvice: Advice = {
  ENOENT: "there is no such folder",
  EACCES: "permissions forbid writing it",
  EISDIR: "it is a directory",
  ENOTDIR: "a part of the path is not a directory",
  ENOSPC: "the disk is full",
};

/**
 * Opens a file for reading.
 *
 * @returns A file descriptor; whoever takes it closes it.
 * @throws {SystemCallError} if it cannot be opened.
 */
export function openFile(path: string): number {
  const fd = retryInterrupted(() => libc().open(cString(path), O_RDONLY | O_CLOEXEC, 0));
  if (fd < 0) throw new SystemCallError(`open ${path}`, errno(), readAdvice);
  return Number(fd);
}

/**
 * Reads a file of any kind, a pipe included.
 *
 * @param limit The most bytes to read. One more tells that the file is longer:
 * the result then has `limit + 1` bytes.
 * @throws {SystemCallError} if it cannot be opened or read.
 */
export function readFile(path: string, limit: number): Uint8Array<ArrayBuffer> {
  const fd = openFile(path);
  try {
    return readToEnd(fd, path, limit);
  } finally {
    libc().close(fd);
  }
}

/**
 * Reads what is left of an open file; otherwise as {@linkcode readFile}.
 *
 * @param path Its name, for messages.
 */
export function readToEnd(fd: number, path: string, limit: number): Uint8Array<ArrayBuffer> {
  let bytes = new Uint8Array(new ArrayBuffer(Math.min(CHUNK, limit + 1)));
  for (let length = 0;;) {
    if (length > limit) return bytes.subarray(0, limit + 1);
    if (length === bytes.length) {
      const larger = new Uint8Array(new ArrayBuffer(Math.min(bytes.length * 2, limit + 1)));
      larger.set(bytes);
      bytes = larger;
    }
    const room = bytes.subarray(length);
    const count = retryInterrupted(() => libc().read(fd, room, BigInt(room.length)));
    if (count < 0) throw new SystemCallError(`read ${path}`, errno(), readAdvice);
    if (Number(count) === 0) return bytes.subarray(0, length);
    length += Number(count);
  }
}

/** A file's text, of which there is less than `limit` bytes; nothing if it cannot be read. */
export function readText(path: string, limit: number): string {
  try {
    return new TextDecoder().decode(readFile(path, limit));
  } catch (error) {
    if (error instanceof SystemCallError) return "";
    throw error;
  }
}

/** `struct linux_dirent64` (getdents64(2)): where an entry's length is, and its name. */
const DIRENT_LENGTH = 16;
const DIRENT_NAME = 19;

/** The names of what is in a folder, in no order; none if there is no such folder. */
export function readFolder(path: string): string[] {
  const flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
  const fd = Number(retryInterrupted(() => libc().open(cString(path), flags, 0)));
  if (fd < 0) return [];
  try {
    const names: string[] = [];
    const bytes = new Uint8Array(new ArrayBuffer(CHUNK));
    const view = new DataView(bytes.buffer);
    const address = Deno.UnsafePointer.value(Deno.UnsafePointer.of(bytes));
    for (let end = 1; end > 0;) {
      end = Number(syscall("getdents64", BigInt(fd), address, BigInt(CHUNK)));
      for (let at = 0; at < end; at += view.getUint16(at + DIRENT_LENGTH, true)) {
        const name = bytes.subarray(at + DIRENT_NAME, bytes.indexOf(0, at + DIRENT_NAME));
        names.push(new TextDecoder().decode(name));
      }
    }
    return names.filter((name) => name !== "." && name !== "..");
  } finally {
    libc().close(fd);
  }
}

/**
 * Writes a file, in place of one that may be there.
 *
 * @throws {SystemCallError} if not all of it could be written.
 */
export function writeFile(path: string, bytes: Uint8Array<ArrayBuffer>): void {
  const flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC;
  const fd = Number(retryInterrupted(() => libc().open(cString(path), flags, MODE)));
  if (fd < 0) throw new SystemCallError(`open ${path}`, errno(), writeAdvice);
  try {
    for (let rest = bytes; rest.length > 0;) {
      const count = retryInterrupted(() => libc().write(fd, rest, BigInt(rest.length)));
      if (count < 0) throw new SystemCallError(`write ${path}`, errno(), writeAdvice);
      rest = rest.subarray(Number(count));
    }
  } finally {
    libc().close(fd);
  }
}
