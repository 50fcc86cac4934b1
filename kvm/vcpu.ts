/** One virtual CPU of the kernel's: its registers, and running it. */

import type { Vcpu, VcpuFeatures } from "../vm/contract.ts";
import type { Exit } from "../vm/exit.ts";
import type { Trace } from "../vm/trace.ts";
import { Block } from "./block.ts";
import { hasAttribute, setAttribute32, triggerAttribute } from "./device_attr.ts";
import { type Advice, Errno, SystemCallError } from "./errno.ts";
import { vcpu } from "./ioctl.ts";
import { compiledLibc, errno, type HotLibc, ioctl, libc } from "./libc.ts";
import { RunPage } from "./run_page.ts";
import { registerName, registerSize } from "./registers.ts";
import { kvm_one_reg, kvm_reg_list, kvm_vcpu_events, kvm_vcpu_init } from "./structs.ts";
import { struct, u32 } from "./struct.ts";
import { Ticker } from "./ticker.ts";
import {
  KVM_ARM_TARGET_GENERIC_V8,
  KVM_ARM_VCPU_PMU_V3_CTRL,
  KVM_ARM_VCPU_PMU_V3_INIT,
  KVM_ARM_VCPU_PMU_V3_IRQ,
  KVM_ARM_VCPU_PMU_V3_SET_PMU,
  KVM_ARM_VCPU_SVE,
} from "./uapi.ts";
import { featureBits } from "./vcpu_features.ts";

/** What a vCPU knows of the VM it was made by. */
export interface VcpuContext {
  readonly target: number;
  readonly mmapSize: number;
  readonly coalesces: boolean;
  readonly injectsAborts: boolean;
  readonly has: (capability: number) => boolean;
  readonly trace: Trace;
}

const runAdvice: Advice = {
  ENOSYS: "the guest's instruction accessed MMIO in a way that this kernel cannot describe " +
    "(ldp, stp, writeback or SIMD); use a plain ldr or str",
};

const registerAdvice: Advice = {
  ENOENT: "this host has no such register",
  EINVAL: "this host does not take that value, or has no such register",
};

const targetNames: Record<number, string> = { [KVM_ARM_TARGET_GENERIC_V8]: "generic ARMv8" };

/** The widest register there is: an SVE Z register of 2048 bits. */
const WIDEST_REGISTER = 256;

/** More registers than any kernel lists. */
const REGISTER_LIST_ROOM = 4096;

// Known to V8 as a constant, which what is imported is not: that is read from memory at each run.
const { KVM_RUN } = vcpu;

/** The error for a KVM_RUN that failed. */
export function runError(code: number): SystemCallError {
  return new SystemCallError("KVM_RUN", code, runAdvice);
}

/** A vCPU made by KVM_CREATE_VCPU. */
export class KvmVcpu implements Vcpu {
  readonly #fd: number;
  /** The call that runs it here; a vCPU that a thread of its own runs has no use for it. */
  #ioctlPlain?: HotLibc["ioctlPlain"];
  readonly #context: VcpuContext;
  #page?: RunPage;
  /** Whether the kernel collects writes in the ring; as long as not, the ring's page is left alone. */
  collects = false;
  /** The last exit waits until the deferred writes before it are taken. */
  #isHeld = false;
  readonly #ticker = new Ticker();
  /** The value that KVM_GET_ONE_REG and KVM_SET_ONE_REG exchange, and the request that points at it. */
  readonly #value = new Block(struct({}), WIDEST_REGISTER);
  readonly #oneReg = new Block(kvm_one_reg).set("addr", this.#value.address);

  constructor(fd: number, context: VcpuContext) {
    this.#fd = fd;
    this.#context = context;
  }

  /** Its file descriptor, for the thread that runs it. */
  get fd(): number {
    return this.#fd;
  }

