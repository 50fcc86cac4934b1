/**
 * The one door to libc: its functions in typed tables, opened on first use, and
 * errno read where it is still valid.
 *
 * Deno compiles machine code for each function that a library is opened with. A
 * guest waits for that (20 ms for two of them on a PC, 150 in the emulated box), and
 * it is of use only to calls in code that V8 has optimized. So there are two tables:
 * functions that are called by their addresses, which takes some microseconds
 * more, and those that running guests need again and again.
 *
 * @module
 */

import { OrchidError } from "../vm/error.ts";
import { type Advice, Errno, SystemCallError } from "./errno.ts";

// open, ioctl and syscall are variadic in C; on arm64 and x86-64 Linux their integer
// and pointer arguments travel as those of any other function. ioctl stands in
// here three times, because its argument is a pointer, a number or none. An argument that C
// widens to 64 bits must be declared as such: the call does not widen a u32.
const definitions = {
  // int open(const char *path, int flags, mode_t mode);
  open: { parameters: ["buffer", "i32", "u32"], result: "i32" },
  // int close(int fd);
  close: { parameters: ["i32"], result: "i32" },
  // ssize_t read(int fd, void *buf, size_t count);
  read: { parameters: ["i32", "buffer", "usize"], result: "isize" },
  // As pread, on a thread of its own; errno is lost.
  preadAside: {
    name: "pread",
    parameters: ["i32", "pointer", "usize", "i64"],
    result: "isize",
    nonblocking: true,
  },
  // ssize_t pread(int fd, void *buf, size_t count, off_t offset);
  pread: { parameters: ["i32", "buffer", "usize", "i64"], result: "isize" },
  // ssize_t write(int fd, const void *buf, size_t count);
  write: { parameters: ["i32", "buffer", "usize"], result: "isize" },
  // off_t lseek(int fd, off_t offset, int whence);
  lseek: { parameters: ["i32", "i64", "i32"], result: "i64" },
  // int ioctl(int fd, unsigned long request, void *argument);
  ioctlPointer: { name: "ioctl", parameters: ["i32", "u32", "pointer"], result: "i32" },
  // int ioctl(int fd, unsigned long request, unsigned long argument);
  ioctlNumber: { name: "ioctl", parameters: ["i32", "u32", "u64"], result: "i32" },
  // void *mmap(void *addr, size_t length, int prot, int flags, int fd, off_t offset);
  mmap: { parameters: ["pointer", "usize", "i32", "i32", "i32", "i64"], result: "pointer" },
  // int munmap(void *addr, size_t length);
  munmap: { parameters: ["pointer", "usize"], result: "i32" },
  // int madvise(void *addr, size_t length, int advice);
  madvise: { parameters: ["pointer", "usize", "i32"], result: "i32" },
  // long sysconf(int name);
  sysconf: { parameters: ["i32"], result: "i64" },
  // int sigaction(int signum, const struct sigaction *act, struct sigaction *oldact);
  sigaction: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  // long syscall(long number, ...);
  syscall: { parameters: ["i64", "i64", "i64", "i64", "i64"], result: "i64" },
  // long syscall(SYS_futex, uint32_t *uaddr, int op, uint32_t val, const struct timespec *timeout);
  futex: {
    name: "syscall",
    parameters: ["i64", "pointer", "i32", "u32", "pointer"],
    result: "i32",
  },
  // int epoll_wait(int epfd, struct epoll_event *events, int maxevents, int timeout);
  epoll_wait: { parameters: ["i32", "buffer", "i32", "i32"], result: "i32" },
  // As epoll_wait, on a thread of its own; errno is lost.
  epollWaitAside: {
    name: "epoll_wait",
    parameters: ["i32", "buffer", "i32", "i32"],
    result: "i32",
    nonblocking: true,
  },
  // int flock(int fd, int operation);
  flock: { parameters: ["i32", "i32"], result: "i32" },
  // int *__errno_location(void);
  __errno_location: { parameters: [], result: "pointer" },
  // int abs(int j); only its address is wanted: a signal handler that does nothing.
  abs: { parameters: ["i32"], result: "i32" },
} as const satisfies Definitions;

const hotDefinitions = {
  // int ioctl(int fd, unsigned long request, 0); a zero is the same at any width, and quicker than a pointer that is null.
  ioctlPlain: { name: "ioctl", parameters: ["i32", "u32", "u32"], result: "i32" },
  read: definitions.read,
  write: definitions.write,
  epoll_wait: definitions.epoll_wait,
} as const satisfies Definitions;

const threadDefinitions = {
  // int pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*start_routine)(void *), void *arg);
  pthread_create: { parameters: ["buffer", "pointer", "pointer", "pointer"], result: "i32" },
  // int pthread_join(pthread_t thread, void **retval);
  pthread_join: { parameters: ["u64", "pointer"], result: "i32" },
} as const satisfies Definitions;

type Definitions = Readonly<Record<string, Deno.ForeignFunction>>;
type Addresses = Readonly<Record<string, Deno.PointerValue>>;
type Functions<D extends Definitions> = Deno.DynamicLibrary<D>["symbols"];

/** The functions of libc that Orchid calls. */
export type Libc = Functions<typeof definitions>;

/** Those that are called while guests run. */
export type HotLibc = Functions<typeof hotDefinitions>;

