/** A disk of a guest's in a file or a block device of the host's. Its bytes go straight into guest memory and out of it, on threads of Deno's pool. */

import type { Disk } from "../devices/virtio/block.ts";
import { OrchidError } from "../vm/error.ts";
import { type Advice, Errno, SystemCallError } from "./errno.ts";
import { cString, errno, libc, retryInterrupted } from "./libc.ts";

const O_RDONLY = 0;
const O_RDWR = 2;
const O_CLOEXEC = 0o2000000;
const SEEK_END = 2;
const LOCK_SH = 1;
const LOCK_EX = 2;
const LOCK_NB = 4;
const FALLOC_FL_KEEP_SIZE = 1;
const FALLOC_FL_PUNCH_HOLE = 2;
const FALLOC_FL_ZERO_RANGE = 16;
const SECTOR_SIZE = 512;
/** The size of struct iovec: an address and a length of 64 bits each. */
const IOVEC_WORDS = 2;
/** How many zeroes are written at once where the host cannot do it by itself, in bytes. */
const ZEROES = 1 << 20;

const symbols = {
  // int flock(int fd, int operation);
  flock: { parameters: ["i32", "i32"], result: "i32" },
  // ssize_t preadv(int fd, const struct iovec *iov, int iovcnt, off_t offset);
  preadv: { parameters: ["i32", "buffer", "i32", "i64"], result: "isize", nonblocking: true },
  // ssize_t pwritev(int fd, const struct iovec *iov, int iovcnt, off_t offset);
  pwritev: { parameters: ["i32", "buffer", "i32", "i64"], result: "isize", nonblocking: true },
  // int fdatasync(int fd);
  fdatasync: { parameters: ["i32"], result: "i32", nonblocking: true },
  // int fallocate(int fd, int mode, off_t offset, off_t len);
  fallocate: { parameters: ["i32", "i32", "i64", "i64"], result: "i32", nonblocking: true },
} as const satisfies Deno.ForeignLibraryInterface;

let opened: Deno.DynamicLibrary<typeof symbols>["symbols"] | undefined;

/** The functions of libc that only disks need. */
const io = () => opened ??= Deno.dlopen("libc.so.6", symbols).symbols;

const openAdvice: Advice = {
  ENOENT: "there is no such file",
  EACCES: "its permissions forbid it; with ,ro it need not be written",
  EROFS: "it is on a file system that can only be read; add ,ro",
  EISDIR: "it is a directory",
};

/** A file that cannot be a disk. */
export class DiskError extends OrchidError {}

/** What a disk is to be. */
export interface DiskOptions {
  /** The guest may not write; others may have the file open as well, if they do not write either. */
  readonly readOnly?: boolean;
  /** What the guest knows the disk by; its file's name unless given. */
  readonly serial?: string;
}

/** An open file that is a disk, locked against a second writer. */
export class HostDisk implements Disk, Disposable {
  /** For messages and statistics. */
  readonly name: string;
  /** In bytes. */
  readonly size: number;
  /** Whether it was opened for reading only. */
  readonly readOnly: boolean;
  /** What the guest knows it by. */
  readonly serial: string;
  #fd: number;

  private constructor(path: string, fd: number, { readOnly = false, serial }: DiskOptions) {
    this.name = `disk ${path}`;
    this.#fd = fd;
    this.readOnly = readOnly;
    this.serial = serial ?? path.slice(path.lastIndexOf("/") + 1);
    this.#lock(path);
    this.size = this.#findSize(path);
  }

  /**
   * Opens a file or a block device.
   *
   * @throws {SystemCallError} if it cannot be opened, or is a directory.
   * @throws {DiskError} if it has no size that a disk can have, or is in use.
   */
  static open(path: string, options: DiskOptions = {}): HostDisk {
    const mode = options.readOnly ? O_RDONLY : O_RDWR;
    const fd = Number(
      retryInterrupted(() => libc().open(cString(path), mode | O_CLOEXEC, 0)),
    );
    if (fd < 0) throw new SystemCallError(`open ${path}`, errno(), openAdvice);
    try {
      return new HostDisk(path, fd, options);
    } catch (error) {
      libc().close(fd);
      throw error;
    }
  }

