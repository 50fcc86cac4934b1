/** The PL011, Arm's UART (Arm DDI 0183G, release r1p5): a console that every arm64 kernel knows. */

import { type MmioDevice, NOT_YET } from "./device.ts";
import { setModemInputs } from "./pl011_modem.ts";
import type { Pl011Options } from "./pl011_options.ts";
import { Pl011Receiver, RECEIVE_INTERRUPTS } from "./pl011_receiver.ts";
import * as r from "./pl011_registers.ts";
import { Pl011Words } from "./pl011_words.ts";
import { realTimer } from "./timer.ts";

export type { Pl011Options };

const RECEIVER_ENABLED = r.CR_UARTEN | r.CR_RXE;

/**
 * The UART. It sends at once, so that its transmit FIFO is always empty, and it sends and
 * receives whether it is enabled or not, at any word length: so does QEMU's, and guests
 * written for that often print without a setup.
 */
export class Pl011 implements MmioDevice {
  /** As the option of that name. */
  readonly progress?: () => Promise<void>;
  readonly #outside: Pl011Options;
  readonly #words = new Pl011Words();
  readonly #receiver: Pl011Receiver;
  #level = false;
  /** How many calls deep something is changing: callbacks may call the UART. */
  #depth = 0;

  /** A UART after a reset. */
  constructor(options: Pl011Options) {
    this.#outside = options;
    this.progress = options.progress;
    const timeOut = () => this.#change(() => this.#receiver.timeOut());
    this.#receiver = new Pl011Receiver(this.#words, options.timer ?? realTimer, timeOut);
  }

  /** How many bytes {@linkcode receive} would take. None in loopback, which cuts the UART off from outside. */
  get room(): number {
    return this.#loopback ? 0 : this.#receiver.room;
  }

  /** A driver waits for input by interrupt. */
  get receives(): boolean {
    return (this.#words.get(r.UARTCR) & RECEIVER_ENABLED) === RECEIVER_ENABLED &&
      (this.#words.get(r.UARTIMSC) & RECEIVE_INTERRUPTS) !== 0;
  }

  /**
   * No load changes anything, so that {@linkcode copyTo}'s words can answer in the UART's
   * place: nothing waits in UARTDR, and a load from it then leaves UARTRSR alone too.
   */
  get readsArePlain(): boolean {
    return this.#receiver.length === 0;
  }

  /** Copies what the words of the register page read, by offset / 4, as far as there is room: 1024 are all. */
  copyTo(words: Uint32Array): void {
    this.#words.copyTo(words);
  }

  /** A load, of any width, from a register. */
  read(offset: number, _size: number): number {
    if (offset === r.UARTDR && this.#receiver.length > 0) {
      return this.#access(() => this.#receiver.take());
    }
    return this.#words.get(offset);
  }

  /** A store, of any width, to a register. */
  write(offset: number, size: number, value: number): typeof NOT_YET | void {
    if (offset === r.UARTDR) return this.#transmit(value & r.DR_DATA);
    // Not an access: what is taken back while interrupts are cleared should not be asked for at once.
    if (offset === r.UARTICR) this.#change(() => this.#clear(value));
    else if (offset === r.UARTCR) this.#control(value, size);
    else this.#access(() => this.#store(offset, value));
  }

  /** Takes as many bytes of input as there is {@linkcode room} for, and says how many. */
  receive(bytes: Uint8Array): number {
    const count = Math.min(bytes.length, this.room);
    if (count > 0) this.#change(() => this.#receiver.receive(bytes, count));
    return count;
  }

  /** Takes the input that the guest has not read out of the FIFO again, in order. */
  takeBack(): Uint8Array<ArrayBuffer> {
    return this.#change(() => this.#receiver.takeBack());
  }

  /** Sets the UART up as firmware leaves it: enabled, 115200 baud, 8 bits, no parity, with FIFOs. */
  enable(): void {
    this.#change(() => {
      this.#words.put(r.UARTIBRD, r.IBRD_115200);
      this.#words.put(r.UARTFBRD, r.FBRD_115200);
      this.#setLineControl(r.LCR_H_WLEN_8 | r.LCR_H_FEN);
      this.#setControl(r.CR_UARTEN | r.CR_TXE | r.CR_RXE);
    });
  }

