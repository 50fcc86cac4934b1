/** Input and output that the kernel does by itself, many at a time, by way of rings that it shares with this process (io_uring(7)). */

import { Block } from "./block.ts";
import { EventFd } from "./eventfd.ts";
import { Errno, SystemCallError } from "./errno.ts";
import { errno, libc, openLibc, retryInterrupted } from "./libc.ts";
import { map, MAP_POPULATE, MAP_SHARED, PROT_READ, PROT_WRITE } from "./mapping.ts";
import { poller } from "./poller.ts";
import { io_uring_cqe, io_uring_params, io_uring_sqe } from "./structs.ts";
import { syscall, syscallNumber } from "./syscall.ts";

// Linux include/uapi/linux/io_uring.h.
export const IORING_OP_READV = 1;
export const IORING_OP_WRITEV = 2;
export const IORING_OP_FSYNC = 3;
export const IORING_FSYNC_DATASYNC = 1;
const IORING_SETUP_CQSIZE = 1 << 3;
const IORING_FEAT_SINGLE_MMAP = 1 << 0;
const IORING_FEAT_NODROP = 1 << 1;
const IORING_OFF_SQ_RING = 0n;
const IORING_OFF_SQES = 0x1000_0000n;
const IORING_ENTER_GETEVENTS = 1 << 0;
const IORING_REGISTER_EVENTFD = 4n;
const IORING_CQ_EVENTFD_DISABLED = 1 << 0;

const symbols = {
  // int io_uring_enter(unsigned int fd, unsigned int to_submit, unsigned int min_complete, unsigned int flags, NULL, 0);
  io_uring_enter: {
    name: "syscall",
    parameters: ["i64", "u32", "u32", "u32", "u32", "pointer", "u32"],
    result: "i32",
  },
} as const satisfies Deno.ForeignLibraryInterface;

let enter: Deno.DynamicLibrary<typeof symbols>["symbols"]["io_uring_enter"] | undefined;
const NUMBER = syscallNumber("io_uring_enter");

// Where fields lie, counted in u32.
const SQE_SIZE = io_uring_sqe.size / 4;
const SQE_FD = io_uring_sqe.offset.fd / 4;
const SQE_OFF = io_uring_sqe.offset.off / 4;
const SQE_ADDR = io_uring_sqe.offset.addr / 4;
const SQE_LEN = io_uring_sqe.offset.len / 4;
const SQE_FLAGS = io_uring_sqe.offset.rw_flags / 4;
const SQE_USER_DATA = io_uring_sqe.offset.user_data / 4;
const CQE_SIZE = io_uring_cqe.size / 4;
const CQE_RES = io_uring_cqe.offset.res / 4;

/** What the kernel is to do with a file. All numbers are exact up to 2^53. */
export interface Submission {
  /** An address, and how much is there. */
  address: number;
  length: number;
  /** Where in the file, in bytes. */
  offset: number;
  flags: number;
  /** By which its completion is known: less than 2^32. */
  readonly token: number;
}

/** Who is told of what has been done. */
export interface Completions {
  /** Of one: its token, and the system call's result, or an errno below zero. */
  one(token: number, result: number): void;
  /** That these were all for now. */
  all(): void;
}

/** A pair of rings. */
export class IoUring implements Disposable {
  readonly #fd: number;
  readonly #event = new EventFd();
  readonly #made = new DisposableStack();
  readonly #params: Block<typeof io_uring_params.fields>;
  readonly #ring: Uint32Array<ArrayBuffer>;
  readonly #cqes: Int32Array<ArrayBuffer>;
  readonly #sqes: Uint32Array<ArrayBuffer>;
  readonly #mask: number;
  readonly #cqMask: number;
  readonly #at: { sqTail: number; cqHead: number; cqTail: number; cqFlags: number };
  readonly #completions: Completions;
  /** Prepared, and not yet handed to the kernel. */
  #prepared = 0;
  #underWay = 0;

