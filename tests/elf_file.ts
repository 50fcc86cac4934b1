/** Writes small ELF files (System V ABI, "Object Files"). */

/** A part that goes into memory. */
export interface ElfSegment {
  /** The physical address, and the virtual one if that is another. */
  readonly address: number;
  readonly virtAddr?: number;
  readonly bytes: Uint8Array;
  /** As many as there are bytes unless given. */
  readonly memorySize?: number;
}

/** A file; an arm64 program unless told otherwise. */
export interface ElfFile {
  readonly entry: number;
  readonly segments: readonly ElfSegment[];
  /** Where memory would have the start of the file, which the first segment then has before its bytes. */
  readonly headersAt?: number;
  readonly machine?: number;
  readonly type?: number;
  readonly elfClass?: number;
}

const HEADER_SIZE = 64;
const PROGRAM_HEADER_SIZE = 56;
const PT_LOAD = 1;

export function elfFile(
  { entry, segments, headersAt, machine = 183, type = 2, elfClass = 2 }: ElfFile,
): Uint8Array<ArrayBuffer> {
  const tableEnd = HEADER_SIZE + segments.length * PROGRAM_HEADER_SIZE;
  // A linker keeps a file's offsets and addresses in step.
  const start = headersAt === undefined ? tableEnd : segments[0]!.address - headersAt;
  const bytes = new Uint8Array(segments.reduce((sum, one) => sum + one.bytes.length, start));
  const view = new DataView(bytes.buffer);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, elfClass, 1, 1]);
  view.setUint16(16, type, true);
  view.setUint16(18, machine, true);
  view.setUint32(20, 1, true);
  const put = (at: number, value: number) => view.setBigUint64(at, BigInt(value), true);
  put(24, entry);
  put(32, HEADER_SIZE);
  view.setUint16(52, HEADER_SIZE, true);
  view.setUint16(54, PROGRAM_HEADER_SIZE, true);
  view.setUint16(56, segments.length, true);
  let offset = start;
  segments.forEach(({ address, virtAddr = address, bytes: contents, memorySize }, i) => {
    const at = HEADER_SIZE + i * PROGRAM_HEADER_SIZE;
    // The headers, if they are to be in memory, are the start of the first segment.
    const before = i === 0 && headersAt !== undefined ? offset : 0;
    view.setUint32(at, PT_LOAD, true);
    put(at + 8, offset - before);
    put(at + 16, virtAddr - before);
    put(at + 24, address - before);
    put(at + 32, contents.length + before);
    put(at + 40, (memorySize ?? contents.length) + before);
    bytes.set(contents, offset);
    offset += contents.length;
  });
  return bytes;
}
