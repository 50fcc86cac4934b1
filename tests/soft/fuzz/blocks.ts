/** What sequences are made of: single instructions, and groups that only make sense together. */

import type { SystemRegister } from "../../../kvm/system_registers.ts";
import type { AnyFields, Row } from "../../../soft/a64/row.ts";
import { a64 } from "../../../soft/a64/table.ts";
import { optionalSctlr } from "./case.ts";
import { encode, isPredictable, randomFields } from "./fields.ts";
import { addMemoryAccess, chooseAddress, chooseBase, shapeOf } from "./memory_blocks.ts";
import { rowNamed } from "./rows.ts";
import { SCRATCH, SHARED } from "./scratch.ts";
import type { Sequence } from "./sequence.ts";
import {
  addressInstructions,
  chooseHypercall,
  chooseRead,
  chooseWrite,
  otherInstructions,
  returnState,
  takesAnyAddress,
  unallocated,
} from "./system_words.ts";
import { randomValue } from "./values.ts";

/** Adds one or more instructions to a sequence. */
export type Block = (s: Sequence, row: Row) => void;

const LINK_REGISTER = 30;
/** The zero register, and as a base the stack pointer. */
const ZR = 31;
const CTR_EL0: SystemRegister = [3, 3, 0, 0, 1];

/** An instruction that only works with registers, or whose only effect is an exception. */
const addPlain: Block = (s, row) => {
  s.emit(row, encode(row, randomFields(row, s.random, () => s.data())));
};

/** A direct branch, forward. */
const addBranch: Block = (s, row) => {
  const fields = randomFields(row, s.random, () => s.data());
  const { name } = row.fields.find(({ name }) => name.startsWith("imm"))!;
  s.emitBranch(row, encode(row, fields), name);
  if (row.name === "bl") s.markWritten(LINK_REGISTER);
};

/** An indirect branch: forward, or to where no code is. */
const addIndirectBranch: Block = (s, row) => {
  const link = s.random.percent(30) ? s.target([LINK_REGISTER]) : undefined;
  const nowhere = s.random.percent(8) ? presetNowhere(s) : undefined;
  const register = nowhere ?? link ?? s.target();
  if (register === undefined) return;
  s.emit(row, encode(row, { rn: register }));
  if (row.name === "blr") s.markWritten(LINK_REGISTER);
};

/**
 * A register with an address where no code is: not mapped, not executable, or
 * between two instructions. Not both: QEMU's CPUs then look at the page first,
 * though the architecture puts the alignment before.
 */
function presetNowhere(s: Sequence): number | undefined {
  const register = s.fresh();
  if (register === undefined) return undefined;
  if (s.random.percent(30)) s.preset(register, BigInt(1 + s.random.below(3)), true);
  else if (s.random.percent(30)) {
    // Only the upper half is wrong.
    const upper = 1n << BigInt(32 + s.random.below(15));
    s.preset(register, BigInt(4 * (s.code.length + 1)) + upper, true);
  } else {
    const page = s.random.pick(SCRATCH).address;
    const value = s.random.pick([page, page + BigInt(s.random.below(4096)), randomValue(s.random)]);
    s.preset(register, value & ~3n);
  }
  return register;
}

/** A call over a jump, to a few instructions that return. */
const addCall: Block = (s) => {
  const [bl, b, ret] = [rowNamed("bl"), rowNamed("b"), rowNamed("ret")];
  s.emit(bl, encode(bl, { imm26: 2 }));
  s.markWritten(LINK_REGISTER);
  const jump = s.code.length;
  s.code.push(0);
  s.reserving(LINK_REGISTER, () => addSome(s, 1 + s.random.below(2)));
  s.emit(ret, encode(ret, { rn: LINK_REGISTER }));
  s.code[jump] = encode(b, { imm26: s.code.length - jump });
};

/** A loop that goes round a few times, or so often that it will be translated. */
const addLoop: Block = (s) => {
  const counter = s.fresh();
  if (counter === undefined) return;
  const rounds = s.random.percent(50) ? 2 + s.random.below(4) : 30 + s.random.below(30);
  s.preset(counter, BigInt(rounds));
  const start = s.code.length;
  s.reserving(counter, () => addSome(s, 1 + s.random.below(4)));
  const withFlags = s.random.percent(50);
  const subtract = rowNamed(withFlags ? "subs (immediate)" : "sub (immediate)");
  const branch = rowNamed(withFlags ? "b.cond" : "cbnz");
  s.emit(subtract, encode(subtract, { sf: 1, sh: 0, imm12: 1, rn: counter, rd: counter }));
  const NE = 1;
  const fields: AnyFields = withFlags ? { cond: NE } : { sf: 1, rt: counter };
  s.emit(branch, encode(branch, { ...fields, imm19: start - s.code.length }));
};