  /** Reads into all pieces. @returns False if the file ended before, or could not be read. */
  async read(offset: number, pieces: readonly Uint8Array<ArrayBufferLike>[]): Promise<boolean> {
    return await this.#transfer(io().preadv, offset, pieces);
  }

  /** Writes all pieces. @returns False if they could not be written, or not all of them. */
  async write(offset: number, pieces: readonly Uint8Array<ArrayBufferLike>[]): Promise<boolean> {
    return await this.#transfer(io().pwritev, offset, pieces);
  }

  /** Sees to it that nothing that was written is lost (fdatasync(2)). */
  async flush(): Promise<boolean> {
    return this.readOnly || await io().fdatasync(this.#fd) === 0;
  }

  /** Gives room back, where the host's file system can; a guest does not rely on it. */
  async discard(offset: number, length: number): Promise<boolean> {
    await this.#fallocate(FALLOC_FL_PUNCH_HOLE, offset, length);
    return true;
  }

  /** Writes zeroes, which take no room if `unmap` is set and the host's file system can do that. */
  async writeZeroes(offset: number, length: number, unmap: boolean): Promise<boolean> {
    if (length === 0) return true;
    if (unmap && await this.#fallocate(FALLOC_FL_PUNCH_HOLE, offset, length)) return true;
    if (await this.#fallocate(FALLOC_FL_ZERO_RANGE, offset, length)) return true;
    const zeroes = new Uint8Array(Math.min(ZEROES, length));
    for (let done = 0; done < length; done += zeroes.length) {
      const piece = zeroes.subarray(0, length - done);
      if (!await this.write(offset + done, [piece])) return false;
    }
    return true;
  }

  /** Closes the file, and gives the lock back. Nothing may be under way. */
  [Symbol.dispose](): void {
    if (this.#fd >= 0) libc().close(this.#fd);
    this.#fd = -1;
  }

  async #transfer(
    call: (fd: number, iov: Uint8Array<ArrayBuffer>, count: number, at: bigint) => Promise<bigint>,
    offset: number,
    pieces: readonly Uint8Array<ArrayBufferLike>[],
  ): Promise<boolean> {
    const vectors = new BigUint64Array(new ArrayBuffer(16 * pieces.length));
    let length = 0;
    for (const [i, piece] of pieces.entries()) {
      vectors[IOVEC_WORDS * i] = Deno.UnsafePointer.value(
        Deno.UnsafePointer.of(piece as Uint8Array<ArrayBuffer>),
      );
      vectors[IOVEC_WORDS * i + 1] = BigInt(piece.length);
      length += piece.length;
    }
    if (length === 0) return true;
    const iov = new Uint8Array(vectors.buffer);
    // What is short has come to the end of the file, or of the host's disk.
    return Number(await call(this.#fd, iov, pieces.length, BigInt(offset))) === length;
  }

  async #fallocate(mode: number, offset: number, length: number): Promise<boolean> {
    const at = BigInt(offset);
    return await io().fallocate(this.#fd, mode | FALLOC_FL_KEEP_SIZE, at, BigInt(length)) === 0;
  }

  #lock(path: string): void {
    const operation = (this.readOnly ? LOCK_SH : LOCK_EX) | LOCK_NB;
    if (io().flock(this.#fd, operation) === 0) return;
    const code = errno();
    if (code !== Errno.EAGAIN) throw new SystemCallError(`flock ${path}`, code);
    throw new DiskError(
      `${path} is in use as another disk` + (this.readOnly ? ", which is written" : ""),
    );
  }

  #findSize(path: string): number {
    // A directory can be opened for reading, and has a size.
    if (libc().pread(this.#fd, new Uint8Array(1), 1n, 0n) < 0) {
      const code = errno();
      if (code === Errno.ESPIPE) throw new DiskError(`${path} is no file and no block device`);
      throw new SystemCallError(`read ${path}`, code, openAdvice);
    }
    const size = Number(libc().lseek(this.#fd, 0n, SEEK_END));
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
