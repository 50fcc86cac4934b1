/** Keeps a vCPU going: finds translated code for its PC, interprets code that is cold, translates code that has become warm. */

import type { MemoryAccess } from "./access.ts";
import { Stop } from "./access.ts";
import type { CodeCache } from "./code_cache.ts";
import type { CpuState } from "./cpu_state.ts";
import { branchAddress, FSC_EXTERNAL_ABORT, takeException } from "./exceptions.ts";
import type { HostCalls } from "./host_calls.ts";
import { Interpreter } from "./interpreter.ts";
import type { JumpCache } from "./jump_cache.ts";
import { AccessKind, type Mmu } from "./mmu.ts";
import { PAGE_SIZE, type Ram } from "./ram.ts";
import { State } from "./state.ts";
import { translate } from "./translator.ts";
import { ModuleEncoder } from "./wasm.ts";

/** How often code is interpreted before it is translated, unless told otherwise: a translation costs as much as some hundred instructions interpreted. */
const DEFAULT_WARM = 24;

// What takes longer than executing an instruction is charged as so many of them: a guest
// that makes nothing but that is interrupted in time.
/** Translating an instruction. */
const TRANSLATION_FUEL = 1000;
/** Looking for an instruction where there is none, and raising the exception. */
const FAULT_FUEL = 100;

const EC_INSTRUCTION_ABORT = 0x20;
const EC_PC_ALIGNMENT = 0x22;
const WASM_PAGE = 0x1_0000;
const NOWHERE = -1;
/** From bit 55 of an address on, in its high half, all bits are the same if there is no tag. */
const TOP_SHIFT = 55 - 32;
const OFFSET_MASK = PAGE_SIZE - 1;

/** What a vCPU's code has cost so far. */
export interface Counts {
  /** Instructions executed. */
  instructions: number;
  /** Of these, interpreted. */
  interpreted: number;
  /** Regions translated, their blocks, and the instructions in them. */
  regions: number;
  blocks: number;
  translated: number;
  /** Time spent translating, in milliseconds. */
  translationTime: number;
}

/** How the software CPU works. */
export interface SoftOptions {
  /** How often code is interpreted before it is translated. */
  readonly warm?: number;
}

/** What a dispatcher works with. */
export interface DispatcherParts {
  readonly cpu: CpuState;
  readonly mmu: Mmu;
  readonly ram: Ram;
  readonly memory: MemoryAccess;
  readonly cache: CodeCache;
  readonly jumps: JumpCache;
  readonly host: HostCalls;
  readonly options: SoftOptions;
}

/** Executes guest code. */
export class Dispatcher {
  readonly counts: Counts = {
    instructions: 0,
    interpreted: 0,
    regions: 0,
    blocks: 0,
    translated: 0,
    translationTime: 0,
  };

  readonly #cpu: CpuState;
  readonly #mmu: Mmu;
  readonly #ram: Ram;
  readonly #view: DataView;
  readonly #interpreter: Interpreter;
  readonly #encoder: ModuleEncoder;
  readonly #imports: WebAssembly.Imports;
  readonly #memory: MemoryAccess;
  readonly #cache: CodeCache;
  readonly #jumps: JumpCache;
  readonly #warm: number;
  /** Fuel of this run that went to something else than instructions. */
  #charged = 0;

  // The page that instructions came from last: its virtual address, exception
  // level, physical address, and place in the WebAssembly memory.
  #pageHigh = NOWHERE;
  #pageLow = 0;
  #pageEl = 0;
  #pagePhys = 0;
  #pageAt = 0;

  constructor({ cpu, mmu, ram, memory, cache, jumps, host, options }: DispatcherParts) {
    this.#cpu = cpu;
    this.#mmu = mmu;
    this.#ram = ram;
    this.#memory = memory;
    this.#cache = cache;
    this.#jumps = jumps;
    this.#warm = options.warm ?? DEFAULT_WARM;
    this.#view = new DataView(ram.memory.buffer);
    this.#interpreter = new Interpreter(cpu, host);
    this.#encoder = new ModuleEncoder(ram.memory.buffer.byteLength / WASM_PAGE);
    const h = (call: number, argument: number) => host.call(call, argument);
    this.#imports = { e: { m: ram.memory, t: cache.table, h, f: cache.flags } };
  }

  /** Forgets where virtual addresses lead, when translation tables change. */
  forgetAddresses(): void {
    this.#jumps.forget();
    this.#pageHigh = NOWHERE;
  }

  /**
   * Executes about as many instructions as there is fuel, or until an exit to
   * the host is pending.
   *
   * @returns Whether one is.
   */
  run(fuel: number): boolean {
    const { u32 } = this.#cpu;
    let left = fuel;
    while (left >= 0) {
      u32[State.STOP / 4] = Stop.none;
      const slot = this.#jumps.find();
      left = slot >= 0 ? this.#cache.enter(left, slot) : this.#withoutJumpCache(left);
      if (u32[State.STOP / 4] === Stop.exit) break;
    }
    this.counts.instructions += fuel - left - this.#charged;
    this.#charged = 0;
    return u32[State.STOP / 4] === Stop.exit;
  }

