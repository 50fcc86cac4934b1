/** What connects a device's registers with its virtual machine, so that neither loads nor the stores that come often are exits. */

/** A transport's connections. */
export interface Wires {
  /** Raises the device's interrupt: an edge, which the driver has to be told of in the device tree. */
  interrupt(): void;
  /**
   * Whether the driver has acknowledged INT_USED_BUFFER since this was last asked,
   * by stores that were no exits.
   */
  takeAcknowledged(): boolean;
  /** Where the guest sees the registers as memory that it can only read; nowhere, if loads are exits. */
  readonly window?: Uint8Array<ArrayBufferLike>;
  /** Some of the window's bytes have been changed: the guest is to see them now. */
  show(bytes: Uint8Array<ArrayBufferLike>): void;
}