  private constructor(
    fd: number,
    params: Block<typeof io_uring_params.fields>,
    completions: Completions,
  ) {
    this.#fd = fd;
    this.#params = params;
    this.#completions = completions;
    this.#made.defer(() => libc().close(fd));
    this.#made.use(this.#event);
    const cqes = params.get("cq_off.cqes");
    const size = cqes + params.get("cq_entries") * io_uring_cqe.size;
    const ring = this.#map(Math.max(size, this.#arrayEnd), IORING_OFF_SQ_RING);
    this.#ring = new Uint32Array(ring);
    this.#cqes = new Int32Array(ring, cqes, params.get("cq_entries") * CQE_SIZE);
    const entries = params.get("sq_entries");
    this.#sqes = new Uint32Array(this.#map(entries * io_uring_sqe.size, IORING_OFF_SQES));
    this.#mask = entries - 1;
    this.#cqMask = params.get("cq_entries") - 1;
    this.#at = {
      sqTail: params.get("sq_off.tail") / 4,
      cqHead: params.get("cq_off.head") / 4,
      cqTail: params.get("cq_off.tail") / 4,
      // Linux 5.8; before that there are none, at 0.
      cqFlags: params.get("cq_off.flags") / 4,
    };
    // Entry i of the queue is always submission i.
    const array = params.get("sq_off.array") / 4;
    for (let i = 0; i < entries; i++) this.#ring[array + i] = i;
    this.#watch();
  }

  /**
   * Makes a pair of rings.
   *
   * @param entries How many submissions can be prepared, a power of two.
   * @param most How many may be under way.
   * @param completions Told during {@linkcode submit}, {@linkcode wait} and waits of this thread's poller.
   * @returns Nothing where the host has no rings, or none as good as this (Linux 5.6), or forbids them.
   */
  static open(entries: number, most: number, completions: Completions): IoUring | undefined {
    const params = new Block(io_uring_params)
      .set("flags", IORING_SETUP_CQSIZE)
      .set("cq_entries", most);
    let fd: number;
    try {
      fd = Number(syscall("io_uring_setup", BigInt(entries), params.address));
    } catch (error) {
      if (error instanceof SystemCallError) return;
      throw error;
    }
    const wanted = IORING_FEAT_SINGLE_MMAP | IORING_FEAT_NODROP;
    if ((params.get("features") & wanted) !== wanted) {
      libc().close(fd);
      return;
    }
    enter ??= openLibc(symbols).io_uring_enter;
    return new IoUring(fd, params, completions);
  }

  /** Prepares a submission. @param opcode IORING_OP_… */
  prepare(opcode: number, fd: number, what: Submission): void {
    if (this.#prepared > this.#mask) this.submit();
    const ring = this.#ring;
    const tail = ring[this.#at.sqTail]!;
    const sqe = (tail & this.#mask) * SQE_SIZE;
    const sqes = this.#sqes;
    sqes.fill(0, sqe, sqe + SQE_SIZE);
    sqes[sqe] = opcode;
    sqes[sqe + SQE_FD] = fd;
    setU64(sqes, sqe + SQE_OFF, what.offset);
    setU64(sqes, sqe + SQE_ADDR, what.address);
    sqes[sqe + SQE_LEN] = what.length;
    sqes[sqe + SQE_FLAGS] = what.flags;
    sqes[sqe + SQE_USER_DATA] = what.token;
    // The kernel reads the entry only after it has seen this.
    Atomics.store(ring, this.#at.sqTail, tail + 1 >>> 0);
    this.#prepared++;
  }

  /** Hands over what is prepared, and tells of what is done already. */
  submit(): void {
    while (this.#prepared > 0) {
      // What is done at once is told of below: it need not wake anybody.
      this.#setFlags(IORING_CQ_EVENTFD_DISABLED);
      const taken = this.#enter(this.#prepared, 0, 0);
      this.#setFlags(0);
      this.#prepared -= taken;
      this.#underWay += taken;
      if (taken === 0) this.#enter(0, 1, IORING_ENTER_GETEVENTS);
      this.#reap();
    }
  }

  /** Waits, on this thread, until everything is done. */
  wait(): void {
    for (this.submit(); this.#underWay > 0; this.submit()) {
      this.#enter(0, 1, IORING_ENTER_GETEVENTS);
      this.#reap();
    }
  }

  /** Gives the rings back. Nothing may be under way. */
  [Symbol.dispose](): void {
    this.#made.dispose();
  }

  /** What comes after this and is not seen by the next {@linkcode #reap} wakes this thread, unless that is disabled. */
  #setFlags(flags: number): void {
    if (this.#at.cqFlags !== 0) Atomics.store(this.#ring, this.#at.cqFlags, flags);
  }

  /** Tells of all that is done. */
  #reap(): void {
    const ring = this.#ring;
    const { cqHead, cqTail } = this.#at;
    let count = 0;
    for (; ring[cqHead] !== Atomics.load(ring, cqTail); count++) {
      const head = ring[cqHead]!;
      const cqe = (head & this.#cqMask) * CQE_SIZE;
      const token = this.#cqes[cqe]! >>> 0;
      const result = this.#cqes[cqe + CQE_RES]!;
      // It is given back only after it has been read.
      Atomics.store(ring, cqHead, head + 1 >>> 0);
      this.#underWay--;
      this.#completions.one(token, result);
    }
    if (count > 0) this.#completions.all();
  }

  /** @returns How many submissions the kernel has taken: none if it has too much to do, and room when something is done. */
  #enter(count: number, least: number, flags: number): number {
    const call = () => enter!(NUMBER, this.#fd, count, least, flags, null, 0);
    const taken = Number(retryInterrupted(call));
    if (taken >= 0) return taken;
    const code = errno();
    if (code === Errno.EAGAIN || code === Errno.EBUSY) return 0;
    throw new SystemCallError("io_uring_enter", code);
  }

  /** Has this thread's poller tell of what is done later. */
  #watch(): void {
    const fd = Int32Array.of(this.#event.fd);
    syscall(
      "io_uring_register",
      BigInt(this.#fd),
      IORING_REGISTER_EVENTFD,
      Deno.UnsafePointer.value(Deno.UnsafePointer.of(fd)),
      1n,
    );
    this.#made.use(poller().watch(this.#event.fd, () => this.#reap()));
  }

  get #arrayEnd(): number {
    return this.#params.get("sq_off.array") + 4 * this.#params.get("sq_entries");
  }

  #map(size: number, offset: bigint): ArrayBuffer {
    const protection = PROT_READ | PROT_WRITE;
    const flags = MAP_SHARED | MAP_POPULATE;
    const address = map("an io_uring", { size, protection, flags, fd: this.#fd, offset });
    this.#made.defer(() => libc().munmap(address, BigInt(size)));
    return Deno.UnsafePointerView.getArrayBuffer(address, size);
  }
}

function setU64(words: Uint32Array, at: number, value: number): void {
  words[at] = value >>> 0;
  words[at + 1] = value / 2 ** 32;
}
