/**
 * What an instruction's meaning is written in.
 *
 * Every A64 instruction is described once, in a64/, as a function over these
 * operations. Executed with the operations of interpreter.ts it acts on the
 * vCPU at once; executed with those of emitter.ts it writes WebAssembly that
 * will act so, over and over.
 *
 * Therefore a description must not look at values: it may decide by the fields
 * of the instruction (known when it is translated), never by what a register
 * holds; for that there are `select` and `jumpIf`. It must also read all it needs
 * and make every access that can fault before it writes any register: an
 * instruction that faults has changed nothing.
 *
 * @module
 */

/** How wide an access to memory is, in bytes. */
export type AccessSize = 1 | 2 | 4 | 8;

/**
 * What the CPU tells about a load or store that leaves the guest (the fields of
 * ESR_ELx.ISS for data aborts, Arm ARM D17.2.37): only single-register forms
 * without writeback are described, and only they can access MMIO.
 */
export interface Syndrome {
  /** The register transferred (SRT); 31 is the zero register. */
  readonly rt: number;
  /** The register is 64 bits wide (SF). */
  readonly sf: boolean;
  /** A load sign-extends (SSE). */
  readonly signed: boolean;
}

/** How an access to memory is made. */
export interface Access {
  readonly size: AccessSize;
  /** Load-acquire, store-release: ordered with other observers, and must be aligned. */
  readonly ordered?: boolean;
  /** Absent where the CPU does not describe the access. */
  readonly syndrome?: Syndrome;
  /** With the permissions of EL0 (ldtr, sttr). */
  readonly unprivileged?: boolean;
}

/** A read-modify-write of memory, of the LSE instructions; `swp` only stores. */
export type AtomicOp = "add" | "clr" | "eor" | "set" | "smax" | "smin" | "umax" | "umin" | "swp";

/** The conditions of A64, by their encoding (Arm ARM C1.2.4): eq ne cs cc mi pl vs vc hi ls ge lt gt le al nv. */
export type Condition = number;

/** What ccmp and ccmn do. */
export interface ConditionalCompare<V> {
  readonly a: V;
  readonly b: V;
  readonly is64: boolean;
  /** Compares by a difference, as ccmp does; else by a sum. */
  readonly subtract: boolean;
  /** N, Z, C and V, in bits 3:0, if the condition does not hold. */
  readonly otherwise: number;
}

/**
 * The operations, over values `V` (64-bit integers) and truths `B`.
 *
 * A 32-bit result is a value with bits 63:32 zero: use `w`.
 */
export interface Ops<V, B> {
  /** The address of the instruction. */
  readonly pc: bigint;

  // Values. All arithmetic wraps at 64 bits; shift amounts count modulo 64.
  /** A constant; negative ones in two's complement. */
  constant(value: bigint | number): V;
  /** The same value, worked out once however often it is used. Values that are used twice must go through here. */
  once(value: V): V;
  add(a: V, b: V): V;
  sub(a: V, b: V): V;
  mul(a: V, b: V): V;
  and(a: V, b: V): V;
  or(a: V, b: V): V;
  xor(a: V, b: V): V;
  shl(a: V, amount: V): V;
  /** Logical shift right. */
  shr(a: V, amount: V): V;
  /** Arithmetic shift right. */
  sar(a: V, amount: V): V;
  /** Rotate right within 64 bits. */
  ror(a: V, amount: V): V;
  /** Rotate right within 32 bits: of the low half, amount modulo 32, result zero-extended. */
  ror32(a: V, amount: V): V;
  /** Leading zeros, of 64 bits: 0 to 64. */
  clz(a: V): V;
  /** Unsigned division of 64-bit values; by zero it gives zero. */
  udiv(a: V, b: V): V;
  /** Signed division of 64-bit values; by zero it gives zero, and the lowest value by -1 the lowest value. */
  sdiv(a: V, b: V): V;
  /** The high half of the unsigned 128-bit product. */
  umulh(a: V, b: V): V;
  /** The high half of the signed 128-bit product. */
  smulh(a: V, b: V): V;
  /** The low 32 bits, zero-extended. */
  w(a: V): V;
  /** The low `bits` bits (1 to 63), sign-extended to 64. */
  signExtend(a: V, bits: number): V;
  /** CRC-32 of the low `size` bytes of `data` on top of `crc`, polynomial 0x04c11db7 or, `castagnoli`, 0x1edc6f41 (bit-reversed as in the instructions). */
  crc32(crc: V, data: V, size: AccessSize, castagnoli: boolean): V;

