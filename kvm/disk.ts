/** A disk of a guest's in a file or a block device of the host's. Its bytes go straight into guest memory and out of it. */

import type { Disk, DiskRequest } from "../devices/virtio/disk.ts";
import { OrchidError } from "../vm/error.ts";
import { Transfer } from "./disk_transfer.ts";
import { type Advice, Errno, SystemCallError } from "./errno.ts";
import {
  IORING_FSYNC_DATASYNC,
  IORING_OP_FSYNC,
  IORING_OP_READV,
  IORING_OP_WRITEV,
  IoUring,
} from "./io_uring.ts";
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
const FALLOC_FL_KEEP_SIZE = 1;
const FALLOC_FL_PUNCH_HOLE = 2;
const FALLOC_FL_ZERO_RANGE = 16;
const SECTOR_SIZE = 512;
/** How many pieces of work can be handed to the kernel at once, and how many may be under way. */
const RING_SIZE = 256;
const MOST_UNDER_WAY = 1024;
/** How many zeroes are written at once where the host cannot do it by itself, in bytes. */
const ZEROES = 1 << 20;

const symbols = {
  // int flock(int fd, int operation);
  flock: { parameters: ["i32", "i32"], result: "i32" },
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
  /** Leaves io_uring and O_DIRECT alone, which is for tests. */
  readonly usePool?: boolean;
}

