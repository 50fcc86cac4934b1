/** The tiny machine: one vCPU, RAM, a console, and a program in memory; the article's machine with a way to tell how it ended. */

import { registerId } from "../kvm/registers.ts";
import { MmioBus, type UnclaimedListener } from "../devices/bus.ts";
import { Console, CONSOLE_SIZE, type Reader, type Writer } from "../devices/console.ts";
import type { Runner, System, Vcpu, Vm } from "../vm/contract.ts";
import type { ArmNisvExit, SystemEventExit } from "../vm/exit.ts";
import { GuestMemory } from "../vm/guest_memory.ts";
import { silent, type Trace } from "../vm/trace.ts";
import { type Crash, readCrash } from "./crash.ts";
import { type End, endOf, endOnNewline } from "./end.ts";
import { EventLoop } from "./event_loop.ts";
import { EC_UNKNOWN, exceptionClass, FSC_EXTERNAL_ABORT, hex } from "./esr.ts";
import { CONSOLE_BASE, CRASH_PORT_BASE, RAM_BASE, VECTOR_PAGE } from "./layout.ts";
import type { Machine } from "./machine.ts";
import { initialRegisters } from "./initial_registers.ts";
import { placeProgram } from "./placement.ts";
import { CRASH_PORT_SIZE, CrashPort, writeVectors } from "./vectors.ts";

/** What a tiny machine is made of. */
export interface TinyMachineOptions {
  /** The machine code, a flat binary. */
  readonly program: Uint8Array;
  /** The size of RAM in bytes, a multiple of 4096; 1 MiB unless given. */
  readonly memory?: number;
  /** Where the program goes, a multiple of 4 in RAM; the start of RAM unless given. */
  readonly loadAddress?: number;
  /** The first instruction, a multiple of 4 in RAM; the load address unless given. */
  readonly entry?: number;
  /** Where the console's output goes; `Deno.stdout` unless given. */
  readonly output?: Writer;
  /** Where the console's input comes from; `Deno.stdin` unless given. */
  readonly input?: Reader;
  /** End after the first newline that the guest prints. */
  readonly exitOnNewline?: boolean;
  /** Collect console output in the kernel, where it can, rather than exit for each byte; true unless given. */
  readonly coalesce?: boolean;
  /** Told of each step. */
  readonly trace?: Trace;
  /** Told of each access that no device claims. */
  readonly onUnclaimed?: UnclaimedListener;
}

/** Memory slots. */
const RAM_SLOT = 0;
const VECTOR_SLOT = 1;

/** How often the machine looks whether its vCPU can go on: that asks KVM for registers. */
export const TURNS_BETWEEN_CHECKS = 4;

/** Where in the vectors an exception from EL1 goes that the vectors themselves raise: with SP_EL0, with SP_EL1. */
const OWN_VECTORS = [0x000n, 0x200n];

/** The tiny machine, ready to run. */
export class TinyMachine implements Machine, Disposable {
  /** RAM and the exception vectors. */
  readonly memory: GuestMemory;
  /** Where the console is, and where other devices may be attached. */
  readonly bus: MmioBus;
  /** The console at 0x996. */
  readonly console: Console;
  /** Its one vCPU. */
  readonly vcpu: Vcpu;
  /** What runs it: the vCPU itself. */
  runner: Runner;
  /** How it ended, once it has. */
  end?: End;

  readonly #vm: Vm;
  /** The vCPU and the VM, to be given back in this order. */
  readonly #made: DisposableStack;
  /** The guest physical address of the last access that KVM could not describe. */
  #undescribed?: number;
  readonly #eventLoop = new EventLoop();
  #turns = 0;
  /** The vector at which the vCPU was found unable to go on, when it was last looked at. */
  #suspect?: bigint;

