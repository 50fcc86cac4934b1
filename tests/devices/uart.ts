/** A PL011 between a guest and a host that note what happens. */

import { assertEquals } from "@std/assert";
import { NOT_YET } from "../../devices/device.ts";
import { Pl011, type Pl011Options } from "../../devices/pl011.ts";
import { bytesOf } from "../streams.ts";
import { FakeTimer } from "./fake_timer.ts";

/** The words of the register page. */
export const PAGE_WORDS = 1024;

// The manual's numbers, which the tests do not take from what they test.
const UARTDR = 0x00;
const UARTFR = 0x18;
const FR_RXFE = 0x10;

/** A UART as it is after a reset, with everything around it. */
export class Uart {
  /** What the guest has sent. */
  readonly sent: number[] = [];
  /** What the interrupt line was set to. */
  readonly levels: boolean[] = [];
  /** How often a register is said to have changed. */
  changes = 0;
  /** Whether the host takes output. */
  ready = true;
  readonly time = new FakeTimer();
  readonly device: Pl011;

  /** A UART. @param options In place of what notes. */
  constructor(options: Partial<Pl011Options> = {}) {
    this.device = new Pl011({
      send: (byte) => this.ready ? void this.sent.push(byte) : NOT_YET,
      line: (level) => this.levels.push(level),
      onChange: () => this.changes++,
      timer: this.time.timer,
      ...options,
    });
  }

  /** What the interrupt line is. */
  get line(): boolean {
    return this.levels.at(-1) ?? false;
  }

  /** The guest loads a word. */
  load(offset: number): number {
    return this.device.read(offset, 4);
  }

  /** The guest stores a word, which the UART takes. */
  store(offset: number, value: number): void {
    assertEquals(this.device.write(offset, 4, value), undefined);
  }

  /** The host gives text. @returns How much was taken. */
  type(text: string): number {
    return this.device.receive(bytesOf(text));
  }

  /** The guest reads as long as there is something. */
  readAll(): string {
    let text = "";
    while (!(this.load(UARTFR) & FR_RXFE)) text += String.fromCharCode(this.load(UARTDR));
    return text;
  }

  /** What a copy of the page says. */
  page(): Uint32Array {
    const words = new Uint32Array(PAGE_WORDS);
    this.device.copyTo(words);
    return words;
  }
}

/** A UART as firmware leaves it: enabled, with FIFOs. */
export function enabledUart(options: Partial<Pl011Options> = {}): Uart {
  const uart = new Uart(options);
  uart.device.enable();
  uart.changes = 0;
  return uart;
}
