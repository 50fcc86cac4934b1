/** The nodes of the virt machine's device tree that are devices on the bus. */

import { type DeviceTreeNode, type DeviceTreeProperty, node } from "../boot/device_tree.ts";
import { empty, phandle, string, stringlist, u32 } from "../boot/device_tree_values.ts";
import { PL011_ID } from "../devices/pl011_words.ts";
import { PL031_ID } from "../devices/pl031.ts";
import { PL061_ID } from "../devices/pl061.ts";
import type { PrimecellId } from "../devices/primecell.ts";
import { PL011, PL031, PL061, type Place, POWER_KEY_LINE } from "./virt_layout.ts";
import {
  at,
  CLOCK_PHANDLE,
  GIC_SPI,
  GPIO_PHANDLE,
  interruptController,
  IRQ_TYPE_EDGE_RISING,
  IRQ_TYPE_LEVEL_HIGH,
  reg,
} from "./virt_tree_node.ts";

/** A virtio device's registers and interrupt. */
export interface VirtioMmioPlace extends Place {
  /** `IRQ_TYPE_…`; {@linkcode IRQ_TYPE_EDGE_RISING} unless given. */
  readonly trigger?: number;
}

/** Of the PL011, by which a driver would set its baud rate, and of the registers of all PrimeCells. In hertz. */
const APB_CLOCK_FREQUENCY = 24_000_000;
/** Linux include/uapi/linux/input-event-codes.h. */
const KEY_POWER = 116;
/** The flags of a GPIO line that is high while its key is down (Linux include/dt-bindings/gpio/gpio.h). */
const GPIO_ACTIVE_HIGH = 0;

/** The path of the PL011's node. */
export const PL011_PATH = `/${at("pl011", PL011)}`;

/** The clock of all PrimeCells (Linux Documentation/devicetree/bindings/clock/fixed-clock.yaml). */
export function clockNode(): DeviceTreeNode {
  return node("apb-pclk", [
    ["compatible", string("fixed-clock")],
    ["#clock-cells", u32(0)],
    ["clock-frequency", u32(APB_CLOCK_FREQUENCY)],
    ["clock-output-names", string("clk24mhz")],
    ["phandle", phandle(CLOCK_PHANDLE)],
  ]);
}

/** The serial port (Linux Documentation/devicetree/bindings/serial/pl011.yaml). */
export function pl011Node(): DeviceTreeNode {
  return primeCell("pl011", PL011, PL011_ID, ["uartclk", "apb_pclk"]);
}

/** The real-time clock (Linux Documentation/devicetree/bindings/rtc/arm,pl031.yaml). */
export function pl031Node(): DeviceTreeNode {
  return primeCell("pl031", PL031, PL031_ID, ["apb_pclk"]);
}

/** The GPIO lines, one of which is the power key's (Linux Documentation/devicetree/bindings/gpio/pl061-gpio.yaml). */
export function pl061Node(): DeviceTreeNode {
  return primeCell("pl061", PL061, PL061_ID, ["apb_pclk"], [
    ["gpio-controller", empty],
    ["#gpio-cells", u32(2)],
    ...interruptController(2, GPIO_PHANDLE),
    ["#address-cells", u32(0)],
  ]);
}

/**
 * A PrimeCell of Arm (Linux Documentation/devicetree/bindings/arm/primecell.yaml).
 *
 * @param id What its registers say it is: a driver that is told need not read them, each with an exit.
 * @param clocks What it calls its clocks.
 */
function primeCell(
  name: string,
  place: Place,
  id: PrimecellId,
  clocks: readonly string[],
  more: readonly DeviceTreeProperty[] = [],
): DeviceTreeNode {
  return node(at(name, place), [
    ["compatible", stringlist(`arm,${name}`, "arm,primecell")],
    ["arm,primecell-periphid", u32(id.number)],
    ["reg", reg(place)],
    ["interrupts", u32(GIC_SPI, place.spi, IRQ_TYPE_LEVEL_HIGH)],
    ["clocks", u32(...clocks.map(() => CLOCK_PHANDLE))],
    ["clock-names", stringlist(...clocks)],
    ...more,
  ]);
}

/** The power key (Linux Documentation/devicetree/bindings/input/gpio-keys.yaml). */
export function gpioKeysNode(): DeviceTreeNode {
  return node("gpio-keys", [["compatible", string("gpio-keys")]], [
    node("power-key", [
      ["label", string("Power")],
      ["linux,code", u32(KEY_POWER)],
      ["gpios", u32(GPIO_PHANDLE, POWER_KEY_LINE, GPIO_ACTIVE_HIGH)],
    ]),
  ]);
}

/** A virtio device (Linux Documentation/devicetree/bindings/virtio/mmio.yaml). */
export function virtioMmioNode(place: VirtioMmioPlace): DeviceTreeNode {
  const { spi, trigger = IRQ_TYPE_EDGE_RISING } = place;
  return node(at("virtio_mmio", place), [
    ["compatible", string("virtio,mmio")],
    ["reg", reg(place)],
    ["interrupts", u32(GIC_SPI, spi, trigger)],
    ["dma-coherent", empty],
  ]);
}
