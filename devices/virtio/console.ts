/** The virtio console (virtio 1.2, section 5.3): a terminal for the guest, whose bytes come and go by whole buffers. */

import { type Console, DATA } from "../console.ts";
import { Input, Output } from "./console_port.ts";
import type { VirtioDevice, VirtioHost } from "./device.ts";
import type { SplitQueue } from "./split_queue.ts";

/** The type's number. */
const VIRTIO_ID_CONSOLE = 3;

// Feature bits (5.3.3). A terminal is one port: VIRTIO_CONSOLE_F_MULTIPORT (1), and with it the queues for control messages, is not offered.
export const VIRTIO_CONSOLE_F_SIZE = 0;
export const VIRTIO_CONSOLE_F_EMERG_WRITE = 2;

// The port's queues (5.3.2).
export const RECEIVEQ = 0;
export const TRANSMITQ = 1;

// Offsets in the configuration space (5.3.4). Between them is the number of ports, for VIRTIO_CONSOLE_F_MULTIPORT.
const COLS = 0;
const ROWS = 2;
const EMERG_WR = 8;
const CONFIG_SIZE = 12;

const QUEUE_SIZE = 64;
/** The most that a window's side can be said to have. */
const MOST_CHARACTERS = 0xffff;

/** A terminal for the guest, between the host's console and a driver's buffers. */
export class VirtioConsole implements VirtioDevice {
  /** For messages and statistics. */
  readonly name = "virtio-console";
  /** The console device's number. */
  readonly deviceId: number = VIRTIO_ID_CONSOLE;
  /** The window's size, and output without a queue. */
  readonly features: readonly number[] = [VIRTIO_CONSOLE_F_SIZE, VIRTIO_CONSOLE_F_EMERG_WRITE];
  /** One queue for input and one for output. */
  readonly queueSizes: readonly number[] = [QUEUE_SIZE, QUEUE_SIZE];
  /** The window's size, 0 by 0 as long as nobody knows it (5.3.4). */
  readonly config: Uint8Array<ArrayBuffer> = new Uint8Array(CONFIG_SIZE);
  readonly #console: Console;
  readonly #input: Input;
  readonly #output: Output;
  #host?: VirtioHost;

  /** A terminal that has shown nothing. @param console Where the guest's output goes, and its input comes from. */
  constructor(console: Console) {
    this.#console = console;
    this.#input = new Input(console, RECEIVEQ);
    this.#output = new Output(console, TRANSMITQ);
  }

  /** Whether output waits for the host to take some. */
  get isBusy(): boolean {
    return this.#output.isWaiting;
  }

  /** Says how large the window is, in characters. */
  resize(columns: number, rows: number): void {
    const view = new DataView(this.config.buffer);
    view.setUint16(COLS, Math.min(columns, MOST_CHARACTERS), true);
    view.setUint16(ROWS, Math.min(rows, MOST_CHARACTERS), true);
    this.#tellSize();
  }

  /** Passes on what there is, and from now on what comes. */
  start(host: VirtioHost): void {
    this.#host = host;
    this.#output.start(host);
    this.#input.start(host);
    // Linux looks at the size when it is told of a change, not before.
    if (this.config.some((byte) => byte !== 0)) this.#tellSize();
  }

  /** Passes on what has come. */
  notify(_queue: SplitQueue, index: number): void {
    if (index === RECEIVEQ) this.#input.work();
    else this.#output.work();
  }

  /** Output for emergencies: a byte, from a driver that need not have set anything up (5.3.5). Nothing can make it wait, so without room the byte is lost. */
  writeConfig(offset: number, _size: number, value: number): void {
    if (offset === EMERG_WR) this.#console.write(DATA, 1, value & 0xff);
  }

  /** Passes nothing more on. Input that the guest has not got stays where it is. */
  stop(): void {
    this.#host = undefined;
    this.#output.stop();
    this.#input.stop();
  }

  #tellSize(): void {
    if (this.#host?.features.has(VIRTIO_CONSOLE_F_SIZE)) this.#host.configChanged();
  }
}
