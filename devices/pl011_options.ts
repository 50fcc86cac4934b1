/** What a PL011 is connected to. */

import type { NOT_YET } from "./device.ts";
import type { Timer } from "./timer.ts";

/** A PL011's connections. */
export interface Pl011Options {
  /** Takes a byte that the guest sends, or says {@linkcode NOT_YET}: then the guest's store waits. */
  readonly send: (byte: number) => typeof NOT_YET | void;
  /** The interrupt line, UARTINTR. Called only when the level changes. */
  readonly line: (level: boolean) => void;
  /** The guest has made room for input. Input that is given right here can be read with the next load. */
  readonly onRoom?: () => void;
  /**
   * The guest has cleared the receive interrupts with both of them masked. Linux's driver
   * does so at its start and then throws away what waits in the FIFO: the last moment for
   * the UART's `takeBack`.
   */
  readonly onReceiverCleared?: () => void;
  /** The guest has stored to UARTCR: what was there already, or else. @param value All of what it stored. @param size In how many bytes. */
  readonly onControl?: (isKept: boolean, value: number, size: number) => void;
  /** A register reads otherwise than before. Called at most once for an access, when it is done. */
  readonly onChange?: () => void;
  /** Resolves when output that was refused may be tried again. */
  readonly progress?: () => Promise<void>;
  /** For the receive timeout. */
  readonly timer?: Timer;
}
