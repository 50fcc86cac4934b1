/** ELF files: what they put into memory (System V ABI, "Object Files" and "Program Loading"). */

import { GuestFileError } from "./guest_file.ts";

/** A program as memory has it. */
export interface Program {
  /** Its bytes, from the lowest address to the highest; behind them may be more that is zero. */
  readonly program: Uint8Array<ArrayBuffer>;
  /** The guest physical address of the first of them. */
  readonly loadAddress: number;
  /** The guest physical address of the first instruction. */
  readonly entry: number;
}

/** Where a program may go. */
export interface Room {
  /** The lowest guest physical address. */
  readonly start: number;
  /** The address behind the last. */
  readonly end: number;
}

const ELFCLASS64 = 2;
const ELFDATA2LSB = 1;
const ET_EXEC = 2;
const EM_AARCH64 = 183;
const PT_LOAD = 1;
/** The most that is put together from parts. */
const MOST_BYTES = 2 ** 30;
const HEADER_SIZE = 64;
const PROGRAM_HEADER_SIZE = 56;

/** What a file is for, by its e_machine. */
const machines: Record<number, string> = {
  3: "32-bit x86",
  8: "MIPS",
  20: "PowerPC",
  21: "64-bit PowerPC",
  22: "S/390",
  40: "32-bit Arm",
  62: "x86-64",
  183: "an arm64 of the other byte order or word size",
  243: "RISC-V",
  258: "LoongArch",
};

/** What to do about an ELF file of another type. */
const types: Record<number, string> = {
  1: "is not linked yet: aarch64-linux-gnu-ld -Ttext=0x10000",
  3: "would have to be relocated: link it with -no-pie, at 0x10000",
  4: "is a core dump",
};

/** A part of the file that goes into memory; numbers of bytes and addresses. */
interface Segment {
  readonly offset: number;
  readonly virtAddr: number;
  readonly physAddr: number;
  readonly fileSize: number;
  readonly memorySize: number;
}

/** Reads the tables of one file. */
class ElfReader {
  readonly #name: string;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  constructor(name: string, bytes: Uint8Array) {
    this.#name = name;
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  /** The error that this file is. */
  error(what: string): GuestFileError {
    return new GuestFileError(`${this.#name} ${what}`);
  }

  checkHeader(): void {
    if (this.#bytes.length < HEADER_SIZE) throw this.error("is an ELF file that is cut off");
    const machine = this.#view.getUint16(18, true);
    if (
      this.#bytes[4] !== ELFCLASS64 || this.#bytes[5] !== ELFDATA2LSB || machine !== EM_AARCH64
    ) {
      throw this.error(
        `is a program for ${machines[machine] ?? `machine ${machine}`}, not for arm64`,
      );
    }
    const type = this.#view.getUint16(16, true);
    if (type !== ET_EXEC) {
      throw this.error(`is an ELF file that ${types[type] ?? "is no program"}`);
    }
  }

  /** The first instruction's virtual address. */
  get entry(): number {
    return this.#u64(24);
  }

  /** What goes into memory. */
  segments(): Segment[] {
    const start = this.#u64(32), size = this.#view.getUint16(54, true);
    const count = this.#view.getUint16(56, true);
    if (count > 0 && (size < PROGRAM_HEADER_SIZE || start + count * size > this.#bytes.length)) {
      throw this.error("is an ELF file that is cut off");
    }
    return Array.from({ length: count }, (_, i) => start + i * size)
      .filter((at) => this.#view.getUint32(at, true) === PT_LOAD)
      .map((at) => this.#segment(at))
      .filter(({ memorySize }) => memorySize > 0);
  }

  /** The bytes of a segment that are in the file. */
  contents({ offset, fileSize }: Segment): Uint8Array {
    return this.#bytes.subarray(offset, offset + fileSize);
  }

  #segment(at: number): Segment {
    const segment = {
      offset: this.#u64(at + 8),
      virtAddr: this.#u64(at + 16),
      physAddr: this.#u64(at + 24),
      fileSize: this.#u64(at + 32),
      memorySize: this.#u64(at + 40),
    };
    if (segment.offset + segment.fileSize > this.#bytes.length) {
      throw this.error("is an ELF file that is cut off");
    }
    if (segment.fileSize > segment.memorySize) throw this.error("is an ELF file that is damaged");
    return segment;
  }

  /** A u64, exact as far as any address or size can make sense. */
  #u64(at: number): number {
    return Number(this.#view.getBigUint64(at, true));
  }
}

/**
 * What an ELF file puts into memory, as one piece.
 *
 * A linker that is told where code goes puts the file's headers before it,
 * where there may be no memory: that part is left out.
 *
 * @param name The file's name, for messages.
 * @throws {GuestFileError} if it is no program for arm64, damaged, or does not fit.
 */
export function loadElf(name: string, bytes: Uint8Array, room: Room): Program {
  const elf = new ElfReader(name, bytes);
  elf.checkHeader();
  const segments = elf.segments().map((segment) => withoutHeaders(segment, room.start));
  if (segments.length === 0) throw elf.error("is an ELF file with nothing to load");
  const start = Math.min(...segments.map(({ physAddr }) => physAddr));
  const end = Math.max(...segments.map(({ physAddr, memorySize }) => physAddr + memorySize));
  if (start < room.start || end > room.end) {
    const hex = (address: number) => `0x${address.toString(16)}`;
    throw elf.error(
      `goes from ${hex(start)} to ${hex(end - 1)}, and RAM is from ${hex(room.start)} to ` +
        `${hex(room.end - 1)}`,
    );
  }
  const home = segments.find(({ virtAddr, memorySize }) =>
    elf.entry >= virtAddr && elf.entry < virtAddr + memorySize
  );
  if (home === undefined) throw elf.error("is an ELF file that starts where nothing is loaded");
  const loadAddress = start - start % 4;
  // Memory is zero already where the file has nothing.
  const fileEnd = Math.max(...segments.map(({ physAddr, fileSize }) => physAddr + fileSize));
  if (fileEnd - loadAddress > MOST_BYTES) throw elf.error("is an ELF file of parts far apart");
  const program = new Uint8Array(fileEnd - loadAddress);
  for (const segment of segments) {
    program.set(elf.contents(segment), segment.physAddr - loadAddress);
  }
  return { program, loadAddress, entry: elf.entry - home.virtAddr + home.physAddr };
}

/** A segment that begins with the file's headers, without what would lie below memory. */
function withoutHeaders(segment: Segment, start: number): Segment {
  const below = start - segment.physAddr;
  if (segment.offset !== 0 || below <= 0 || below >= segment.fileSize) return segment;
  return {
    offset: segment.offset + below,
    virtAddr: segment.virtAddr + below,
    physAddr: segment.physAddr + below,
    fileSize: segment.fileSize - below,
    memorySize: segment.memorySize - below,
  };
}