  // Truths.
  equal(a: V, b: V): B;
  lessUnsigned(a: V, b: V): B;
  lessSigned(a: V, b: V): B;
  not(a: B): B;
  /** 1 for true, 0 for false. */
  fromTruth(a: B): V;
  select(condition: B, yes: V, no: V): V;

  // Registers.
  /** X0 to X30; 31 is zero. */
  x(n: number): V;
  /** X0 to X30; 31 is the current stack pointer. */
  xOrSp(n: number): V;
  /** Sets X0 to X30; a write to 31 is dropped. */
  setX(n: number, value: V): void;
  /** Sets X0 to X30, or for 31 the current stack pointer. */
  setXOrSp(n: number, value: V): void;

  // Flags.
  /** a + b (+ carry), and the flags of that, in 64 or 32 bits; the AddWithCarry of the Arm ARM. A 32-bit sum is zero-extended. */
  addWithFlags(a: V, b: V, carry: B | undefined, is64: boolean): V;
  /** a - b with its flags: a + not(b) + 1. */
  subWithFlags(a: V, b: V, is64: boolean): V;
  /** Sets N and Z by a result, and clears C and V. The result is returned. */
  logicFlags(result: V, is64: boolean): V;
  /** Sets the flags by a comparison if the condition holds, else to a constant. */
  compareIf(condition: Condition, comparison: ConditionalCompare<V>): void;
  /** PSTATE.C. */
  carry(): B;
  /** Whether a condition holds. `al` and `nv` always do. */
  holds(condition: Condition): B;
  /** N, Z, C and V in bits 31:28. */
  nzcv(): V;
  /** Sets N, Z, C and V from bits 31:28. */
  setNzcv(value: V): void;

  // Memory, by virtual address. Any of these may end the instruction (a fault, MMIO).
  /** SP as the base of an access: must be a multiple of 16 where SCTLR_EL1 says so (Arm ARM, CheckSPAlignment). */
  stackBase(): V;
  /** A load, zero-extended. */
  load(address: V, access: Access): V;
  store(address: V, value: V, access: Access): void;
  /** Loads two neighbours, the second `size` bytes behind the first. */
  loadPair(address: V, access: Access): [V, V];
  /** Stores two neighbours. If only the second faults, the first may be in memory already. */
  storePair(address: V, values: [V, V], access: Access): void;
  /** Reads memory, combines it with the value, writes the result back, all at once; gives what was there before. Must be aligned. */
  atomic(op: AtomicOp, address: V, value: V, access: Access): V;
  /** Writes `value` if memory holds `expected` (of which the low `size` bytes count); gives what was there before. Must be aligned. */
  compareAndSwap(address: V, expected: V, value: V, access: Access): V;
  /** The same for two neighbours of `size` 4 or 8 bytes each: the pair must be aligned to both together. */
  compareAndSwapPair(address: V, expected: [V, V], value: [V, V], access: Access): [V, V];
  /** Loads one or two values and watches their address (ldxr, ldxp). `size` is that of each. */
  loadExclusive(address: V, access: Access, pair: boolean): [V, V];
  /** Stores one or two values if nothing has touched the watched address: 0 for done, 1 for not. */
  storeExclusive(address: V, values: [V, V], access: Access, pair: boolean): V;
  /** Stops watching (clrex). */
  clearExclusive(): void;
  /** Orders memory accesses (dmb, dsb). */
  barrier(): void;

  // Where execution goes on; without any of these, at the next instruction.
  /** Goes on at a fixed address. The last thing an instruction does. */
  jump(target: bigint): void;
  /** Goes on at a fixed address if the condition holds, else at the next instruction. The last thing an instruction does. */
  jumpIf(condition: B, target: bigint): void;
  /** Goes on at a computed address. The last thing an instruction does. */
  jumpTo(target: V): void;
  /** As jump and jumpTo, but most likely what is behind this instruction goes on after a `returnTo` (bl, blr). */
  call(target: bigint): void;
  callTo(target: V): void;
  /** As jumpTo, most likely to behind the last `call` or `callTo` that has not been returned from (ret). */
  returnTo(target: V): void;
  /** An exception from this instruction: EC and ISS of its syndrome. The PC to return to is this instruction, or the next if `after`. */
  exception(exceptionClass: number, iss: number, after?: boolean): void;
  /** The instruction does not exist, or not at this exception level. */
  undefined(): void;
  /**
   * Leaves an instruction to the system side of the vCPU (exceptions.ts,
   * system.ts): register accesses with effects, TLB and cache maintenance,
   * eret, wfi, hvc. It works by the instruction word.
   */
  system(word: number): void;
  /** A system register that is nothing but storage, by its place in the state. */
  systemRegister(index: number): V;
  /** Sets such a register. */
  setSystemRegister(index: number, value: V): void;
}