  /** Finds code for the PC the long way, or makes it, or does without; the fuel that is left. */
  #withoutJumpCache(fuel: number): number {
    if (!this.#findPage()) return this.#charge(fuel, FAULT_FUEL);
    const cpu = this.#cpu;
    const low = cpu.u32[State.PC / 4]!;
    const physAddr = this.#pagePhys + (low & OFFSET_MASK);
    const slot = this.#cache.slot(physAddr, cpu.pc, cpu.el as 0 | 1);
    if (!slot.translated && ++slot.visits <= this.#warm) return this.#interpret(fuel);
    if (slot.translated) {
      this.#jumps.remember(slot.number);
      return fuel;
    }
    return this.#charge(fuel, this.#translate(physAddr) * TRANSLATION_FUEL);
  }

  #charge(fuel: number, cost: number): number {
    this.#charged += cost;
    return fuel - cost;
  }

  /** Interprets straight code, up to where it jumps or leaves its page. */
  #interpret(fuel: number): number {
    const cpu = this.#cpu;
    const { u32 } = cpu;
    for (let left = fuel;;) {
      const low = u32[State.PC / 4]!, high = u32[State.PC / 4 + 1]!;
      const word = this.#view.getUint32(this.#pageAt + (low & OFFSET_MASK), true);
      this.#interpreter.step(word);
      left--;
      this.counts.interpreted++;
      const next = (low + 4) >>> 0;
      const straight = u32[State.STOP / 4] === Stop.none &&
        u32[State.PC / 4] === next && u32[State.PC / 4 + 1] === high;
      if (!straight || (next & OFFSET_MASK) === 0 || left < 0) return left;
    }
  }

  /** Makes a region of the code at the PC; how many instructions it covers. */
  #translate(physAddr: number): number {
    const began = performance.now();
    const cpu = this.#cpu;
    const el = cpu.el as 0 | 1;
    this.#cache.reserve();
    const slotAt = (pc: bigint) => {
      const offset = Number(pc & BigInt(OFFSET_MASK));
      return this.#cache.slot(this.#pagePhys + offset, pc, el);
    };
    const wordAt = (pc: bigint) =>
      this.#view.getUint32(this.#pageAt + Number(pc & BigInt(OFFSET_MASK)), true);
    const source = {
      base: cpu.base,
      encoder: this.#encoder,
      el,
      wordAt,
      slotOf: (pc: bigint) => slotAt(pc).number,
    };
    const pc = cpu.pc;
    const { module, instructions, blocks, start, end } = translate(source, pc);
    new WebAssembly.Instance(new WebAssembly.Module(module), this.#imports);
    const page = Math.floor(physAddr / PAGE_SIZE);
    const isFirst = !this.#cache.hasCode(page);
    const from = Number(start & BigInt(OFFSET_MASK));
    this.#cache.add(slotAt(pc), from, from + Number(BigInt.asUintN(64, end - start)));
    if (isFirst) this.#memory.watchPage(this.#pageAt);
    this.counts.regions++;
    this.counts.blocks += blocks;
    this.counts.translated += instructions;
    this.counts.translationTime += performance.now() - began;
    return instructions;
  }

  /** Finds the page that the PC is in; false if that has become an exception. */
  #findPage(): boolean {
    const cpu = this.#cpu;
    // A jump may have brought a tag along that does not belong into the PC.
    const top = cpu.u32[State.PC / 4 + 1]! >> TOP_SHIFT;
    if (top !== 0 && top !== -1) cpu.pc = branchAddress(cpu, cpu.pc);
    const low = cpu.u32[State.PC / 4]!, high = cpu.u32[State.PC / 4 + 1]!;
    if ((low & 3) !== 0) return this.#fault(EC_PC_ALIGNMENT, 0);
    const pageLow = (low & ~OFFSET_MASK) >>> 0;
    if (this.#pageHigh === high && this.#pageLow === pageLow && this.#pageEl === cpu.el) {
      return true;
    }
    const physAddr = this.#mmu.translate(high, pageLow, AccessKind.execute, cpu.el as 0 | 1);
    if (physAddr < 0) {
      const { faultIsTableWalk, faultStatus } = this.#mmu;
      // As KVM injects it.
      return this.#fault(EC_INSTRUCTION_ABORT, faultIsTableWalk ? FSC_EXTERNAL_ABORT : faultStatus);
    }
    const at = this.#ram.offsetOf(physAddr, PAGE_SIZE);
    if (at < 0) return this.#fault(EC_INSTRUCTION_ABORT, FSC_EXTERNAL_ABORT);
    this.#pageHigh = high;
    this.#pageLow = pageLow;
    this.#pageEl = cpu.el;
    this.#pagePhys = physAddr;
    this.#pageAt = at;
    return true;
  }

  #fault(ec: number, iss: number): false {
    const cpu = this.#cpu;
    takeException(cpu, { kind: "sync", ec, iss, far: cpu.pc, returnTo: cpu.pc });
    return false;
  }
}