  /**
   * Builds the machine: memory, devices, vCPU, program.
   *
   * @throws {TinyMachineError} if the program, the sizes and the addresses do not fit together.
   * @throws {GuestMemoryError} if the host does not give that much memory.
   */
  constructor(system: System, options: TinyMachineOptions) {
    const place = placeProgram(options);
    const trace = options.trace ?? silent;
    const ram = { base: RAM_BASE, size: place.memory, readOnly: false };
    this.memory = new GuestMemory([{ ...VECTOR_PAGE, readOnly: true }, ram]);
    this.bus = new MmioBus(options.onUnclaimed);
    this.console = new Console(
      options.output ?? Deno.stdout,
      options.input ?? Deno.stdin,
      options.exitOnNewline ? (byte) => endOnNewline(this, byte) : undefined,
    );
    this.bus.attach("console", CONSOLE_BASE, CONSOLE_SIZE, this.console);
    const crashPort = new CrashPort((vector) => this.#exception(vector));
    this.bus.attach("crash port", CRASH_PORT_BASE, CRASH_PORT_SIZE, crashPort);

    // What there is already is given back if the rest fails.
    using made = new DisposableStack();
    this.#vm = made.use(system.createVm(this.memory.memory!));
    this.vcpu = made.use(this.#vm.createVcpu(0));
    this.runner = this.vcpu;
    this.vcpu.init();
    this.memory.write(place.loadAddress, options.program);
    trace.step(`Load program, ${options.program.length} bytes at ${hex(place.loadAddress)}`);
    this.#placeMemory(ram);
    // Each byte must stop the guest if one of them may be its last.
    if (options.coalesce !== false && !options.exitOnNewline) {
      const offered = this.#vm.registerCoalescedMmio(CONSOLE_BASE, 1);
      trace.note(
        `Console output is ${offered ? "collected in the kernel" : "an exit for each byte"}`,
      );
    }
    this.#setRegisters(place.entry, RAM_BASE + place.memory, trace);
    this.#made = made.move();
  }

  /** Writes output, lets timers, signals and input through, and looks for a guest that cannot go on. */
  async turn(): Promise<void> {
    this.console.flush();
    await this.#eventLoop.turn();
    if (this.console.failure !== undefined) throw this.console.failure;
    if (++this.#turns % TURNS_BETWEEN_CHECKS === 0) this.#checkVectors();
  }

  /** Ends the machine as the guest asked PSCI to. */
  systemEvent(exit: SystemEventExit): void {
    this.end = endOf(exit, this.vcpu);
  }

  /** Answers an access that KVM does not describe as a bus does where nothing is: with an external abort. */
  accessWithoutSyndrome(exit: ArmNisvExit): void {
    this.#undescribed = exit.faultIpa;
    // As on hardware where nothing answers. A guest with vectors of its own may go on from there.
    if (this.vcpu.injectExternalDataAbort()) return;
    const pc = this.#register("pc");
    this.#crash({ summary: `MMIO access at ${hex(exit.faultIpa)} at PC ${hex(pc)}` });
  }

  /** Writes out what the guest has printed. */
  async settle(): Promise<void> {
    await this.console.drain();
    if (this.console.failure !== undefined) throw this.console.failure;
  }

  /** Where the vCPU is. */
  get pc(): bigint {
    return this.#register("pc");
  }

  /** Gives the virtual machine back to the kernel. */
  [Symbol.dispose](): void {
    this.#made.dispose();
  }

  #placeMemory(ram: { base: number; size: number }): void {
    const vectors = this.memory.bytes(VECTOR_PAGE.base, VECTOR_PAGE.size);
    writeVectors(vectors);
    this.#vm.setUserMemoryRegion({
      slot: RAM_SLOT,
      guestPhysAddr: ram.base,
      bytes: this.memory.bytes(ram.base, ram.size),
      readOnly: false,
    });
    this.#vm.setUserMemoryRegion({
      slot: VECTOR_SLOT,
      guestPhysAddr: VECTOR_PAGE.base,
      bytes: vectors,
      readOnly: true,
    });
  }

  #setRegisters(entry: number, stack: number, trace: Trace): void {
    for (
      const [name, value, why] of initialRegisters({ entry, stack, vectors: VECTOR_PAGE.base })
    ) {
      this.vcpu.setOneReg(registerId(name), value);
      if (name === "pc") trace.step(`Set vCPU PC to ${hex(value)}`);
      else trace.note(`Set vCPU ${name.toUpperCase()} to ${hex(value)}: ${why}`);
    }
  }

  #register(name: string): bigint {
    return this.vcpu.getOneReg(registerId(name));
  }

  /** One of Orchid's vectors loaded from the crash port. */
  #exception(vector: number): void {
    const pc = Number(this.#register("pc"));
    // The guest itself may load from the crash port: that tells nothing.
    if (pc < VECTOR_PAGE.base || pc >= VECTOR_PAGE.base + VECTOR_PAGE.size) return;
    const esr = this.#register("esr_el1");
    const instruction = this.#instructionAt(this.#register("elr_el1"));
    // Zeroed memory decodes as `udf #0`: this is how a program without an end ends.
    if (vector % 4 === 0 && exceptionClass(esr) === EC_UNKNOWN && instruction === 0) {
      this.end = { kind: "end-of-code" };
      return;
    }
    const unanswered = Number(esr & 0x3fn) === FSC_EXTERNAL_ABORT &&
      this.#undescribed !== undefined;
    const hint = unanswered ? this.#noSyndromeHint() : undefined;
    this.#crash({ vector, instruction, hint });
  }

  #noSyndromeHint(): string {
    return `${
      hex(this.#undescribed ?? 0)
    } has no memory, and the CPU does not describe this kind of ` +
      "access to it (ldp, stp, writeback, SIMD): use a plain ldr or str";
  }

  #crash(about: Pick<Crash, "summary" | "vector" | "instruction" | "hint">): void {
    this.end = { kind: "crash", crash: readCrash(this.vcpu, about) };
  }

  /** The word at an address of the guest's, which is a physical one unless the guest has turned on its MMU (and then is most likely the same). */
  #instructionAt(address: bigint): number | undefined {
    const at = Number(address);
    return this.memory.contains(at, 4) ? this.memory.readUint32(at) : undefined;
  }

  /**
   * Notices a vCPU that can only take exceptions: its vector raises an
   * exception that leads to the same vector again. KVM never exits for that.
   */
  #checkVectors(): void {
    const suspect = this.#suspect;
    this.#suspect = undefined;
    const pc = this.#register("pc");
    if (!OWN_VECTORS.includes(pc & 0x7ffn) || this.#register("elr_el1") !== pc) return;
    const vbar = this.#register("vbar_el1");
    if (vbar !== (pc & ~0x7ffn)) return;
    // Once may be chance: a handler that was about to go on.
    if (suspect !== pc) {
      this.#suspect = pc;
      return;
    }
    const summary = `The exception vectors at VBAR_EL1 ${hex(vbar)} raise exceptions themselves`;
    const hint = "what happened before the first of them is lost; ESR_EL1 tells about the vector";
    this.#crash({ summary, instruction: this.#instructionAt(pc), hint });
  }
}
