/** The virt machine: RAM, several vCPUs, a GIC, a serial port, a clock and a power key, for Linux and other kernels. */

import { MmioBus, type UnclaimedListener } from "../devices/bus.ts";
import { Console, CONSOLE_SIZE, type Reader, type Writer } from "../devices/console.ts";
import { Pl031 } from "../devices/pl031.ts";
import { Pl061 } from "../devices/pl061.ts";
import { PowerKey } from "../devices/power_key.ts";
import { registerId } from "../kvm/registers.ts";
import type { Counter, Runner, SmpSystem, System, VcpuThreads } from "../vm/contract.ts";
import type { ArmNisvExit, SystemEventExit } from "../vm/exit.ts";
import { VirtioConsole } from "../devices/virtio/console.ts";
import type { VirtioDevice } from "../devices/virtio/device.ts";
import { GuestMemory } from "../vm/guest_memory.ts";
import { silent, type Trace } from "../vm/trace.ts";
import { readCrash } from "./crash.ts";
import { type End, endOf, endOnNewline } from "./end.ts";
import { hex } from "./esr.ts";
import { CONSOLE_BASE } from "./layout.ts";
import type { Machine } from "./machine.ts";
import { Serial } from "./serial.ts";
import {
  DEFAULT_VIRT_RAM_SIZE,
  PL011,
  PL031,
  PL061,
  type Place,
  POWER_KEY_LINE,
  VIRT_RAM_BASE,
} from "./virt_layout.ts";
import {
  deviceTree,
  type LoadedFiles,
  loadFiles,
  type VirtGuest,
  writeDeviceTree,
} from "./virt_guest.ts";
import { checkLimits } from "./virt_limits.ts";
import { VirtVm } from "./virt_vm.ts";
import { VIRTIO_PAGES, VirtioDevices } from "./virtio.ts";

/** What a virt machine is made of. */
export interface VirtMachineOptions extends VirtGuest {
  /** The size of RAM in bytes, a multiple of 64 KiB; 512 MiB unless given. */
  readonly memory?: number;
  /** The number of vCPUs; 1 unless given. */
  readonly smp?: number;
  /** Gives the vCPUs performance monitoring units. */
  readonly pmu?: boolean;
  /** Its virtio devices, in order; 32 at the most, and a virtio console is one. */
  readonly virtio?: readonly VirtioDevice[];
  /** Where the input goes: to the serial port, unless given, or to a virtio console. Both print to the output. */
  readonly console?: "serial" | "virtio";
  /** Chooses what of the host runs the vCPUs: asked once, while the guest's files are on their way into memory. */
  readonly chooseHost?: () => HostChoice;
  /** End after the first newline that the guest prints. */
  readonly exitOnNewline?: boolean;
  /** End when the guest asks for a reset, instead of starting it again. */
  readonly noReboot?: boolean;
  /** Where the guest's output goes; `Deno.stdout` unless given. */
  readonly output?: Writer;
  /** Where its input comes from; `Deno.stdin` unless given. */
  readonly input?: Reader;
  /** Told of each step. */
  readonly trace?: Trace;
  /** Told of each access that no device claims. */
  readonly onUnclaimed?: UnclaimedListener;
}

/** What of the host runs a machine's vCPUs. */
export interface HostChoice {
  /** For each vCPU the CPUs that it may run on; any unless given. */
  readonly cpus?: readonly (readonly number[])[];
  /** The PMU behind theirs, by its type: on a host with several it must be that of all those CPUs. */
  readonly pmu?: number;
}

/** Whether a system has what the virt machine needs. */
export function isSmp(system: System): system is SmpSystem {
  return "createThreads" in system;
}

/** The slots of the page of the serial port's registers, and of those of the virtio devices'. */
const SERIAL_SLOT = 1;
const VIRTIO_SLOT = 2;
/** That page, as large as the host's may be: nothing else is so near. */
const SERIAL_PAGE = { base: PL011.base, size: 0x1_0000 };

/** How long nothing must have happened until the machine only waits, in milliseconds. */
const QUIET = 200;
/** How long such a turn is at the most, in milliseconds: Deno looks for timers and signals when it has to wait. */
const TURN = 1;
/** How often Deno's event loop gets a turn while the guest keeps this thread busy, in milliseconds. */
const TURN_PERIOD = 40;

const PC = registerId("pc");
const X0 = registerId("x0");

/** The virt machine, ready to run. */
export class VirtMachine implements Machine, AsyncDisposable {
  /** RAM, and the pages of registers that the guest reads as memory. */
  readonly memory: GuestMemory;
  /** Where the devices are, and where others may be attached. */
  readonly bus: MmioBus;
  /** What the guest prints and reads: the serial port's, the virtio console's and the console's at 0x996. */
  readonly console: Console;
  /** What runs its vCPUs: threads. */
  runner: Runner;
  /** How it ended, once it has. */
  end?: End;
  /** How often the guest was started. */
  starts = 0;

