/** /dev/kvm itself: what the kernel offers, and where virtual machines come from. */

import { OrchidError } from "../vm/error.ts";
import type { SmpSystem } from "../vm/contract.ts";
import { silent, type Trace } from "../vm/trace.ts";
import { cString, errno, ioctlWithNumber, libc, pageSize } from "./libc.ts";
import { type Advice, SystemCallError } from "./errno.ts";
import { system } from "./ioctl.ts";
import { KVM_API_VERSION, KVM_CAP_ARM_VM_IPA_SIZE, KVM_CAP_MAX_VCPUS } from "./uapi.ts";
import {
  map,
  MAP_ANONYMOUS,
  MAP_NORESERVE,
  MAP_PRIVATE,
  PROT_READ,
  PROT_WRITE,
} from "./mapping.ts";
import { KvmVcpuThreads } from "./threads.ts";
import { KvmVm } from "./vm.ts";

const O_RDWR = 2;
/** glibc's number for sysconf. */
const _SC_PHYS_PAGES = 85;
const MADV_DONTNEED = 4;
const O_CLOEXEC = 0o2000000;

/** The guest address space that VM type 0 stands for, in bits. */
const DEFAULT_IPA_BITS = 40;

const openAdvice: Advice = {
  ENOENT: "this kernel has no KVM, or it is not loaded: on a board, look for CONFIG_KVM and " +
    "whether the firmware starts the kernel at EL2 (dmesg | grep -i kvm)",
  EACCES: "join the group that owns it (sudo usermod -aG kvm $USER), then log in again",
  EPERM: "the sandbox or container around this process forbids it",
  ENODEV: "the kernel was not started at EL2, so it cannot run guests (dmesg | grep -i kvm)",
};

const mapAdvice: Advice = {
  ENOMEM: "the host has no room for that (ulimit -v, vm.overcommit_memory)",
};

/** KVM cannot be used on this host, for a reason that no errno tells. */
export class KvmUnavailableError extends OrchidError {}

/**
 * Fails unless the host can have an arm64 KVM at all.
 *
 * @throws {KvmUnavailableError} if not. Opening /dev/kvm proves nothing: an x86
 * machine has one too.
 */
export function checkHost(os: string = Deno.build.os, arch: string = Deno.build.arch): void {
  if (os !== "linux") {
    throw new KvmUnavailableError(`KVM needs Linux; this host runs ${os}`);
  }
  if (arch !== "aarch64") {
    throw new KvmUnavailableError(
      `the host is ${arch}, and KVM runs arm64 guests only on an arm64 host`,
    );
  }
}

/**
 * Fails unless the kernel speaks the KVM interface that this program speaks.
 *
 * @throws {KvmUnavailableError} if not.
 */
export function checkApiVersion(version: number): void {
  if (version !== KVM_API_VERSION) {
    throw new KvmUnavailableError(
      `KVM_GET_API_VERSION says ${version}, expected ${KVM_API_VERSION}; this kernel's KVM is not the stable interface`,
    );
  }
}

/** The kernel's KVM. */
export class KvmSystem implements SmpSystem {
  readonly accel = "kvm";
  readonly #fd: number;
  readonly #trace: Trace;

  private constructor(fd: number, trace: Trace) {
    this.#fd = fd;
    this.#trace = trace;
  }

  /**
   * Opens /dev/kvm.
   *
   * @throws {KvmUnavailableError} if the host is no arm64 Linux, or the API version is not 12.
   * @throws {SystemCallError} if /dev/kvm cannot be opened.
   */
  static open(trace: Trace = silent, path = "/dev/kvm"): KvmSystem {
    checkHost();
    const fd = libc().open(cString(path), O_RDWR | O_CLOEXEC, 0);
    if (fd < 0) throw new SystemCallError(`open ${path}`, errno(), openAdvice);
    trace.step(`Open ${path}, fd is ${fd}`);
    const opened = new KvmSystem(fd, trace);
    try {
      const version = opened.#ioctl("KVM_GET_API_VERSION", 0);
      checkApiVersion(version);
      trace.step(`KVM API version is ${version}`);
    } catch (error) {
      opened[Symbol.dispose]();
      throw error;
    }
    return opened;
  }

  /** What the kernel says of a capability: 0 if it lacks it (KVM_CHECK_EXTENSION). */
  checkExtension(capability: number): number {
    return this.#ioctl("KVM_CHECK_EXTENSION", capability);
  }

  /** The kernel needs no more of the memory than the regions that it will be given. */
  createVm(_memory?: WebAssembly.Memory, addressBits = DEFAULT_IPA_BITS): KvmVm {
    const bits = Math.min(this.addressBits, addressBits);
    // Type 0 asks for 40 bits, also on kernels that know no other type.
    const fd = this.#ioctl("KVM_CREATE_VM", bits === DEFAULT_IPA_BITS ? 0 : bits);
    this.#trace.step(`Create VM, fd is ${fd}, guest addresses have ${bits} bits`);
    return new KvmVm(fd, {
      vcpuMmapSize: this.#ioctl("KVM_GET_VCPU_MMAP_SIZE", 0),
      checkExtension: (capability) => this.checkExtension(capability),
      trace: this.#trace,
    });
  }

  get addressBits(): number {
    return this.checkExtension(KVM_CAP_ARM_VM_IPA_SIZE) || DEFAULT_IPA_BITS;
  }

  get hostMemory(): number {
    return Number(libc().sysconf(_SC_PHYS_PAGES)) * pageSize();
  }

  get maxVcpus(): number {
    return this.checkExtension(KVM_CAP_MAX_VCPUS);
  }

  hostAddress(bytes: Uint8Array): bigint {
    return Deno.UnsafePointer.value(Deno.UnsafePointer.of(bytes as Uint8Array<ArrayBuffer>));
  }

  mapMemory(size: number): ArrayBuffer {
    const protection = PROT_READ | PROT_WRITE;
    const flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    const address = map(`${size} bytes of guest memory`, { size, protection, flags }, mapAdvice);
    return Deno.UnsafePointerView.getArrayBuffer(address, size);
  }

  discard(bytes: Uint8Array): void {
    const address = Deno.UnsafePointer.of(bytes as Uint8Array<ArrayBuffer>);
    if (libc().madvise(address, BigInt(bytes.length), MADV_DONTNEED) < 0) {
      throw new SystemCallError("madvise", errno());
    }
  }

  createThreads(count: number): KvmVcpuThreads {
    return new KvmVcpuThreads(count);
  }

  [Symbol.dispose](): void {
    libc().close(this.#fd);
  }

  #ioctl(call: keyof typeof system, argument: number): number {
    return ioctlWithNumber(this.#fd, call, system[call], argument);
  }
}
