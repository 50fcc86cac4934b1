/** What each word of the PL011's register page reads, kept up to date as it changes. */

import { PCELL_ID0, PERIPH_ID0, PRIMECELL_SIZE, PrimecellId } from "./primecell.ts";
import {
  CR_RXE,
  CR_TXE,
  FR_RXFE,
  FR_TXFE,
  UARTCR,
  UARTFR,
  UARTIFLS,
  UARTRIS,
} from "./pl011_registers.ts";

/** The bytes of a register. */
const WORD = 4;
/** Release r1p5 (Arm DDI 0183G, Table 3-21). */
export const PL011_ID = new PrimecellId(0x011, 3);
const PCELL_ID3 = PCELL_ID0 + 3 * WORD;
/** Both FIFOs interrupt at 1/2. */
const IFLS_RESET = 0x12;

/** The page after a reset (Arm DDI 0183G, Table 3-1). */
function resetWords(): Uint32Array {
  const words = new Uint32Array(PRIMECELL_SIZE / WORD);
  words[UARTFR / WORD] = FR_TXFE | FR_RXFE;
  words[UARTCR / WORD] = CR_RXE | CR_TXE;
  words[UARTIFLS / WORD] = IFLS_RESET;
  for (let at = PERIPH_ID0; at <= PCELL_ID3; at += WORD) words[at / WORD] = PL011_ID.read(at);
  return words;
}

/** The register page. */
export class Pl011Words {
  /** A word has another value than when this was last set to false. */
  changed = false;
  readonly #words = resetWords();

  /** The word at an offset in bytes; 0 where there is none. */
  get(offset: number): number {
    return offset % WORD === 0 ? this.#words[offset / WORD] ?? 0 : 0;
  }

  /** Sets a register. */
  put(offset: number, value: number): void {
    if (this.#words[offset / WORD] === value) return;
    this.#words[offset / WORD] = value;
    this.changed = true;
  }

  /** Sets interrupts in UARTRIS. */
  raise(interrupts: number): void {
    this.put(UARTRIS, this.get(UARTRIS) | interrupts);
  }

  /** Clears interrupts in UARTRIS. */
  lower(interrupts: number): void {
    this.put(UARTRIS, this.get(UARTRIS) & ~interrupts);
  }

  /** Every word as after a reset. */
  reset(): void {
    resetWords().forEach((word, index) => this.put(index * WORD, word));
  }

  /** Copies the page, as far as there is room. */
  copyTo(words: Uint32Array): void {
    words.set(this.#words.subarray(0, words.length));
  }
}