/** To what memory, offsets and lengths are aligned at the least, in bytes, past the host's cache: to its disk's blocks (open(2), "O_DIRECT"). */
const ALIGNMENTS = [512, 4096];

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
  /** Called after requests have been done. */
  onDone: () => void = () => {};
  #fd: number;
  /** The same file past the host's cache, which the guest has one of its own for; -1 where the file cannot be read and written like that. */
  #directFd = -1;
  /** Which of the alignments it wants, as far as is known: behind the last one it is of no use. */
  #alignment = 0;
  /** What the kernel does by itself. Where it does not, it is done on threads of Deno's pool. */
  readonly #ring?: IoUring;
  readonly #transfers: Transfer[] = [];
  readonly #free: Transfer[] = [];
  readonly #asides = new Set<Promise<void>>();

  private constructor(
    path: string,
    fd: number,
    { readOnly = false, serial, usePool = false }: DiskOptions,
  ) {
    this.name = `disk ${path}`;
    this.#fd = fd;
    this.readOnly = readOnly;
    this.serial = serial ?? path.slice(path.lastIndexOf("/") + 1);
    this.#lock(path);
    this.size = this.#findSize(path);
    if (usePool) return;
    this.#ring = IoUring.open(RING_SIZE, MOST_UNDER_WAY, {
      one: (token, result) => this.#complete(this.#transfers[token]!, result),
      all: () => this.onDone(),
    });
    if (this.#ring !== undefined) this.#directFd = reopen(fd, readOnly);
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

  /** Whether something is under way on a thread of Deno's pool. */
  get isBusy(): boolean {
    return this.#asides.size > 0;
  }

  /** Begins a request: at the end of the file, or of the room that the host has, it will fail. */
  begin(request: DiskRequest): void {
    const { operation } = request;
    if (operation === "read" || operation === "write") {
      const transfer = this.#free.pop() ?? this.#newTransfer();
      transfer.begin(request);
      this.#move(transfer);
    } else if (operation === "flush" && this.readOnly) {
      request.done(true);
    } else if (operation === "flush" && this.#ring !== undefined) {
      const transfer = this.#free.pop() ?? this.#newTransfer();
      transfer.begin(request);
      transfer.submission.flags = IORING_FSYNC_DATASYNC;
      this.#ring.prepare(IORING_OP_FSYNC, this.#fd, transfer.submission);
    } else {
      this.#doAside(this.#change(request), (isDone) => request.done(isDone));
    }
  }

  /** Hands over what was begun. */
  submit(): void {
    this.#ring?.submit();
  }

  /** Waits until nothing is under way; on this thread, as far as that can be. */
  async settle(): Promise<void> {
    for (;;) {
      this.#ring?.wait();
      if (this.#asides.size === 0) return;
      await Promise.all(this.#asides);
    }
  }

  /** Closes the file, and gives the lock back. Nothing may be under way. */
  [Symbol.dispose](): void {
    this.#ring?.[Symbol.dispose]();
    for (const fd of [this.#fd, this.#directFd]) if (fd >= 0) libc().close(fd);
    this.#fd = this.#directFd = -1;
  }

  #newTransfer(): Transfer {
    const transfer = new Transfer(this.#transfers.length);
    this.#transfers.push(transfer);
    return transfer;
  }

  /** Moves the bytes of a transfer that have not been moved. */
  #move(transfer: Transfer): void {
    const { submission } = transfer;
    const isRead = transfer.request.operation === "read";
    transfer.describe();
    if (this.#ring !== undefined) {
      const alignment = this.#directFd < 0 ? undefined : ALIGNMENTS[this.#alignment];
      transfer.aligned = transfer.isAlignedTo(alignment) ? alignment : undefined;
      const fd = transfer.aligned === undefined ? this.#fd : this.#directFd;
      this.#ring.prepare(isRead ? IORING_OP_READV : IORING_OP_WRITEV, fd, submission);
      return;
    }
    const call = isRead ? io().preadv : io().pwritev;
    this.#doAside(
      call(this.#fd, transfer.vectors, submission.length, BigInt(submission.offset)),
      (result) => this.#complete(transfer, Number(result)),
    );
  }

  /** A transfer has come to an end, or a part of it. @param result How many bytes were moved, or an errno below zero. */
  #complete(transfer: Transfer, result: number): void {
    const { request } = transfer;
    if (result > 0) transfer.moved += result;
    if (result === -Errno.EINVAL && transfer.aligned !== undefined) {
      // That was not enough. The others that are under way will find the same.
      if (transfer.aligned === ALIGNMENTS[this.#alignment]) this.#alignment++;
      return this.#move(transfer);
    }
    // What was interrupted goes on; what brings nothing has come to the end of the file, or of the host's disk.
    const isInterrupted = result === -Errno.EINTR || result === -Errno.EAGAIN;
    if (transfer.moved < request.length && (result > 0 || isInterrupted)) this.#move(transfer);
    else {
      this.#free.push(transfer);
      request.done(result >= 0 && transfer.moved === request.length);
    }
  }

  /** Hands on the result of what is done on another thread. */
  #doAside<T>(work: Promise<T>, done: (result: T) => void): void {
    const aside = work.then((result) => {
      this.#asides.delete(aside);
      done(result);
      this.onDone();
    });
    this.#asides.add(aside);
  }

  /** Flushes, discards or zeroes. */
  async #change({ operation, offset, length }: DiskRequest): Promise<boolean> {
    if (operation === "flush") return await io().fdatasync(this.#fd) === 0;
    if (length === 0) return true;
    const canUnmap = operation !== "zero";
    if (canUnmap && await this.#fallocate(FALLOC_FL_PUNCH_HOLE, offset, length)) return true;
    // A guest does not rely on it that room is given back.
    if (operation === "discard") return true;
    if (await this.#fallocate(FALLOC_FL_ZERO_RANGE, offset, length)) return true;
    return await this.#writeZeroes(offset, length);
  }

  async #writeZeroes(offset: number, length: number): Promise<boolean> {
    const zeroes = new Uint8Array(Math.min(ZEROES, length));
    for (let done = 0; done < length;) {
      const count = BigInt(Math.min(zeroes.length, length - done));
      const written = Number(
        await io().pwrite(this.#fd, zeroes, count, BigInt(offset + done)),
      );
      if (written <= 0) return false;
      done += written;
    }
    return true;
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

/** Opens a file once more, past the host's cache. @returns -1 where its file system cannot do that. */
function reopen(fd: number, readOnly: boolean): number {
  const flags = (readOnly ? O_RDONLY : O_RDWR) | O_CLOEXEC | O_DIRECT;
  return Number(retryInterrupted(() => libc().open(cString(`/proc/self/fd/${fd}`), flags, 0)));
}
