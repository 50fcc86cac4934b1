/** Tests what a driver learns of a device's interrupts. */

import { assertEquals } from "@std/assert";
import { InterruptStatus } from "../../../devices/virtio/interrupt_status.ts";
import {
  INT_CONFIG_CHANGE,
  INT_USED_BUFFER,
  INTERRUPT_STATUS,
} from "../../../devices/virtio/spec.ts";

/** A status with a window, and a driver that acknowledges without exits. */
function setUp() {
  const window = new Uint8Array(0x200);
  const told: string[] = [];
  const driver = { hasAcknowledged: false };
  const status = new InterruptStatus({
    window,
    interrupt: () => void told.push(`interrupt, ${window[INTERRUPT_STATUS]}`),
    takeAcknowledged: () => [driver.hasAcknowledged, driver.hasAcknowledged = false][0]!,
    show: () => void told.push(`show ${window[INTERRUPT_STATUS]}`),
  });
  return { status, told, driver };
}

Deno.test("InterruptStatus shows why before it interrupts, and no more when that is acknowledged", () => {
  const { status, told, driver } = setUp();
  status.raise(INT_USED_BUFFER);
  assertEquals(status.bits, 1);
  driver.hasAcknowledged = true;
  assertEquals(status.bits, 0);
  assertEquals(told, ["show 1", "interrupt, 1", "show 0"]);
});

Deno.test("InterruptStatus shows nothing anew while one interrupt follows the other", () => {
  const { status, told, driver } = setUp();
  status.raise(INT_USED_BUFFER);
  driver.hasAcknowledged = true;
  status.raise(INT_USED_BUFFER);
  assertEquals(told, ["show 1", "interrupt, 1", "interrupt, 1"]);
  // The second one has not been acknowledged.
  assertEquals(status.bits, 1);
});

Deno.test("InterruptStatus keeps what an acknowledgement is not about", () => {
  const { status, driver } = setUp();
  status.raise(INT_USED_BUFFER);
  status.raise(INT_CONFIG_CHANGE);
  assertEquals(status.bits, 3);
  driver.hasAcknowledged = true;
  assertEquals(status.bits, 2);
  status.acknowledge(INT_CONFIG_CHANGE);
  assertEquals(status.bits, 0);
});

Deno.test("InterruptStatus does not take what was acknowledged before it was cleared for what comes after", () => {
  const { status, driver } = setUp();
  status.raise(INT_USED_BUFFER);
  driver.hasAcknowledged = true;
  status.clear();
  status.raise(INT_USED_BUFFER);
  assertEquals(status.bits, 1);
});