  /** Back to where it was at first. Input that waits is lost. */
  reset(): void {
    this.#change(() => {
      this.#words.reset();
      this.#receiver.reset();
    });
  }

  /** Forgets a timeout that is under way. */
  [Symbol.dispose](): void {
    this.#receiver.stopTimeout();
  }

  get #loopback(): boolean {
    return (this.#words.get(r.UARTCR) & r.CR_LBE) !== 0;
  }

  #transmit(byte: number): typeof NOT_YET | void {
    if (this.#outside.send(byte) === NOT_YET) return NOT_YET;
    const loopback = this.#loopback;
    // Most stores end here: the byte is gone, and the FIFO was known to be empty.
    if (!loopback && this.#words.get(r.UARTRIS) & r.INT_TX) return;
    this.#change(() => {
      if (loopback) this.#receiver.loop(byte);
      this.#words.raise(r.INT_TX);
    });
  }

  #control(value: number, size: number): void {
    const before = this.#words.get(r.UARTCR);
    this.#access(() => this.#store(r.UARTCR, value));
    this.#outside.onControl?.(this.#words.get(r.UARTCR) === before, value, size);
  }

  #store(offset: number, value: number): void {
    const mask = r.WRITABLE.get(offset);
    if (offset === r.UARTECR) this.#words.put(r.UARTRSR, 0);
    else if (offset === r.UARTLCR_H) this.#setLineControl(value & mask!);
    else if (offset === r.UARTCR) this.#setControl(value & mask!);
    else if (mask !== undefined) this.#words.put(offset, value & mask);
    if (offset === r.UARTIFLS) this.#receiver.checkLevel();
    // Which interrupt a timeout raises is the mask's to say.
    if (offset === r.UARTIMSC && this.#words.get(r.UARTRIS) & r.INT_RT) this.#receiver.timeOut();
  }

  #clear(interrupts: number): void {
    this.#words.lower(interrupts);
    this.#receiver.cleared(interrupts);
    const masked = (this.#words.get(r.UARTIMSC) & RECEIVE_INTERRUPTS) === 0;
    const both = (interrupts & RECEIVE_INTERRUPTS) === RECEIVE_INTERRUPTS;
    if (masked && both) this.#outside.onReceiverCleared?.();
  }

  #setLineControl(value: number): void {
    const changed = this.#words.get(r.UARTLCR_H) ^ value;
    this.#words.put(r.UARTLCR_H, value);
    if (changed & r.LCR_H_FEN) this.#receiver.setDepth(value & r.LCR_H_FEN ? r.FIFO_DEPTH : 1);
    if (changed & value & r.LCR_H_BRK && this.#loopback) this.#receiver.loop(r.DR_BE);
  }

  #setControl(value: number): void {
    this.#words.put(r.UARTCR, value);
    setModemInputs(this.#words);
  }

  /** What the guest does: it may make room. */
  #access<T>(action: () => T): T {
    return this.#change(() => {
      const { room } = this;
      const result = action();
      if (this.room > room) this.#outside.onRoom?.();
      return result;
    });
  }

  /** Does something, and tells the outside once, at the end, of what came of it. */
  #change<T>(action: () => T): T {
    this.#depth++;
    try {
      return action();
    } finally {
      if (--this.#depth === 0) this.#tell();
    }
  }

  #tell(): void {
    this.#receiver.show();
    const interrupts = this.#words.get(r.UARTRIS) & this.#words.get(r.UARTIMSC);
    this.#words.put(r.UARTMIS, interrupts);
    if (this.#words.changed) {
      this.#words.changed = false;
      this.#outside.onChange?.();
    }
    const level = this.#words.get(r.UARTMIS) !== 0;
    if (level === this.#level) return;
    this.#level = level;
    this.#outside.line(level);
  }
}