/** glibc's number for sysconf. */
const _SC_PAGESIZE = 30;

let opened: { addresses: Addresses; functions: Libc; errno: Int32Array } | undefined;
let hot: HotLibc | undefined;
let asked = 0;
let threads: Functions<typeof threadDefinitions> | undefined;

const LIBC = "libc.so.6";

/** How many calls save the time that compiling takes, about. */
const WORTH_COMPILING = 5000;

/** libc is not to be had: another operating system, or a missing permission. */
export class LibcError extends OrchidError {}

/**
 * Opens libc for functions that few programs need, whose modules name them. Those
 * that are not nonblocking are compiled here and now.
 *
 * @throws {LibcError} if it is not to be had.
 */
export function openLibc<S extends Deno.ForeignLibraryInterface>(symbols: S) {
  try {
    return Deno.dlopen(LIBC, symbols).symbols;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) {
      throw new LibcError("calling libc needs a permission; run with --allow-ffi");
    }
    throw new LibcError(`cannot open ${LIBC} (glibc on Linux): ${(error as Error).message}`);
  }
}

/** What to open a library with for the addresses of functions alone. */
function addressesOf(definitions: Definitions) {
  return mapValues(
    definitions,
    ({ name }, key) => ({ name: name ?? key, type: "pointer" } as const),
  );
}

/** Functions that are called by their addresses. */
function byAddress<D extends Definitions>(definitions: D, addresses: Addresses): Functions<D> {
  return mapValues(definitions, (definition, key) => {
    const address = addresses[key] as Deno.PointerObject<Deno.ForeignFunction>;
    const pointer = new Deno.UnsafeFnPointer(address, definition);
    return pointer.call.bind(pointer);
  }) as Functions<D>;
}

function mapValues<V, W>(
  record: Readonly<Record<string, V>>,
  map: (value: V, key: string) => W,
): Record<string, W> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value, key)]));
}

function open() {
  const addresses = openLibc(addressesOf(definitions));
  const functions = byAddress(definitions, addresses);
  // An isolate stays on its thread, so the address of errno holds for good.
  // libc keeps the memory for as long as the thread lives.
  const location = functions.__errno_location();
  if (location === null) throw new LibcError("__errno_location() gave no address");
  const errno = new Int32Array(Deno.UnsafePointerView.getArrayBuffer(location, 4));
  return opened = { addresses, functions, errno };
}

/**
 * The functions of libc.
 *
 * @throws {LibcError} if libc cannot be opened.
 */
export function libc(): Libc {
  return (opened ?? open()).functions;
}

/** The functions for running guests. The first call takes time, for compiling; otherwise as {@linkcode libc}. */
export function compiledLibc(): HotLibc {
  return hot ??= openLibc(hotDefinitions);
}

/** Those of them that a guest may need seldom as well: compiled once they have been needed often. */
export function hotLibc(): Pick<Libc, keyof HotLibc & keyof Libc> {
  return hot ?? (++asked < WORTH_COMPILING ? libc() : compiledLibc());
}

/** The functions of libc that start and end threads: before glibc 2.34 they were in a library of their own. */
export function pthreads() {
  return threads ??= byAddress(threadDefinitions, threadAddresses());
}

function threadAddresses(): Addresses {
  const symbols = addressesOf(threadDefinitions);
  try {
    return Deno.dlopen(LIBC, symbols).symbols;
  } catch {
    return Deno.dlopen("libpthread.so.0", symbols).symbols;
  }
}

/** The address of a function that can handle signals, and does nothing. */
export function idleHandler(): Deno.PointerValue {
  return (opened ?? open()).addresses.abs!;
}

/** errno, of use only right after the call that failed: anything in between may change it. */
export function errno(): number {
  return (opened ?? open()).errno[0] ?? 0;
}

/**
 * An ioctl whose argument is a struct. A signal does not end it: KVM_CREATE_VM
 * above all may take so long that one comes in between.
 *
 * @param call The ioctl's uapi name, for the error.
 * @returns What the ioctl returned, 0 or more.
 * @throws {SystemCallError} if it failed.
 */
export function ioctl(
  fd: number,
  call: string,
  request: number,
  argument: Deno.PointerValue,
  advice?: Advice,
): number {
  const result = Number(retryInterrupted(() => libc().ioctlPointer(fd, request, argument)));
  if (result < 0) throw new SystemCallError(call, errno(), advice);
  return result;
}

/** An ioctl whose argument is a number; otherwise as {@linkcode ioctl}. */
export function ioctlWithNumber(
  fd: number,
  call: string,
  request: number,
  argument: number | bigint,
  advice?: Advice,
): number {
  const value = BigInt(argument);
  const result = Number(retryInterrupted(() => libc().ioctlNumber(fd, request, value)));
  if (result < 0) throw new SystemCallError(call, errno(), advice);
  return result;
}

/** The size of the host's pages in bytes. */
export function pageSize(): number {
  return Number(libc().sysconf(_SC_PAGESIZE));
}

/** Repeats a call that a signal interrupted. */
export function retryInterrupted(call: () => number | bigint): number | bigint {
  for (;;) {
    const result = call();
    if (result >= 0 || errno() !== Errno.EINTR) return result;
  }
}

/** A zero-terminated string, as C takes it. */
export function cString(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`${text}\0`);
}
