/** The connections of a device under test, whose driver stores and loads by exits only. */

import type { Wires } from "../../../devices/virtio/wires.ts";

/** @param interrupt Called for each interrupt. */
export function wiresTo(interrupt: () => void): Wires {
  return { interrupt, takeAcknowledged: () => false, show() {} };
}
