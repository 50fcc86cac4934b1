/** The PL061, Arm's general purpose input and output (Arm DDI 0190B): eight lines that can interrupt. */

import type { MmioDevice } from "./device.ts";
import { PrimecellId } from "./primecell.ts";

/** RW. The first of 256 words that all are the lines: bits 9:2 of the offset say which lines an access is for. */
export const GPIODATA = 0x000;
/** RW. Which lines are outputs. */
export const GPIODIR = 0x400;
/** RW. Which lines interrupt by level rather than by edge. */
export const GPIOIS = 0x404;
/** RW. Which lines interrupt by both edges. */
export const GPIOIBE = 0x408;
/** RW. Which lines interrupt by high levels and rising edges rather than by low and falling ones. */
export const GPIOIEV = 0x40c;
/** RW. Which lines' interrupts reach the interrupt line. */
export const GPIOIE = 0x410;
/** RO. Interrupts as they are. */
export const GPIORIS = 0x414;
/** RO. Interrupts that GPIOIE lets through. */
export const GPIOMIS = 0x418;
/** WO. Clears the interrupts by edges of the lines whose bits are 1. */
export const GPIOIC = 0x41c;
/** RW. Which lines are driven by hardware, which is kept and does nothing. */
export const GPIOAFSEL = 0x420;

/** How many lines there are. */
export const GPIO_LINES = 8;

const WORD = 4;
const ALL_LINES = (1 << GPIO_LINES) - 1;
/** The manual knows one release only. */
export const PL061_ID = new PrimecellId(0x061, 0);

/** Eight lines, of which the guest reads the inputs. Nothing listens to the outputs. */
export class Pl061 implements MmioDevice {
  readonly #line: (level: boolean) => void;
  /** What drives the lines from outside. */
  #inputs = 0;
  /** What the guest drives them to where they are outputs. */
  #outputs = 0;
  #direction = 0;
  #sense = 0;
  #bothEdges = 0;
  #event = 0;
  #enabled = 0;
  /** Edges that have been seen and not been cleared. */
  #edges = 0;
  #function = 0;
  #level = false;

  /** Eight inputs that are low. @param line The interrupt line, GPIOINTR. Called only when the level changes. */
  constructor(line: (level: boolean) => void) {
    this.#line = line;
  }

  /** A load, of any width, from a register. */
  read(offset: number, _size: number): number {
    if (isData(offset)) return this.#levels & offset / WORD;
    switch (offset) {
      case GPIODIR:
        return this.#direction;
      case GPIOIS:
        return this.#sense;
      case GPIOIBE:
        return this.#bothEdges;
      case GPIOIEV:
        return this.#event;
      case GPIOIE:
        return this.#enabled;
      case GPIORIS:
        return this.#raw;
      case GPIOMIS:
        return this.#raw & this.#enabled;
      case GPIOAFSEL:
        return this.#function;
      default:
        return PL061_ID.read(offset);
    }
  }

  /** A store, of any width, to a register. */
  write(offset: number, _size: number, value: number): void {
    if (isData(offset)) this.#drive(offset / WORD, value);
    else this.#set(offset, value & ALL_LINES);
    this.#update();
  }

  /**
   * Drives a line from outside.
   *
   * @param line 0 to 7; there are no others.
   * @param level High or low. It stays so until it is driven otherwise.
   */
  setInput(line: number, level: boolean): void {
    const mask = line >= 0 && line < GPIO_LINES ? 1 << line : 0;
    const inputs = level ? this.#inputs | mask : this.#inputs & ~mask;
    const changed = inputs ^ this.#inputs;
    this.#inputs = inputs;
    const wanted = this.#bothEdges | ~(inputs ^ this.#event);
    this.#edges |= changed & wanted & ~this.#sense & ~this.#direction;
    this.#update();
  }

  /** All registers as they were at first; the lines stay as they are driven. */
  reset(): void {
    this.#outputs =
      this.#direction =
      this.#sense =
      this.#bothEdges =
      this.#event =
        0;
    this.#enabled = this.#edges = this.#function = 0;
    this.#update();
  }

  get #levels(): number {
    return this.#inputs & ~this.#direction | this.#outputs & this.#direction;
  }

  /** Interrupts by level are there for as long as the level is: GPIOIC clears edges only (DDI 0190B, GPIOIC). */
  get #raw(): number {
    const active = ~(this.#inputs ^ this.#event) & ALL_LINES & ~this.#direction;
    return this.#edges & ~this.#sense | active & this.#sense;
  }

  /** A store does nothing to lines that are inputs: Linux stores again once a line is an output. */
  #drive(lines: number, value: number): void {
    const mask = lines & this.#direction;
    this.#outputs = this.#outputs & ~mask | value & mask;
  }

  #set(offset: number, value: number): void {
    switch (offset) {
      case GPIODIR:
        this.#direction = value;
        break;
      case GPIOIS:
        this.#sense = value;
        break;
      case GPIOIBE:
        this.#bothEdges = value;
        break;
      case GPIOIEV:
        this.#event = value;
        break;
      case GPIOIE:
        this.#enabled = value;
        break;
      case GPIOIC:
        this.#edges &= ~value;
        break;
      case GPIOAFSEL:
        this.#function = value;
        break;
    }
  }

  #update(): void {
    const level = (this.#raw & this.#enabled) !== 0;
    if (level === this.#level) return;
    this.#level = level;
    this.#line(level);
  }
}

function isData(offset: number): boolean {
  return offset >= GPIODATA && offset < GPIODIR && offset % WORD === 0;
}