  /** What it shares with the kernel. */
  get page(): RunPage {
    if (this.#page === undefined) throw new Error("KVM_RUN needs KVM_ARM_VCPU_INIT first");
    return this.#page;
  }

  init(features: VcpuFeatures = {}): void {
    const { target, trace, mmapSize, coalesces, has } = this.#context;
    const bits = featureBits(features, has);
    const argument = new Block(kvm_vcpu_init).set("target", target).set("features", bits);
    this.#ioctl("KVM_ARM_VCPU_INIT", argument.pointer);
    // Its vector lengths are those of the host, all of them, unless told otherwise before this.
    if ((bits & 1 << KVM_ARM_VCPU_SVE) !== 0) this.#finalize(KVM_ARM_VCPU_SVE);
    trace.step(
      `Set vCPU type to ${target} (${targetNames[target] ?? "a named core"}), with PSCI 0.2`,
    );
    if (this.#page !== undefined) return;
    this.#page = RunPage.map(this.#fd, mmapSize, coalesces);
    trace.step(`Map kvm_run, ${mmapSize} bytes`);
  }

  getOneReg(id: bigint): bigint {
    this.#oneRegIoctl("KVM_GET_ONE_REG", id);
    let value = 0n;
    for (let i = registerSize(id) - 1; i >= 0; i--) {
      value = value << 8n | BigInt(this.#value.bytes[i] ?? 0);
    }
    return value;
  }

  setOneReg(id: bigint, value: bigint): void {
    for (let i = 0, rest = value; i < registerSize(id); i++, rest >>= 8n) {
      this.#value.bytes[i] = Number(rest & 0xffn);
    }
    this.#oneRegIoctl("KVM_SET_ONE_REG", id);
  }

  getRegList(): bigint[] {
    const list = new Block(kvm_reg_list, REGISTER_LIST_ROOM * 8).set("n", REGISTER_LIST_ROOM);
    this.#ioctl("KVM_GET_REG_LIST", list.pointer);
    return Array.from({ length: Number(list.getBig("n")) }, (_, i) => list.getBig("reg", i));
  }

  run(): Exit {
    const { page } = this;
    this.#ioctlPlain ??= compiledLibc().ioctlPlain;
    if (!this.#isHeld && this.#ioctlPlain(this.#fd, KVM_RUN, 0) < 0) this.#checkError();
    if (this.collects) {
      // What was written before this exit comes out before it.
      this.#isHeld = page.ring!.isWaiting;
      if (this.#isHeld) return page.ring!.take();
    }
    return page.decode();
  }

  interruptEvery(milliseconds: number): void {
    this.#ticker.every(milliseconds);
  }

  injectExternalDataAbort(): boolean {
    if (!this.#context.injectsAborts) return false;
    const events = new Block(kvm_vcpu_events).set("exception.ext_dabt_pending", 1);
    this.#ioctl("KVM_SET_VCPU_EVENTS", events.pointer);
    return true;
  }

  initPmu(intid: number, hostPmu?: number): void {
    const at = { fd: this.#fd, group: KVM_ARM_VCPU_PMU_V3_CTRL };
    const choice = {
      ...at,
      attr: KVM_ARM_VCPU_PMU_V3_SET_PMU,
      name: "KVM_ARM_VCPU_PMU_V3_SET_PMU",
    };
    // Before Linux 5.18 there is no choice.
    if (hostPmu !== undefined && hasAttribute(choice)) setAttribute32(choice, hostPmu);
    const irq = { ...at, attr: KVM_ARM_VCPU_PMU_V3_IRQ, name: "KVM_ARM_VCPU_PMU_V3_IRQ" };
    setAttribute32(irq, intid);
    triggerAttribute({ ...at, attr: KVM_ARM_VCPU_PMU_V3_INIT, name: "KVM_ARM_VCPU_PMU_V3_INIT" });
  }

  [Symbol.dispose](): void {
    this.#ticker.every(0);
    this.#page?.unmap();
    libc().close(this.#fd);
  }

  /** KVM_RUN has failed, or has only been interrupted: then KVM_EXIT_INTR is in kvm_run. */
  #checkError(): void {
    const code = errno();
    if (code !== Errno.EINTR) throw runError(code);
  }

  #finalize(feature: number): void {
    this.#ioctl(
      "KVM_ARM_VCPU_FINALIZE",
      new Block(struct({ feature: u32 })).set("feature", feature).pointer,
    );
  }

  #ioctl(call: keyof typeof vcpu, argument: Deno.PointerObject): void {
    ioctl(this.#fd, call, vcpu[call], argument);
  }

  #oneRegIoctl(call: "KVM_GET_ONE_REG" | "KVM_SET_ONE_REG", id: bigint): void {
    this.#oneReg.set("id", id);
    if (libc().ioctlPointer(this.#fd, vcpu[call], this.#oneReg.pointer) >= 0) return;
    const code = errno();
    throw new SystemCallError(`${call} ${registerName(id)}`, code, registerAdvice);
  }
}
