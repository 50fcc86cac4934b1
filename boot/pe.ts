/** As much of the PE format as tells how long a file has to be (Microsoft, PE Format, "COFF File Header" and "Section Table"). Linux Images are EFI programs, too, and only that says so. */

/** "PE\0\0" */
const SIGNATURE = 0x0000_4550;
/** Where a file says where the signature is. */
const SIGNATURE_OFFSET = 0x3c;

/** Behind the signature. */
const NUMBER_OF_SECTIONS = 6;
const SIZE_OF_OPTIONAL_HEADER = 20;
const OPTIONAL_HEADER = 24;

const SECTION_SIZE = 40;
const SIZE_OF_RAW_DATA = 16;
const POINTER_TO_RAW_DATA = 20;

/**
 * Where the last section of an EFI program ends in its file, in bytes.
 *
 * @param head The file's first bytes.
 * @returns 0 where it is no such program, or its header is not all in `head`.
 */
export function peFileSize(head: Uint8Array): number {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const holds = (end: number) => end <= view.byteLength;
  if (!holds(SIGNATURE_OFFSET + 4)) return 0;
  const at = view.getUint32(SIGNATURE_OFFSET, true);
  if (!holds(at + OPTIONAL_HEADER) || view.getUint32(at, true) !== SIGNATURE) return 0;
  const count = view.getUint16(at + NUMBER_OF_SECTIONS, true);
  const first = at + OPTIONAL_HEADER + view.getUint16(at + SIZE_OF_OPTIONAL_HEADER, true);
  if (!holds(first + count * SECTION_SIZE)) return 0;
  const ends = Array.from({ length: count }, (_, i) => {
    const section = first + i * SECTION_SIZE;
    const size = view.getUint32(section + SIZE_OF_RAW_DATA, true);
    return size === 0 ? 0 : view.getUint32(section + POINTER_TO_RAW_DATA, true) + size;
  });
  return Math.max(0, ...ends);
}
