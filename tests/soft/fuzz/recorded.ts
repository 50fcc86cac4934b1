/**
 * Cases with what real KVM made of them, in a file.
 *
 * The file is compressed (gzip). In it, all numbers little-endian:
 *
 * ```text
 * u32 how many cases; then of each, in the order of their slots:
 *   u8  mode (0 EL0t, 1 EL1t, 2 EL1h), bit 2 tagged, bits 7:4 NZCV
 *   u8  which of `optionalSctlr` are set, the first in bit 0
 *   u32 fill
 *   u8  how many presets; each: u8 register, bit 7 relative; u64 value
 *   u8  how many instructions; each: u32
 *   u64 which words of the outcome are not as `usualOutcome` has them, the
 *       first in bit 0; then these words, u64 each
 * ```
 *
 * What registers hold at first follows from fill and presets (values.ts), and
 * what is in memory from scratch.ts: changes there need a new recording.
 *
 * @module
 */

import { type Case, modeNames, optionalSctlr, type Preset } from "./case.ts";
import { ByteReader, ByteWriter } from "./bytes.ts";
import { initialState } from "./initial_state.ts";
import { outputFields, slotAddress } from "./layout.ts";
import { patternChecksum } from "./scratch.ts";

/** A case and the words of its outcome. */
export interface RecordedCase {
  readonly case: Case;
  readonly outcome: readonly bigint[];
}

const TAGGED = 1 << 2;
const NZCV_SHIFT = 4;
const MODE_MASK = 3;
const RELATIVE = 1 << 7;
const sctlrBits = Object.values(optionalSctlr);

/** ESR_EL1 of the `svc` at the end of each sequence. */
const ESR_END = 0x5600_feedn;
/** Vectors of synchronous exceptions. */
const vectors = { EL1t: 0x000n, EL1h: 0x200n, EL0t: 0x400n } as const;
const checksum = patternChecksum();

/** Writes recorded cases. */
export function encodeCases(cases: readonly RecordedCase[]): Promise<Uint8Array> {
  const writer = new ByteWriter();
  writer.u32(cases.length);
  cases.forEach(({ case: one, outcome }, slot) => {
    encodeCase(writer, one);
    const usual = usualOutcome(one, slot);
    const changed = usual.map((word, i) => word !== outcome[i]);
    writer.u64(changed.reduce((bits, is, i) => is ? bits | 1n << BigInt(i) : bits, 0n));
    outcome.forEach((word, i) => changed[i] && writer.u64(word));
  });
  return transform(writer.bytes(), new CompressionStream("gzip"));
}

/** Reads recorded cases. */
export async function decodeCases(file: Uint8Array<ArrayBuffer>): Promise<RecordedCase[]> {
  const reader = new ByteReader(await transform(file, new DecompressionStream("gzip")));
  return Array.from({ length: reader.u32() }, (_, slot) => {
    const one = decodeCase(reader);
    const changed = reader.u64();
    const outcome = usualOutcome(one, slot).map((word, i) =>
      (changed >> BigInt(i) & 1n) === 0n ? word : reader.u64()
    );
    return { case: one, outcome };
  });
}

function encodeCase(writer: ByteWriter, one: Case): void {
  const tagged = one.tagged ? TAGGED : 0;
  writer.u8(modeNames.indexOf(one.mode) | tagged | one.nzcv << NZCV_SHIFT);
  writer.u8(sctlrBits.reduce((bits, bit, i) => bits | Number((one.sctlr & bit) !== 0) << i, 0));
  writer.u32(one.fill);
  writer.u8(one.presets.length);
  for (const { register, value, relative } of one.presets) {
    writer.u8(register | (relative ? RELATIVE : 0));
    writer.u64(value);
  }
  writer.u8(one.code.length);
  for (const word of one.code) writer.u32(word);
}

function decodeCase(reader: ByteReader): Case {
  const start = reader.u8();
  const sctlr = reader.u8();
  return {
    mode: modeNames[start & MODE_MASK]!,
    tagged: (start & TAGGED) !== 0,
    nzcv: start >> NZCV_SHIFT,
    sctlr: sctlrBits.reduce((bits, bit, i) => (sctlr >> i & 1) === 0 ? bits : bits | bit, 0),
    fill: reader.u32(),
    presets: Array.from({ length: reader.u8() }, () => decodePreset(reader)),
    code: Array.from({ length: reader.u8() }, () => reader.u32()),
  };
}

function decodePreset(reader: ByteReader): Preset {
  const register = reader.u8();
  return {
    register: register & ~RELATIVE,
    value: reader.u64(),
    relative: (register & RELATIVE) !== 0,
  };
}

/** The outcome of a case that comes to its end and changes nothing. */
function usualOutcome(one: Case, slot: number): bigint[] {
  const address = slotAddress(slot);
  const before = initialState(one, address);
  const fields: Record<typeof outputFields[number], bigint> = {
    sp_el0: before.sp_el0,
    sp_el1: before.sp_el1,
    spsr_el1: before.spsr_el1,
    elr_el1: BigInt(address + 4 * (one.code.length + 1)),
    esr_el1: ESR_END,
    far_el1: 0n,
    vector: vectors[one.mode],
    tpidr_el0: before.tpidr_el0,
    tpidr_el1: before.tpidrro_el0,
    par_el1: 0n,
    contextidr_el1: 0n,
    scratch: checksum,
  };
  return [...before.x, ...outputFields.map((name) => fields[name])];
}

async function transform(
  bytes: Uint8Array<ArrayBuffer>,
  stream: CompressionStream | DecompressionStream,
): Promise<Uint8Array<ArrayBuffer>> {
  const out = new Blob([bytes]).stream().pipeThrough(stream);
  return new Uint8Array(await new Response(out).arrayBuffer());
}