  readonly #system: SmpSystem;
  readonly #options: VirtMachineOptions;
  readonly #trace: Trace;
  readonly #hostPmu?: number;
  readonly #threads: VcpuThreads;
  readonly #serial: Serial;
  readonly #gpio: Pl061;
  readonly #powerKey: PowerKey;
  readonly #virtio: VirtioDevices;
  readonly #terminal?: VirtioConsole;
  /** The devices that have something to stop. */
  readonly #made = new DisposableStack();
  #loading: Promise<LoadedFiles>;
  #vm?: VirtVm;
  #turned = 0;

  private constructor(system: SmpSystem, options: VirtMachineOptions) {
    const { memory = DEFAULT_VIRT_RAM_SIZE, smp = 1, virtio = [] } = options;
    this.#system = system;
    this.#options = options;
    this.#trace = options.trace ?? silent;
    this.memory = new GuestMemory([
      { ...SERIAL_PAGE, readOnly: true },
      { ...VIRTIO_PAGES, readOnly: true },
      { base: VIRT_RAM_BASE, size: memory, readOnly: false },
    ], system);
    this.#loading = this.#load();
    const { cpus, pmu } = options.chooseHost?.() ?? {};
    this.#hostPmu = pmu;
    this.#threads = this.runner = system.createThreads(smp);
    if (cpus !== undefined) this.#threads.pin(cpus);
    this.bus = new MmioBus(options.onUnclaimed);
    this.console = new Console(
      options.output ?? Deno.stdout,
      options.input ?? Deno.stdin,
      options.exitOnNewline ? (byte) => endOnNewline(this, byte) : undefined,
    );
    const bytes = this.memory.bytes(SERIAL_PAGE.base, SERIAL_PAGE.size);
    const page = { bytes, slot: SERIAL_SLOT };
    this.#serial = this.#made.use(
      // Each byte must stop the guest if one of them may be its last.
      new Serial(this.console, page, this.#line(PL011), {
        collects: !options.exitOnNewline,
        takesInput: options.console !== "virtio",
      }),
    );
    this.#gpio = new Pl061(this.#line(PL061));
    this.#powerKey = this.#made.use(new PowerKey(this.#gpio, POWER_KEY_LINE));
    const clock = this.#made.use(new Pl031({ line: this.#line(PL031) }));
    this.bus.attach("console", CONSOLE_BASE, CONSOLE_SIZE, this.console);
    this.bus.attach("serial port", PL011.base, PL011.size, this.#serial.uart);
    this.bus.attach("clock", PL031.base, PL031.size, clock);
    this.bus.attach("GPIO", PL061.base, PL061.size, this.#gpio);
    if (options.console === "virtio") this.#terminal = new VirtioConsole(this.console);
    const devices = this.#terminal === undefined ? virtio : [...virtio, this.#terminal];
    this.#virtio = new VirtioDevices(devices, this.bus, this.memory);
    this.#threads.hasOthers = () => this.#isBusy;
  }

  /**
   * Builds the machine, and loads the guest.
   *
   * @throws {VirtMachineError} if sizes and numbers do not fit together.
   * @throws {OrchidError} if the host cannot give what is asked for, or the guest's files are not what they should be.
   */
  static async create(system: SmpSystem, options: VirtMachineOptions): Promise<VirtMachine> {
    const { memory = DEFAULT_VIRT_RAM_SIZE, smp = 1 } = options;
    checkLimits(system, memory, smp);
    const machine = new VirtMachine(system, options);
    try {
      await machine.#build();
      machine.#start();
      return machine;
    } catch (error) {
      await machine[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Where the first vCPU is; only {@linkcode whilePaused}, or when the machine has ended. */
  get pc(): bigint {
    return this.#vm?.vcpus[0]?.getOneReg(PC) ?? 0n;
  }

  /** Writes output, and lets everything else of this process through; waits if the guest has nothing for it. */
  async turn(): Promise<void> {
    this.console.flush();
    if (this.#isBusy) {
      await this.#threads.wait(TURN_PERIOD);
    } else if (this.#threads.quiet >= QUIET) {
      this.#serial.rest();
      this.#virtio.rest();
      await this.#threads.wait();
    } else if (performance.now() - this.#turned >= TURN_PERIOD) {
      await this.#threads.wait(TURN);
      this.#turned = performance.now();
    }
    if (this.console.failure !== undefined) throw this.console.failure;
  }

  /** Ends a wait in {@linkcode turn} early. */
  wake(): void {
    this.#threads.wake();
  }

  /** Lets the vCPU of the last exit wait until its device can answer. */
  hold(): void {
    this.#threads.hold();
    this.bus.progress().then(() => this.#threads.retry());
  }

  /** Ends the machine as the guest asked PSCI to, or starts it again. */
  async systemEvent(exit: SystemEventExit): Promise<void> {
    this.end = endOf(exit, this.#vm!.vcpus[this.#threads.current ?? 0]!);
    if (this.end.kind !== "reset" || this.#options.noReboot) return;
    this.end = undefined;
    await this.#restart();
  }

  /** Answers an access that KVM does not describe as a bus does where nothing is: with an external abort. */
  accessWithoutSyndrome(exit: ArmNisvExit): void {
    const { current = 0 } = this.#threads;
    const vcpu = this.#vm!.vcpus[current]!;
    if (vcpu.injectExternalDataAbort()) return;
    const summary = `MMIO access at ${hex(exit.faultIpa)} at PC ${hex(vcpu.getOneReg(PC))}`;
    this.end = { kind: "crash", crash: readCrash(vcpu, { summary }) };
  }

  /** What the virtio devices have done. */
  counters(): readonly Counter[] {
    return this.#virtio.counters();
  }

  /** Presses the power key: a guest that handles it shuts itself down. */
  pressPowerKey(): void {
    this.#powerKey.press();
  }

  /** Says how large the window of a virtio console is, in characters; a serial port has no way to tell. */
  resizeConsole(columns: number, rows: number): void {
    this.#terminal?.resize(columns, rows);
  }

  /** Stops all vCPUs, does something, and lets them run on. For use while {@linkcode turn} waits. */
  whilePaused<T>(action: () => T): T {
    this.#threads.stop();
    try {
      return action();
    } finally {
      this.#threads.start();
    }
  }

  /** Where the first vCPU is now. For use while {@linkcode turn} waits. */
  samplePc(): bigint {
    return this.whilePaused(() => this.pc);
  }

  /** Stops the guest, and writes out what it has printed. */
  async settle(): Promise<void> {
    this.#threads.stop();
    await this.console.drain();
    if (this.console.failure !== undefined) throw this.console.failure;
  }

  /** Ends the vCPUs' threads, and gives the virtual machine back to the kernel. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#threads[Symbol.dispose]();
    await this.#virtio.reset();
    this.#virtio.disconnect();
    this.#made.dispose();
    this.#vm?.[Symbol.dispose]();
    this.#vm = undefined;
  }

  /** Something happens beside the guest that Deno's event loop is needed for. */
  get #isBusy(): boolean {
    return this.#virtio.isBusy || this.#serial.isPausing;
  }

  /** Begins to load the guest's files. */
  #load(): Promise<LoadedFiles> {
    const { memory = DEFAULT_VIRT_RAM_SIZE } = this.#options;
    const loading = loadFiles(this.memory, memory, this.#options, this.#trace);
    // Nobody may be there yet to hear of it.
    loading.catch(() => {});
    return loading;
  }

  /** Makes the virtual machine around the guest that is being loaded. */
  async #build(): Promise<void> {
    const { memory = DEFAULT_VIRT_RAM_SIZE, smp = 1, pmu = false } = this.#options;
    const options = {
      memory: this.memory,
      ramSize: memory,
      vcpus: smp,
      pmu,
      hostPmu: this.#hostPmu,
    };
    const vm = this.#vm = new VirtVm(this.#system, options);
    const { places: virtioMmio } = this.#virtio;
    const hardware = { memory, cpus: smp, gic: vm.gicDescription, pmu, virtioMmio };
    const tree = deviceTree(this.#options, hardware);
    this.#serial.connect(vm.vm);
    this.#virtio.connect(vm.vm, VIRTIO_SLOT);
    this.#gpio.reset();
    this.#threads.attach(vm.vcpus);
    const files = await this.#loading;
    this.#options.onDeviceTree?.(tree);
    const treeAddress = writeDeviceTree(this.memory, tree, files, this.#trace);
    const entry = this.#options.entry ?? files.kernel.entry;
    const [first] = vm.vcpus;
    first!.setOneReg(PC, BigInt(entry));
    first!.setOneReg(X0, BigInt(treeAddress));
    this.#trace.step(`Set vCPU PC to ${hex(entry)}`);
    this.#trace.note(`Set vCPU X0 to ${hex(treeAddress)}: the device tree`);
  }

  /** Starts the guest again, in a virtual machine of its own, so that nothing is left of the one before. */
  async #restart(): Promise<void> {
    const { memory = DEFAULT_VIRT_RAM_SIZE } = this.#options;
    this.#threads.stop();
    await this.#virtio.reset();
    this.#virtio.disconnect();
    this.#serial.disconnect();
    this.#vm?.[Symbol.dispose]();
    this.#vm = undefined;
    this.#system.discard(this.memory.bytes(VIRT_RAM_BASE, memory));
    this.#loading = this.#load();
    await this.#build();
    this.#start();
  }

  #start(): void {
    this.starts++;
    this.#threads.start();
    this.#serial.start();
  }

  /** The interrupt line of a device. */
  #line({ spi }: Place): (level: boolean) => void {
    return (level) => this.#vm?.vm.setSpi(spi, level);
  }
}
