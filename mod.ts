/**
 * Orchid as a library: build a virtual machine for arm64, put devices of your
 * own on its bus, run it, and see how it ended.
 *
 * ```ts
 * import { openSystem, run, TinyMachine } from "./mod.ts";
 *
 * using system = await openSystem();
 * using machine = new TinyMachine(system, { program: Deno.readFileSync("guests/hello.bin") });
 * const end = await run(machine);
 * console.log(end.kind); // "end-of-code"
 * ```
 *
 * @module
 */

export { ExitError, run } from "./main.ts";
export { Pace } from "./machine/pace.ts";
export { type Accel, openSystem } from "./machine/accel.ts";
export { TinyMachine, type TinyMachineOptions } from "./machine/tiny.ts";
export { TinyMachineError } from "./machine/placement.ts";
export { type HostChoice, isSmp, VirtMachine, type VirtMachineOptions } from "./machine/virt.ts";
export { VirtMachineError } from "./machine/virt_limits.ts";
export type { VirtGuest } from "./machine/virt_guest.ts";
export type { Machine } from "./machine/machine.ts";
export { type End, isClean } from "./machine/end.ts";
export { type Crash, describeCrash, summarizeCrash } from "./machine/crash.ts";
export {
  type Access,
  type Attachment,
  BusError,
  MmioBus,
  type UnclaimedListener,
} from "./devices/bus.ts";
export { Console, type Reader, type Writer } from "./devices/console.ts";
export { type MmioDevice, NOT_YET } from "./devices/device.ts";
export type { VirtioDevice, VirtioHost } from "./devices/virtio/device.ts";
export { VirtioBlock } from "./devices/virtio/block.ts";
export type { Disk, DiskOperation, DiskRequest } from "./devices/virtio/disk.ts";
export { VirtioConsole } from "./devices/virtio/console.ts";
export { VirtioEntropy } from "./devices/virtio/entropy.ts";
export { Chain, type Piece } from "./devices/virtio/chain.ts";
export { type QueueSetup, SplitQueue } from "./devices/virtio/split_queue.ts";
export type { Progress } from "./boot/copy.ts";
export { RoomError } from "./boot/beside_kernel.ts";
export { DeviceTreeError } from "./boot/device_tree.ts";
export { loadElf, type Program, type Room } from "./boot/elf.ts";
export { fileOf, type GuestFile, GuestFileError } from "./boot/guest_file.ts";
export {
  GuestMemory,
  GuestMemoryError,
  type GuestRegion,
  type MemoryHost,
} from "./vm/guest_memory.ts";
export type {
  Counter,
  Doorbell,
  Gic,
  GicPlaces,
  Interrupt,
  MemoryRegion,
  Register,
  Runner,
  SmpSystem,
  SmpVcpu,
  SmpVm,
  System,
  Vcpu,
  VcpuFeatures,
  VcpuThreads,
  Vm,
} from "./vm/contract.ts";
export * from "./vm/exit.ts";
export { OrchidError } from "./vm/error.ts";
export { silent, type Trace } from "./vm/trace.ts";
export { registerId, registerName, RegisterNameError, registerSize } from "./kvm/registers.ts";
export { type Advice, Errno, type ErrnoName, SystemCallError } from "./kvm/errno.ts";
export { LibcError } from "./kvm/libc.ts";
export { type DiskOptions, HostDisk } from "./kvm/disk.ts";
export { DiskError } from "./kvm/disk_file.ts";
export { HostFile, HostFileError } from "./kvm/host_file.ts";
export { KvmUnavailableError } from "./kvm/system.ts";
