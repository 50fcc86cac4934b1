/** A disk of a guest's in a file or a block device of the host's. Its bytes go straight into guest memory and out of it. */

import type { Disk, DiskRequest } from "../devices/virtio/disk.ts";
import { DiskFile } from "./disk_file.ts";
import { changeAside, moveAside } from "./disk_pool.ts";
import { Transfer } from "./disk_transfer.ts";
import { Errno } from "./errno.ts";
import {
  IORING_FSYNC_DATASYNC,
  IORING_OP_FSYNC,
  IORING_OP_READV,
  IORING_OP_WRITEV,
  IoUring,
} from "./io_uring.ts";
import { libc } from "./libc.ts";

/** How many pieces of work can be handed to the kernel at once, and how many may be under way. */
const RING_SIZE = 256;
const MOST_UNDER_WAY = 1024;

/** What a disk is to be. */
export interface DiskOptions {
  /** The guest may not write; others may have the file open as well, if they do not write either. */
  readonly readOnly?: boolean;
  /** What the guest knows the disk by; its file's name unless given. */
  readonly serial?: string;
}

/** To what memory, offsets and lengths are aligned at the least, in bytes, past the host's cache: to its disk's blocks (open(2), "O_DIRECT"). */
const ALIGNMENTS = [512, 4096];

/** Results of what was not even tried: a signal came, or the kernel had no thread for it. */
const NOT_TRIED: readonly number[] = [-Errno.EINTR, -Errno.EAGAIN, -Errno.ECANCELED];

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
  readonly #fd: number;
  /** The same file past the host's cache, which the guest has one of its own for; -1 where the file cannot be read and written like that. */
  readonly #directFd: number;
  /** Which of the alignments it wants, as far as is known: behind the last one it is of no use. */
  #alignment = 0;
  /** What the kernel does by itself. Where it does not, it is done on threads of Deno's pool. */
  readonly #ring?: IoUring;
  readonly #transfers: Transfer[] = [];
  readonly #free: Transfer[] = [];
  readonly #asides = new Set<Promise<void>>();
  readonly #made: DisposableStack;

  private constructor(path: string, options: DiskOptions) {
    const { readOnly = false, serial } = options;
    using made = new DisposableStack();
    const file = made.use(new DiskFile(path, readOnly));
    this.name = `disk ${path}`;
    this.size = file.size;
    this.readOnly = readOnly;
    this.serial = serial ?? path.slice(path.lastIndexOf("/") + 1);
    this.#fd = file.fd;
    this.#ring = made.use(IoUring.open(RING_SIZE, MOST_UNDER_WAY, {
      one: (token, result) => this.#complete(this.#transfers[token]!, result),
      all: () => this.onDone(),
    }));
    const directFd = this.#ring === undefined ? -1 : file.openDirect();
    if (directFd >= 0) made.defer(() => libc().close(directFd));
    this.#directFd = directFd;
    this.#made = made.move();
  }

  /**
   * Opens a file or a block device.
   *
   * @throws {SystemCallError} if it cannot be opened, or is a directory.
   * @throws {DiskError} if it has no size that a disk can have, or is in use.
   */
  static open(path: string, options: DiskOptions = {}): HostDisk {
    return new HostDisk(path, options);
  }

  /** Whether something is under way on a thread of Deno's pool. */
  get isBusy(): boolean {
    return this.#asides.size > 0;
  }

  /** Begins a request: at the end of the file, or of the room that the host has, it will fail. */
  begin(request: DiskRequest): void {
    const { operation } = request;
    if (operation === "flush" && this.readOnly) return request.done(true);
    if (operation !== "read" && operation !== "write" && operation !== "flush") {
      return this.#doAside(changeAside(this.#fd, request), (isDone) => request.done(isDone));
    }
    const transfer = this.#free.pop() ?? this.#newTransfer();
    transfer.begin(request);
    this.#goOn(transfer);
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
    this.#made.dispose();
  }

  #newTransfer(): Transfer {
    const transfer = new Transfer(this.#transfers.length);
    this.#transfers.push(transfer);
    return transfer;
  }

  /** Moves the bytes of a transfer that have not been moved, or flushes. */
  #goOn(transfer: Transfer): void {
    const ring = this.#ring;
    if (ring === undefined) return this.#goOnAside(transfer);
    const { submission } = transfer;
    const { operation } = transfer.request;
    if (operation === "flush") {
      submission.flags = IORING_FSYNC_DATASYNC;
      return ring.prepare(IORING_OP_FSYNC, this.#fd, submission);
    }
    transfer.describe();
    const alignment = this.#directFd < 0 ? undefined : ALIGNMENTS[this.#alignment];
    transfer.aligned = transfer.isAlignedTo(alignment) ? alignment : undefined;
    const fd = transfer.aligned === undefined ? this.#fd : this.#directFd;
    ring.prepare(operation === "read" ? IORING_OP_READV : IORING_OP_WRITEV, fd, submission);
  }

  /** The same on a thread of Deno's pool. */
  #goOnAside(transfer: Transfer): void {
    transfer.aligned = undefined;
    transfer.describe();
    this.#doAside(moveAside(this.#fd, transfer), (result) => this.#complete(transfer, result));
  }

  /** A transfer has come to an end, or a part of it. @param result How many bytes were moved, or an errno below zero. */
  #complete(transfer: Transfer, result: number): void {
    const { request } = transfer;
    if (result > 0) transfer.moved += result;
    if (result === -Errno.EINVAL && transfer.aligned !== undefined) {
      // That was not enough. The others that are under way will find the same.
      if (transfer.aligned === ALIGNMENTS[this.#alignment]) this.#alignment++;
      return this.#goOn(transfer);
    }
    if (NOT_TRIED.includes(result)) return this.#goOnAside(transfer);
    // What brings nothing has come to the end of the file, or of the host's disk.
    if (result > 0 && transfer.moved < request.length) return this.#goOn(transfer);
    this.#free.push(transfer);
    request.done(result >= 0 && transfer.moved === request.length);
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
}
