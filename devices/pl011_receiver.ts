/** The PL011's receiver: its FIFO, and when that interrupts (Arm DDI 0183G, 2.4.2 and 2.8). */

import { ReceiveFifo } from "./pl011_fifo.ts";
import * as r from "./pl011_registers.ts";
import type { Pl011Words } from "./pl011_words.ts";
import type { Timer } from "./timer.ts";

/** The interrupts by which a driver learns of input. */
export const RECEIVE_INTERRUPTS = r.INT_RX | r.INT_RT;

/** The receive timeout in milliseconds: 32 bits at 115200 baud take 0.28, but timers count whole ones. */
const RECEIVE_TIMEOUT = 1;

/** The receiver. It works on the UART's registers, and leaves it to the UART to tell of what changes there. */
export class Pl011Receiver {
  readonly #fifo = new ReceiveFifo();
  readonly #words: Pl011Words;
  readonly #timer: Timer;
  readonly #onTimeout: () => void;
  /** The FIFO is at its level. */
  #filled = false;
  /** A character was lost: the next one will say so. */
  #overrun = false;
  #callOff?: () => void;

  /**
   * A receiver after a reset.
   *
   * @param onTimeout Called when the receive timeout is over; {@linkcode timeOut} is what to do then.
   */
  constructor(words: Pl011Words, timer: Timer, onTimeout: () => void) {
    this.#words = words;
    this.#timer = timer;
    this.#onTimeout = onTimeout;
  }

  /** How many characters wait. */
  get length(): number {
    return this.#fifo.length;
  }

  /** How many more there is room for. */
  get room(): number {
    return this.#fifo.depth - this.#fifo.length;
  }

  /** As many bytes from outside, in order. There must be room for them. */
  receive(bytes: Uint8Array, count: number): void {
    for (let i = 0; i < count; i++) this.#push(bytes[i]!, false);
    this.#arrived();
  }

  /** What the guest sends to itself, with its errors. It is lost where there is no room. */
  loop(word: number): void {
    if (this.room > 0) {
      this.#push(word, true);
      if (word & r.DR_BE) this.#words.raise(r.INT_BE);
    } else {
      this.#overrun = true;
      this.#words.put(r.UARTRSR, this.#words.get(r.UARTRSR) | r.RSR_OE);
      this.#words.raise(r.INT_OE);
    }
    this.#arrived();
  }

  /** The guest takes the oldest character, with its errors. */
  take(): number {
    const word = this.#fifo.shift();
    // An overrun is no character's: it stays until it is cleared.
    const overrun = this.#words.get(r.UARTRSR) & r.RSR_OE;
    this.#words.put(r.UARTRSR, overrun | word >> r.DR_ERRORS_SHIFT);
    this.#arrived();
    return word;
  }

  /** Takes out what came from outside and was not read. */
  takeBack(): Uint8Array<ArrayBuffer> {
    const bytes = this.#fifo.takeBack();
    this.checkLevel();
    return bytes;
  }

  /** Makes it a FIFO or a holding register. Either is empty at first. */
  setDepth(depth: number): void {
    this.#fifo.clear();
    this.#fifo.depth = depth;
    this.checkLevel();
  }

  /** The guest has cleared interrupts. One for characters that still wait comes again after the timeout. */
  cleared(interrupts: number): void {
    if (!(interrupts & RECEIVE_INTERRUPTS) || this.length === 0) return;
    this.#callOff ??= this.#timer(RECEIVE_TIMEOUT, this.#onTimeout);
  }

  /** No more characters come: those that wait are worth an interrupt. */
  timeOut(): void {
    this.stopTimeout();
    if (this.length === 0) return;
    this.#words.raise(r.INT_RT);
    // With INT_RT masked, characters below the level would wait for ever. On QEMU's UART,
    // for which such guests are written, the level is one character always.
    const unmasked = this.#words.get(r.UARTIMSC) & RECEIVE_INTERRUPTS;
    if (unmasked === r.INT_RX) this.#words.raise(r.INT_RX);
  }

  /** The fill level or what it is compared with has changed: INT_RX follows the transition, not the level. */
  checkLevel(): void {
    const filled = this.length >= this.#trigger;
    if (filled && !this.#filled) this.#words.raise(r.INT_RX);
    if (!filled && this.#filled) this.#words.lower(r.INT_RX);
    this.#filled = filled;
    if (this.length > 0) return;
    this.#words.lower(RECEIVE_INTERRUPTS);
    this.stopTimeout();
  }

  /** Back to where it was at first; the registers are not touched. */
  reset(): void {
    this.#fifo.clear();
    this.#fifo.depth = 1;
    this.#filled = this.#overrun = false;
    this.stopTimeout();
  }

  /** Forgets a timeout that is under way. */
  stopTimeout(): void {
    this.#callOff?.();
    this.#callOff = undefined;
  }

  /** Sets the registers that show the FIFO. */
  show(): void {
    const { head, length, full } = this.#fifo;
    const flags = this.#words.get(r.UARTFR) & ~(r.FR_RXFE | r.FR_RXFF);
    this.#words.put(r.UARTDR, head);
    this.#words.put(
      r.UARTFR,
      flags | (length === 0 ? r.FR_RXFE : 0) | (full ? r.FR_RXFF : 0),
    );
  }

  get #trigger(): number {
    const level = this.#words.get(r.UARTIFLS) >> r.IFLS_RXIFLSEL_SHIFT;
    return this.#words.get(r.UARTLCR_H) & r.LCR_H_FEN ? r.RECEIVE_LEVELS[level]! : 1;
  }

  #push(word: number, looped: boolean): void {
    this.#fifo.push(word | (this.#overrun ? r.DR_OE : 0), looped);
    this.#overrun = false;
  }

  /** The timeout is not waited for: what there is has been given, and more would have come with it. */
  #arrived(): void {
    this.checkLevel();
    this.timeOut();
  }
}
