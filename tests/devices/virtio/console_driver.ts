/** A virtio console with a driver's queues, an output that can be held up, and a keyboard. */

import { Console, type Reader, type Writer } from "../../../devices/console.ts";
import type { VirtioHost } from "../../../devices/virtio/device.ts";
import * as vc from "../../../devices/virtio/console.ts";
import { SplitQueue } from "../../../devices/virtio/split_queue.ts";
import type { GuestMemory } from "../../../vm/guest_memory.ts";
import { bytesOf } from "../../streams.ts";
import { DriverQueue, guestMemory, type Piece, RAM } from "./driver_queue.ts";

export const SIZE = 64;
export const BUFFER = RAM.base + 0x1_0000;
/** How much the host's console holds back for an output that takes nothing. */
export const BLOCK = 64 * 1024;

/** An output that takes nothing while it is held up. */
export class Output implements Writer {
  readonly #blocks: Uint8Array[] = [];
  #gate = Promise.withResolvers<void>();

  constructor(isHeldUp: boolean) {
    if (!isHeldUp) this.release();
  }

  async write(bytes: Uint8Array): Promise<number> {
    await this.#gate.promise;
    this.#blocks.push(bytes.slice());
    return bytes.length;
  }

  release(): void {
    this.#gate.resolve();
  }

  get bytes(): Uint8Array {
    return new Uint8Array(this.#blocks.flatMap((block) => [...block]));
  }

  get text(): string {
    return new TextDecoder().decode(this.bytes);
  }
}

/** Input that comes when a test types, and its end. */
export class Keyboard implements Reader {
  /** How often somebody has asked. */
  reads = 0;
  #typed: (Uint8Array | null)[] = [];
  #bell = Promise.withResolvers<void>();

  type(keys: string | Uint8Array | null): void {
    this.#typed.push(typeof keys === "string" ? bytesOf(keys) : keys);
    this.#bell.resolve();
  }

  async read(room: Uint8Array): Promise<number | null> {
    this.reads++;
    while (this.#typed.length === 0) {
      this.#bell = Promise.withResolvers();
      await this.#bell.promise;
    }
    const bytes = this.#typed.shift()!;
    if (bytes === null) return null;
    const fitting = bytes.subarray(0, room.length);
    if (fitting.length < bytes.length) this.#typed.unshift(bytes.subarray(fitting.length));
    room.set(fitting);
    return fitting.length;
  }
}

/** Counts who waits for room. */
class CountingConsole extends Console {
  waits = 0;
  asks = 0;

  override room(): Promise<void> {
    this.waits++;
    return super.room();
  }

  override ask(): Promise<boolean> {
    this.asks++;
    return super.ask();
  }
}

interface Options {
  readonly isHeldUp?: boolean;
  readonly features?: number[];
  readonly eventIdx?: boolean;
  readonly onOutput?: (byte: number) => boolean;
}

/** A device that has not been started, and its driver. */
export function setUp(options: Options = {}) {
  const { isHeldUp = false, features = [vc.VIRTIO_CONSOLE_F_SIZE], eventIdx = false } = options;
  const memory = guestMemory();
  const output = new Output(isHeldUp);
  const keyboard = new Keyboard();
  const console = new CountingConsole(output, keyboard, options.onOutput);
  const device = new vc.VirtioConsole(console);
  const told: string[] = [];
  /** Queues as at first, as after a reset. */
  const connect = () => {
    const common = { size: SIZE, indirect: true, eventIdx };
    const drivers = [RAM.base, RAM.base + 0x2000].map((desc) => {
      memory.bytes(desc, 0x2000).fill(0);
      return new DriverQueue(memory, { ...common, desc });
    });
    const queues: (SplitQueue | undefined)[] = drivers.map(({ setup }) =>
      new SplitQueue(memory, setup)
    );
    const host: VirtioHost = {
      features: new Set(features),
      queues,
      used: (queue) => void (queue.wantsInterrupt() && told.push(`used ${queues.indexOf(queue)}`)),
      again: (queue) => told.push(`again ${queues.indexOf(queue)}`),
      configChanged: () => told.push("config"),
      needsReset: (why) => told.push(why),
    };
    const [receive, transmit] = drivers as [DriverQueue, DriverQueue];
    const notify = (index: number) => device.notify(queues[index]!, index);
    return { host, queues, receive, transmit, notify };
  };
  return { memory, output, keyboard, console, device, told, connect, ...connect() };
}

export const into = (length: number, address = BUFFER): Piece => ({
  address,
  length,
  isWritable: true,
});
export const from = (length: number, address = BUFFER): Piece => ({ address, length });

/** Guest memory as text. */
export function text(memory: GuestMemory, address: number, length: number): string {
  return new TextDecoder().decode(memory.bytes(address, length).slice());
}

/** Lets promises and what waits for them come to an end. */
export const settled = () => new Promise((resolve) => setTimeout(resolve, 1));
