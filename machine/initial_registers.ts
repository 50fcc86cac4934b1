/** What a tiny machine's vCPU starts with, where that is not its reset state. */

/** A register, its value, and why. */
export type InitialRegister = readonly [name: string, value: bigint, why: string];

/** CPACR_EL1.FPEN: nothing traps (Arm ARM, D17.2.32). */
const FPEN_NO_TRAPS = 0b11n << 20n;

/** The registers to set before the first instruction. */
export function initialRegisters(
  start: { entry: number; stack: number; vectors: number },
): InitialRegister[] {
  return [
    ["pc", BigInt(start.entry), "the program's first instruction"],
    ["sp_el1", BigInt(start.stack), "the end of RAM: stacks grow down"],
    [
      "vbar_el1",
      BigInt(start.vectors),
      "an exception without a handler is reported, not repeated for ever",
    ],
    ["cpacr_el1", FPEN_NO_TRAPS, "compilers use SIMD registers to copy memory"],
  ];
}
