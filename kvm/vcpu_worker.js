// @ts-check
/**
 * A vCPU's thread: blocks in KVM_RUN for life, says when that has returned, and
 * waits to be told to go on. It knows nothing of what an exit means.
 *
 * It is started from its text (workers.ts), because reading it then needs no
 * permission. So it can import nothing and is told all it needs to know, and it
 * is JavaScript, which starts sooner than what has to be compiled first.
 */

/**
 * What a thread is told.
 *
 * @typedef {object} VcpuWorkerStart
 * @property {Int32Array<SharedArrayBuffer>} words Shared with the thread that answers (mailbox.ts).
 * @property {Record<"bell" | "spins" | "state" | "error" | "fd" | "tid", number>} at Indices into `words`.
 * @property {number} stopped The value of `state` while the vCPU does not run.
 * @property {number} quit The value of `state` that ends the thread.
 * @property {number} request The number of the ioctl.
 * @property {bigint} gettid The number of the system call gettid.
 */

/**
 * Waits until the vCPU is to run or the thread is to end: for a short while by
 * looking again and again.
 *
 * @param {VcpuWorkerStart} start
 * @returns {number}
 */
function nextState({ words, at, stopped }) {
  for (let left = Atomics.load(words, at.spins); left > 0; left--) {
    const state = Atomics.load(words, at.state);
    if (state !== stopped) return state;
  }
  for (;;) {
    const state = Atomics.load(words, at.state);
    if (state !== stopped) return state;
    Atomics.wait(words, at.state, stopped);
  }
}

/** @param {VcpuWorkerStart} start */
function serve(start) {
  const { words, at, stopped, quit, request, gettid } = start;
  const { symbols } = Deno.dlopen("libc.so.6", {
    // int ioctl(int fd, unsigned long request, void *argument);
    ioctl: { parameters: ["i32", "u32", "pointer"], result: "i32" },
    // long syscall(long number, ...);
    syscall: { parameters: ["i64"], result: "i64" },
    // int *__errno_location(void);
    __errno_location: { parameters: [], result: "pointer" },
  });
  const { ioctl } = symbols;
  const location = symbols.__errno_location();
  if (location === null) throw new Error("__errno_location() gave no address");
  // This thread's own, for as long as it lives.
  const errno = new Int32Array(Deno.UnsafePointerView.getArrayBuffer(location, 4));
  words[at.tid] = Number(symbols.syscall(gettid));
  do {
    Atomics.store(words, at.state, stopped);
    Atomics.add(words, at.bell, 1);
    Atomics.notify(words, at.bell);
    if (nextState(start) === quit) return;
    const result = ioctl(Atomics.load(words, at.fd), request, null);
    words[at.error] = result < 0 ? Atomics.load(errno, 0) : 0;
  } while (true);
}

/** @param {MessageEvent<VcpuWorkerStart>} event */
globalThis.onmessage = ({ data }) => {
  serve(data);
  // TypeScript takes this for a page, not for a worker.
  /** @type {any} */ (globalThis).postMessage("ended");
  globalThis.close();
};
