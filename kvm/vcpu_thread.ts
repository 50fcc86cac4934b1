/**
 * A vCPU's thread: blocks in KVM_RUN for life, says when that has returned, and
 * waits to be told to go on. It knows nothing of what an exit means.
 *
 * It is a thread of the C library's that runs the few instructions below. A
 * Worker would do as well, and did: but each is a JavaScript engine of its own,
 * with 10 MB, and takes as long to start as all else that a machine is made of.
 *
 * @module
 */

import { SystemCallError } from "./errno.ts";
import { pthreads } from "./libc.ts";
import { type Instructions, mapCode } from "./machine_code.ts";

/**
 * What the thread does, as machine words and as the assembler has them
 * (vcpu_thread_test.ts compares both). x0 is the address of its mailbox, whose
 * layout is mailbox.ts's; system calls are by Linux's numbers for arm64.
 */
export const VCPU_THREAD: Instructions = [
  [0xa9bd7bfd, "stp x29, x30, [sp, #-48]!"],
  [0xa90153f3, "stp x19, x20, [sp, #16]"],
  [0xf90013f5, "str x21, [sp, #32]"],
  [0xaa0003f3, "mov x19, x0"], // its own words
  [0xf9400a74, "ldr x20, [x19, #16]"], // those of all threads
  [0xd28001e0, "mov x0, #15"], // prctl(PR_SET_NAME, name)
  [0x91008261, "add x1, x19, #32"],
  [0xd28014e8, "mov x8, #167"],
  [0xd4000001, "svc #0"],
  [0xd2801648, "mov x8, #178"], // tid = gettid()
  [0xd4000001, "svc #0"],
  [0xb9000e60, "str w0, [x19, #12]"],
  // The vCPU has stopped.
  [0x52800020, "1: mov w0, #1"], // state = stopped: all that was written before is seen by who sees this
  [0x889ffe60, "stlr w0, [x19]"],
  [0x885ffe81, "2: ldaxr w1, [x20]"], // bell + 1
  [0x11000421, "add w1, w1, #1"],
  [0x8802fe81, "stlxr w2, w1, [x20]"],
  [0x35ffffa2, "cbnz w2, 2b"],
  [0xd5033bbf, "dmb ish"], // either the sleeper sees the bell, or this thread sees the sleeper
  [0xb9400a82, "ldr w2, [x20, #8]"],
  [0x340000c2, "cbz w2, 3f"],
  [0xb9400e80, "ldr w0, [x20, #12]"], // write(bell's eventfd, 1)
  [0x91004281, "add x1, x20, #16"],
  [0xd2800102, "mov x2, #8"],
  [0xd2800808, "mov x8, #64"],
  [0xd4000001, "svc #0"],
  // It waits for another state: for a short while by looking again and again.
  [0xb9400695, "3: ldr w21, [x20, #4]"],
  [0x88dffe60, "4: ldar w0, [x19]"],
  [0x7100041f, "cmp w0, #1"],
  [0x540001e1, "b.ne 6f"],
  [0x34000075, "cbz w21, 5f"],
  [0x510006b5, "sub w21, w21, #1"],
  [0x17fffffb, "b 4b"],
  [0x52800020, "5: mov w0, #1"], // asleep, and told so before the kernel looks at the state
  [0xb9001e60, "str w0, [x19, #28]"],
  [0xd5033bbf, "dmb ish"],
  [0xaa1303e0, "mov x0, x19"], // futex(state, FUTEX_WAIT_PRIVATE, stopped, no timeout)
  [0xd2801001, "mov x1, #128"],
  [0xd2800022, "mov x2, #1"],
  [0xd2800003, "mov x3, #0"],
  [0xd2800c48, "mov x8, #98"],
  [0xd4000001, "svc #0"],
  [0xb9001e7f, "str wzr, [x19, #28]"],
  [0x17fffff0, "b 4b"],
  [0x71000c1f, "6: cmp w0, #3"], // quit?
  [0x54000140, "b.eq 7f"],
  [0xb9400a60, "ldr w0, [x19, #8]"], // ioctl(fd, request, 0)
  [0xb9401a61, "ldr w1, [x19, #24]"],
  [0xd2800002, "mov x2, #0"],
  [0xd28003a8, "mov x8, #29"],
  [0xd4000001, "svc #0"],
  [0x4b0003e0, "neg w0, w0"], // error = what it failed with, or 0
  [0x0aa07c00, "bic w0, w0, w0, asr #31"],
  [0xb9000660, "str w0, [x19, #4]"],
  [0x17ffffd6, "b 1b"],
  [0xd2800000, "7: mov x0, #0"],
  [0xf94013f5, "ldr x21, [sp, #32]"],
  [0xa94153f3, "ldp x19, x20, [sp, #16]"],
  [0xa8c37bfd, "ldp x29, x30, [sp], #48"],
  [0xd65f03c0, "ret"],
];

let code: Deno.PointerObject | undefined;

/** A thread, from its start to its end. */
export class VcpuThread {
  readonly #thread = new BigUint64Array(new ArrayBuffer(8));

  /**
   * Starts it. It is stopped when it is there.
   *
   * @param mailbox The address of its own words, which must live until {@linkcode join}.
   * @throws {SystemCallError} if the host gives no more threads.
   */
  constructor(mailbox: Deno.PointerObject) {
    code ??= mapCode(VCPU_THREAD);
    const error = pthreads().pthread_create(this.#thread, null, code, mailbox);
    if (error !== 0) {
      throw new SystemCallError("pthread_create", error, {
        EAGAIN: "the host gives this process no more threads (ulimit -u)",
      });
    }
  }

  /** Waits for its end, which must be at hand: it has been told to quit. */
  join(): void {
    pthreads().pthread_join(this.#thread[0]!, null);
  }
}