// Not casp: it also changes registers that its fields do not name.
const simple = a64.filter(({ ends, name }) => !ends && !isExclusive(name) && name !== "casp");

/** Some instructions that go straight on. */
function addSome(s: Sequence, count: number): void {
  for (let i = 0; i < count; i++) {
    const row = s.random.pick(simple);
    (row.memory ? addMemoryAccess : addPlain)(s, row);
  }
}

function isExclusive(name: string): boolean {
  return /^(ld|st)x[rp]$/.test(name);
}

/**
 * Exclusive accesses. A store without its load must fail, which it only does
 * for certain where no load has left the address watched; so whatever is
 * watched is stored to or forgotten at once.
 */
const addExclusive: Block = (s, row) => {
  const isPair = row.name.endsWith("p");
  const [load, store] = ["ld", "st"].map((way) => rowNamed(`${way}x${isPair ? "p" : "r"}`)) as [
    Row,
    Row,
  ];
  const shared = randomFields(load, s.random, () => s.data(), () => true);
  const isStoreAlone = row === store && s.random.percent(25);
  const base = isStoreAlone
    ? s.pointer(chooseSharedAligned(s, shapeOf(row, shared).span))
    : chooseBase(s, load, shapeOf(load, shared));
  if (base === undefined) return;
  const protect = base === ZR ? (action: () => void) => action() : s.reserving.bind(s, base);
  protect(() => {
    if (!isStoreAlone) addExclusiveLoad(s, load, shared, base);
    const clears = !isStoreAlone && s.random.percent(25);
    if (clears) addPlain(s, rowNamed("clrex"));
    if (!clears || s.random.percent(50)) addExclusiveStore(s, store, shared, base);
  });
};

function chooseSharedAligned(s: Sequence, span: number): bigint {
  return s.random.pick(SHARED) + BigInt(s.random.below(4096 / span) * span);
}

type Shared = { readonly [field: string]: number };

function addExclusiveLoad(s: Sequence, row: Row, shared: Shared, rn: number): void {
  const fields = randomFields(
    row,
    s.random,
    () => s.data(),
    (found) =>
      isPredictable(row, { ...found, ...width(shared), rn, rs: 31, ...single(row) }) &&
      ![found.rt, found.rt2].includes(rn),
  );
  s.emit(row, encode(row, { ...fields, ...width(shared), rn, rs: 31, ...single(row) }));
  // What stands between may be anything that does not access memory.
  const between = rn === ZR ? 0 : s.random.below(3);
  for (let i = 0; i < between; i++) {
    addPlain(
      s,
      s.random.pick(simple.filter(({ memory }) => !memory)),
    );
  }
}

function addExclusiveStore(s: Sequence, row: Row, shared: Shared, rn: number): void {
  const fields = randomFields(
    row,
    s.random,
    () => s.data(),
    (found) => isPredictable(row, { ...found, ...width(shared), rn, ...single(row) }),
  );
  s.emit(row, encode(row, { ...fields, ...width(shared), rn, ...single(row) }));
}

/** Both sides of a pair of exclusive accesses have the same size. */
function width({ size, sz }: Shared): Shared {
  return { ...(size === undefined ? {} : { size }), ...(sz === undefined ? {} : { sz }) };
}

/** Rt2 should be ones where there is no pair. */
function single(row: Row): Shared {
  return row.name.endsWith("r") ? { rt2: 31 } : {};
}

/** A return from an exception that there was not, forward, to any mode. */
const addExceptionReturn: Block = (s, row) => {
  const state = s.setting.mode === "EL0t" ? undefined : s.fresh();
  if (state !== undefined) {
    s.preset(state, returnState(s.random));
    const astray = s.random.percent(6) ? presetNowhere(s) : undefined;
    const target = astray ?? s.target();
    if (target === undefined) return;
    move(s, "msr", [3, 0, 4, 0, 0], state);
    move(s, "msr", [3, 0, 4, 0, 1], target);
    s.mayBeEl0 = true;
  }
  s.emit(row, row.value >>> 0);
};

