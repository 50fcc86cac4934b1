/** The registers by which drivers know a PrimeCell: Arm's PL0xx peripherals all end in the same eight. */

/** RO. The first of PeriphID0 to PeriphID3: part, designer, revision and configuration. */
export const PERIPH_ID0 = 0xfe0;
/** RO. The first of PCellID0 to PCellID3: the same in every PrimeCell. */
export const PCELL_ID0 = 0xff0;

/** How many bytes of addresses a PrimeCell takes. */
export const PRIMECELL_SIZE = 0x1000;

/** Every register is a word, of which only the low 8 bits are used here. */
const WORD = 4;
/** Arm's number among the designers, JEDEC's: "A" in ASCII. */
const DESIGNER_ARM = 0x41;
/** What the four PCellID registers read. */
const PRIMECELL = [0x0d, 0xf0, 0x05, 0xb1];

/** A PrimeCell's identification registers (Arm DDI 0183G, Table 3-1 for the PL011, and alike for others). */
export class PrimecellId {
  readonly #bytes: readonly number[];

  /**
   * @param part The part number as its name spells it in hexadecimal: 0x011 is the PL011.
   * @param revision 0 to 15; each peripheral's manual says which release has which.
   */
  constructor(part: number, revision: number) {
    this.#bytes = [
      part & 0xff,
      (DESIGNER_ARM & 0xf) << 4 | (part >> 8) & 0xf,
      (revision & 0xf) << 4 | DESIGNER_ARM >> 4,
      0,
      ...PRIMECELL,
    ];
  }

  /** PeriphID3 to PeriphID0 as one number: drivers match its lower 20 bits, and look at the revision above them. */
  get number(): number {
    return this.#bytes.slice(0, WORD).reduceRight((number, byte) => number * 2 ** 8 + byte);
  }

  /** What the register at an offset from the start of the peripheral reads; 0 where there is none. */
  read(offset: number): number {
    return this.#bytes[(offset - PERIPH_ID0) / WORD] ?? 0;
  }
}
