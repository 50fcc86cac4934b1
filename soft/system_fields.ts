/** The fields of a system instruction's word (Arm ARM, C4.1.97): op0, op1, CRn, CRm, op2 and Rt. */

const IS_READ = 1 << 21;
const ENCODING_SHIFT = 5;
const ENCODING_MASK = 0xffff;

/** Whether the instruction reads into its register: MRS and SYSL. */
export const isRead = (word: number): boolean => (word & IS_READ) !== 0;

export const op0 = (word: number): number => (word >>> 19) & 3;
export const op1 = (word: number): number => (word >>> 16) & 7;
export const crn = (word: number): number => (word >>> 12) & 15;
export const crm = (word: number): number => (word >>> 8) & 15;
export const op2 = (word: number): number => (word >>> 5) & 7;
export const rt = (word: number): number => word & 31;

/** op0 to op2 together, as in the low bits of KVM's register IDs. */
export const encoding = (word: number): number => (word >>> ENCODING_SHIFT) & ENCODING_MASK;

/** ISS of a trapped system instruction (D17.2.37, EC 0x18): the fields in another order. */
export function trapSyndrome(word: number): number {
  return op0(word) << 20 | op2(word) << 17 | op1(word) << 14 | crn(word) << 10 | rt(word) << 5 |
    crm(word) << 1 | Number(isRead(word));
}
