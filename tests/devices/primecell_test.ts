/** Tests how PrimeCells say what they are. */

import { assertEquals } from "@std/assert";
import { Pl011 } from "../../devices/pl011.ts";
import { Pl031 } from "../../devices/pl031.ts";
import { Pl061 } from "../../devices/pl061.ts";
import { PrimecellId } from "../../devices/primecell.ts";

/** PeriphID0 to 3 and PCellID0 to 3. */
const OFFSETS = [0xfe0, 0xfe4, 0xfe8, 0xfec, 0xff0, 0xff4, 0xff8, 0xffc];

const line = () => {};
const cells = [
  ["Pl011", new Pl011({ send: () => {}, line }), [0x11, 0x10, 0x34, 0x00]],
  ["Pl031", new Pl031({ line }), [0x31, 0x10, 0x14, 0x00]],
  ["Pl061", new Pl061(line), [0x61, 0x10, 0x04, 0x00]],
] as const;

for (const [name, device, peripheral] of cells) {
  for (const size of [1, 2, 4]) {
    Deno.test(`${name}.read of ${size} bytes gives the identification registers`, () => {
      const bytes = OFFSETS.map((offset) => device.read(offset, size));
      assertEquals(bytes, [...peripheral, 0x0d, 0xf0, 0x05, 0xb1]);
    });
  }

  Deno.test(`${name}.write leaves the identification registers alone`, () => {
    const read = () => OFFSETS.map((offset) => device.read(offset, 4));
    const before = read();
    for (const offset of OFFSETS) device.write(offset, 4, 0xffff_ffff);
    assertEquals(read(), before);
  });
}

Deno.test("PrimecellId spells the number that drivers match, designer and revision included", () => {
  const id = new PrimecellId(0xabc, 0xd);
  const number = OFFSETS.slice(0, 4).reduce((all, at, i) => all + id.read(at) * 2 ** (8 * i), 0);
  assertEquals([number, id.number], [0x00d4_1abc, 0x00d4_1abc]);
});

for (const offset of [0, -4, 0xfdc, 0xfe1, 0xfe2, 0xfff, 0x1000]) {
  Deno.test(`PrimecellId.read gives 0 at offset ${offset}, where it has no register`, () => {
    assertEquals(new PrimecellId(0x011, 3).read(offset), 0);
  });
}