/** Adds mrs, msr, sys or sysl. */
function move(
  s: Sequence,
  name: string,
  [op0, op1, crn, crm, op2]: SystemRegister,
  rt: number,
): void {
  const row = rowNamed(name);
  s.emit(row, encode(row, { o0: op0 & 1, op1, crn, crm, op2, rt }));
}

const addWrite: Block = (s) => {
  const { fields, value } = chooseWrite(s.random);
  const register = s.fresh();
  if (register === undefined) return;
  s.preset(register, value);
  move(s, "msr", fields, register);
  // The other stack pointer may be in use from here on.
  s.markWritten(31);
};

const addRead: Block = (s) => {
  const traps = s.setting.mode === "EL0t" && (s.setting.sctlr & optionalSctlr.UCT) === 0;
  // What CTR_EL0 holds is the CPU's own business.
  const fields = traps && s.random.percent(10) ? CTR_EL0 : chooseRead(s.random);
  move(s, "mrs", fields, s.data());
};

const addSys: Block = (s) => {
  const kind = s.random.below(10);
  if (kind === 0) return move(s, "sys", unallocated(s.random, 1), s.data());
  if (kind < 4) return move(s, "sys", s.random.pick(otherInstructions), s.data());
  const fields = s.random.pick(addressInstructions);
  const address = takesAnyAddress(fields)
    ? s.random.percent(90) ? chooseAddress(s.random, 8, false) : randomValue(s.random)
    : chooseSharedAligned(s, 4);
  const register = s.fresh();
  if (register === undefined) return;
  s.preset(register, address);
  move(s, "sys", fields, register);
};

const addSysl: Block = (s) => move(s, "sysl", unallocated(s.random, 1), s.data());

/**
 * DAIFSet, DAIFClr, SPSel, and what does not exist; not PAN, UAO, SSBS, DIT and
 * TCO. DAIF not where it is trapped: QEMU's CPUs mix up op1 and op2 in the syndrome.
 */
const addPstate: Block = (s, row) => {
  const traps = s.mayBeEl0 && (s.setting.sctlr & optionalSctlr.UMA) === 0;
  const daif = [[3, 6], [3, 7]] as const, others = [[0, 5], [2, 1], [6, 3]] as const;
  const pick = () => s.random.percent(60) ? s.random.pick(daif) : s.random.pick(others);
  const [op1, op2] = traps ? s.random.pick(others) : pick();
  s.emit(row, encode(row, { op1, op2, crm: s.random.below(16) }));
  s.markWritten(31);
};

const addHypercall: Block = (s, row) => {
  const registers = [0, 1, 2];
  if (registers.every((register) => s.isFresh(register))) {
    chooseHypercall(s.random).forEach((value, register) => s.preset(register, value));
    addPlain(s, row);
  } else if (s.setting.mode === "EL0t") addPlain(s, row);
  for (const register of [...registers, 3]) s.markWritten(register);
};

/** KVM answers that it does not know the call. */
const addMonitorCall: Block = (s, row) => {
  addPlain(s, row);
  s.markWritten(0);
};

/** Waiting is left out, for nothing would end it: only where it is a trap. */
const addWait: Block = (s, row) => {
  const traps = s.setting.mode === "EL0t" && (s.setting.sctlr & optionalSctlr.nTWI) === 0;
  if (traps) s.emit(row, row.value >>> 0);
};

const byName: Readonly<Record<string, Block>> = {
  ...Object.fromEntries(
    ["b", "bl", "b.cond", "cbz", "cbnz", "tbz", "tbnz"].map((name) => [name, addBranch]),
  ),
  ...Object.fromEntries(["br", "blr", "ret"].map((name) => [name, addIndirectBranch])),
  ...Object.fromEntries(["ldxr", "stxr", "ldxp", "stxp"].map((name) => [name, addExclusive])),
  eret: addExceptionReturn,
  msr: addWrite,
  mrs: addRead,
  sys: addSys,
  sysl: addSysl,
  "msr (immediate)": addPstate,
  hvc: addHypercall,
  smc: addMonitorCall,
  wfi: addWait,
};

/** Adds an instruction of a row, with what it needs around it. */
export const addRow: Block = (s, row) => {
  const block = byName[row.name] ?? (row.memory ? addMemoryAccess : addPlain);
  block(s, row);
};

/** Groups of instructions that are no row's own. */
export const groups: readonly Block[] = [addCall, addLoop];
