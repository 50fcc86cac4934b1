/** What a device is to the bus: a block of registers at offsets from 0. */

/**
 * A device cannot answer an access yet; the guest's instruction waits, and the
 * same access comes again once the outside world has moved.
 */
export const NOT_YET: unique symbol = Symbol("not yet");

/** A device with memory-mapped registers. It never learns its address. */
export interface MmioDevice {
  /**
   * The guest loads from a register.
   *
   * @param offset The byte offset from the start of the device.
   * @param size 1, 2 or 4 bytes. A load of 8 bytes comes as two of 4, the low half first.
   * @returns The value, of which the low `size` bytes count, or {@linkcode NOT_YET}.
   */
  read(offset: number, size: number): number | typeof NOT_YET;
  /**
   * The guest stores to a register.
   *
   * @param offset The byte offset from the start of the device.
   * @param size 1, 2 or 4 bytes. A store of 8 bytes comes as two of 4, the low half first.
   * @param value An unsigned number of `size` bytes.
   * @returns {@linkcode NOT_YET}, or nothing.
   */
  write(offset: number, size: number, value: number): typeof NOT_YET | void;
  /** Resolves when an access that was answered with {@linkcode NOT_YET} may be tried again. */
  progress?(): Promise<void>;
}
