/** The file or block device of a disk: opened, locked against a second writer, and measured. */

import { OrchidError } from "../vm/error.ts";
import { type Advice, Errno, SystemCallError } from "./errno.ts";
import { cString, errno, libc, retryInterrupted } from "./libc.ts";

const O_RDONLY = 0;
const O_RDWR = 2;
const O_CLOEXEC = 0o2000000;
/** Past the host's cache (asm/fcntl.h). */
const O_DIRECT = { aarch64: 0o200000, x86_64: 0o40000 }[Deno.build.arch];
const SEEK_END = 2;
const LOCK_SH = 1;
const LOCK_EX = 2;
const LOCK_NB = 4;
const SECTOR_SIZE = 512;

const openAdvice: Advice = {
  ENOENT: "there is no such file",
  EACCES: "its permissions forbid it; with ,ro it need not be written",
  EROFS: "it is on a file system that can only be read; add ,ro",
  EISDIR: "it is a directory",
};

/** A file that cannot be a disk. */
export class DiskError extends OrchidError {}

/** An open file that is locked, until it is closed. */
export class DiskFile implements Disposable {
  readonly fd: number;
  /** In bytes. */
  readonly size: number;
  readonly readOnly: boolean;

  /**
   * Opens a file or a block device.
   *
   * @throws {SystemCallError} if it cannot be opened, or is a directory.
   * @throws {DiskError} if it has no size that a disk can have, or is in use.
   */
  constructor(path: string, readOnly: boolean) {
    const mode = readOnly ? O_RDONLY : O_RDWR;
    this.readOnly = readOnly;
    this.fd = Number(retryInterrupted(() => libc().open(cString(path), mode | O_CLOEXEC, 0)));
    if (this.fd < 0) throw new SystemCallError(`open ${path}`, errno(), openAdvice);
    try {
      this.#lock(path);
      this.size = this.#findSize(path);
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  /** Opens it once more, past the host's cache. @returns A file descriptor, the caller's to close; -1 where its file system cannot do that. */
  openDirect(): number {
    const path = cString(`/proc/self/fd/${this.fd}`);
    const flags = (this.readOnly ? O_RDONLY : O_RDWR) | O_CLOEXEC | O_DIRECT;
    return Number(retryInterrupted(() => libc().open(path, flags, 0)));
  }

  /** Closes it, and gives the lock back. */
  [Symbol.dispose](): void {
    libc().close(this.fd);
  }

  #lock(path: string): void {
    const operation = (this.readOnly ? LOCK_SH : LOCK_EX) | LOCK_NB;
    if (libc().flock(this.fd, operation) === 0) return;
    const code = errno();
    if (code !== Errno.EAGAIN) throw new SystemCallError(`flock ${path}`, code);
    throw new DiskError(
      `${path} is in use as another disk` + (this.readOnly ? ", which is written" : ""),
    );
  }

  #findSize(path: string): number {
    // A directory can be opened for reading, and has a size.
    if (libc().pread(this.fd, new Uint8Array(1), 1n, 0n) < 0) {
      const code = errno();
      if (code === Errno.ESPIPE) throw new DiskError(`${path} is no file and no block device`);
      throw new SystemCallError(`read ${path}`, code, openAdvice);
    }
    const size = Number(libc().lseek(this.fd, 0n, SEEK_END));
    if (size <= 0) {
      throw new DiskError(`${path} is empty, and a disk has at least ${SECTOR_SIZE} bytes`);
    }
    if (size % SECTOR_SIZE !== 0) {
      throw new DiskError(
        `${path} has ${size} bytes, which is no multiple of a disk's sectors of ${SECTOR_SIZE}`,
      );
    }
    return size;
  }
}
