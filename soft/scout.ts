/** The operations of instructions, carried out for nobody: finds out what an instruction touches and where it goes. */

import { type Decoded, executeDecoded } from "./decode.ts";
import type { Condition, ConditionalCompare, Ops } from "./ops.ts";

const nothing = () => undefined;
type Nothing = undefined;

/** Looks at instructions. */
export class Scout implements Ops<Nothing, Nothing> {
  pc = 0n;
  /** Where the instruction goes on, as far as that is known; undefined: at the next one. */
  targets?: bigint[];
  /** The registers it reads, a set of bits; 31 is SP. */
  reads = 0;
  setsFlags = false;
  /** Other code is called. */
  calls = false;

  /** Looks at one instruction. */
  look(pc: bigint, instruction: Decoded | undefined): void {
    this.pc = pc;
    this.targets = undefined;
    this.reads = 0;
    this.setsFlags = false;
    this.calls = false;
    executeDecoded(this, instruction);
  }

  readonly constant = nothing;
  readonly once = nothing;
  readonly add = nothing;
  readonly sub = nothing;
  readonly mul = nothing;
  readonly and = nothing;
  readonly or = nothing;
  readonly xor = nothing;
  readonly shl = nothing;
  readonly shr = nothing;
  readonly sar = nothing;
  readonly ror = nothing;
  readonly ror32 = nothing;
  readonly clz = nothing;
  readonly udiv = nothing;
  readonly sdiv = nothing;
  readonly umulh = nothing;
  readonly smulh = nothing;
  readonly w = nothing;
  readonly signExtend = nothing;
  readonly crc32 = nothing;
  readonly equal = nothing;
  readonly lessUnsigned = nothing;
  readonly lessSigned = nothing;
  readonly not = nothing;
  readonly fromTruth = nothing;
  readonly select = nothing;
  readonly setX = nothing;
  readonly setXOrSp = nothing;
  readonly carry = nothing;
  readonly holds = nothing;
  readonly nzcv = nothing;
  readonly load = nothing;
  readonly store = nothing;
  readonly storePair = nothing;
  readonly atomic = nothing;
  readonly compareAndSwap = nothing;
  readonly clearExclusive = nothing;
  readonly barrier = nothing;
  readonly storeExclusive = nothing;
  readonly systemRegister = nothing;
  readonly setSystemRegister = nothing;

  x(n: number): Nothing {
    if (n !== 31) this.reads |= 1 << n;
  }
  xOrSp(n: number): Nothing {
    this.reads |= 1 << n;
  }
  stackBase(): Nothing {
    this.xOrSp(31);
  }
  addWithFlags(): Nothing {
    this.setsFlags = true;
  }
  subWithFlags(): Nothing {
    this.setsFlags = true;
  }
  logicFlags(): Nothing {
    this.setsFlags = true;
  }
  compareIf(_condition: Condition, _comparison: ConditionalCompare<Nothing>): void {
    this.setsFlags = true;
  }
  setNzcv(): void {
    this.setsFlags = true;
  }
  compareAndSwapPair(): [Nothing, Nothing] {
    return [undefined, undefined];
  }
  loadPair(): [Nothing, Nothing] {
    return [undefined, undefined];
  }
  loadExclusive(): [Nothing, Nothing] {
    return [undefined, undefined];
  }

  jump(target: bigint): void {
    this.targets = [target];
  }
  jumpIf(_condition: Nothing, target: bigint): void {
    this.targets = [target, BigInt.asUintN(64, this.pc + 4n)];
  }
  jumpTo(): void {
    this.targets = [];
  }
  call(): void {
    this.calls = true;
    this.targets = [BigInt.asUintN(64, this.pc + 4n)];
  }
  callTo(): void {
    this.call();
  }
  returnTo(): void {
    this.targets = [];
  }
  exception(): void {
    this.targets = [];
  }
  undefined(): void {
    this.targets = [];
  }
  system(): void {
    this.targets = [];
  }
}
