/** MMIO exits made by hand. */

import { DEFERRED_WRITES, type DeferredWrites, KVM_EXIT_MMIO, type MmioExit } from "../vm/exit.ts";

/** What an exit's data holds before a load is answered, to see what the answer writes. */
export const UNTOUCHED = 0xeeee_eeee_eeee_eeeen;

/** A load of `len` bytes. */
export function loadExit(physAddr: number, len: number): MmioExit {
  const data = new DataView(new ArrayBuffer(8));
  data.setBigUint64(0, UNTOUCHED, true);
  return { reason: KVM_EXIT_MMIO, physAddr, data, len, isWrite: false };
}

/** A store of `len` bytes. Behind them the exit holds what another one left there. */
export function storeExit(physAddr: number, len: number, value: bigint): MmioExit {
  const exit = { ...loadExit(physAddr, len), isWrite: true };
  for (let i = 0; i < len; i++) exit.data.setUint8(i, Number((value >> BigInt(8 * i)) & 0xffn));
  return exit;
}

/** Stores of `len` bytes that waited in the kernel. */
export function deferredWrites(physAddr: number, len: number, values: number[]): DeferredWrites {
  const other = 0xeeee_eeee;
  return {
    ...{ reason: DEFERRED_WRITES, physAddr, len, isWrite: true, next: 1, end: 1 + values.length },
    // The array holds others' as well.
    values: Uint32Array.of(other, ...values, other),
  };
}

/** An exit's data, all 8 bytes. */
export function dataOf(exit: MmioExit): bigint {
  return exit.data.getBigUint64(0, true);
}
