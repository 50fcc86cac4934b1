/** The CRC32 and CRC32C instructions (Arm ARM, C6.2 "CRC32B" and following). */

/** The polynomials, bit-reversed, as a CRC that takes the lowest bit first needs them. */
const POLYNOMIAL = 0xedb8_8320; // 0x04c1_1db7
const POLYNOMIAL_CASTAGNOLI = 0x82f6_3b78; // 0x1edc_6f41

function makeTable(polynomial: number): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, byte) => {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ polynomial : crc >>> 1;
    return crc;
  });
}

const table = makeTable(POLYNOMIAL);
const tableCastagnoli = makeTable(POLYNOMIAL_CASTAGNOLI);

/**
 * Adds bytes to a CRC.
 *
 * @param data The low and the high 32 bits of the data; `size` bytes of them count.
 */
export function crc32(
  crc: number,
  data: readonly [low: number, high: number],
  size: number,
  castagnoli: boolean,
): number {
  const by = castagnoli ? tableCastagnoli : table;
  for (let i = 0; i < size; i++) {
    const byte = (data[i >> 2]! >>> (8 * (i & 3))) & 0xff;
    crc = (crc >>> 8) ^ by[(crc ^ byte) & 0xff]!;
  }
  return crc >>> 0;
}
