/** ELF files: their headers, checked (System V ABI, "Object Files" and "Program Loading"). */

import { type GuestFile, GuestFileError } from "./guest_file.ts";

/** Where a program may go. */
export interface Room {
  /** The lowest guest physical address. */
  readonly start: number;
  /** The address behind the last. */
  readonly end: number;
}

/** A part of the file that goes into memory; numbers of bytes and addresses. */
export interface Segment {
  readonly offset: number;
  readonly virtAddr: bigint;
  readonly physAddr: number;
  readonly fileSize: number;
  readonly memorySize: number;
}

/** What goes into memory, and where: guest physical addresses. */
export interface ElfProgram extends Room {
  readonly segments: readonly Segment[];
  /** The first instruction. */
  readonly entry: number;
}

const ELFCLASS64 = 2;
const ELFDATA2LSB = 1;
const ET_EXEC = 2;
const ET_DYN = 3;
const EM_AARCH64 = 183;
const PT_LOAD = 1;
const HEADER_SIZE = 64;
const PROGRAM_HEADER_SIZE = 56;
/** Where an arm64 kernel's virtual addresses begin, at the latest. */
const KERNEL_ADDRESSES = 1n << 63n;

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

const hex = (address: number) => `0x${address.toString(16)}`;

/** What to do about an ELF file of another type. */
const types: Record<number, (start: string) => string> = {
  1: (start) => `is not linked yet: aarch64-linux-gnu-ld -Ttext=${start}`,
  [ET_DYN]: (start) => `would have to be relocated: link it with -no-pie, at ${start}`,
  4: () => "is a core dump",
};

/** Reads the tables of one file. */
class ElfReader {
  readonly #file: GuestFile;
  readonly #header: DataView;

  constructor(file: GuestFile) {
    this.#file = file;
    this.#header = this.#read(0, HEADER_SIZE);
  }

  /** The error that this file is. */
  error(what: string): GuestFileError {
    return new GuestFileError(`${this.#file.name} ${what}`);
  }

  /** @param start Where a program could be linked. */
  checkHeader(start: number): void {
    const machine = this.#header.getUint16(18, true);
    if (
      this.#header.getUint8(4) !== ELFCLASS64 || this.#header.getUint8(5) !== ELFDATA2LSB ||
      machine !== EM_AARCH64
    ) {
      throw this.error(
        `is a program for ${machines[machine] ?? `machine ${machine}`}, not for arm64`,
      );
    }
    const type = this.#header.getUint16(16, true);
    if (type === ET_EXEC) return;
    if (type === ET_DYN && this.entry >= KERNEL_ADDRESSES) throw this.#isVmlinux();
    throw this.error(`is an ELF file that ${types[type]?.(hex(start)) ?? "is no program"}`);
  }

  /** The first instruction's virtual address. */
  get entry(): bigint {
    return this.#header.getBigUint64(24, true);
  }

  /** What goes into memory. */
  segments(): Segment[] {
    const start = this.#number(this.#header, 32), size = this.#header.getUint16(54, true);
    const count = this.#header.getUint16(56, true);
    if (
      count > 0 && (size < PROGRAM_HEADER_SIZE || count * size > this.#file.size - start)
    ) {
      throw this.error("is an ELF file that is cut off");
    }
    return Array.from({ length: count }, (_, i) => this.#read(start + i * size, size))
      .filter((header) => header.getUint32(0, true) === PT_LOAD)
      .map((header) => this.#segment(header))
      .filter(({ memorySize }) => memorySize > 0);
  }

  #segment(header: DataView): Segment {
    const physAddr = header.getBigUint64(24, true);
    if (physAddr >= KERNEL_ADDRESSES) throw this.#isVmlinux();
    const segment = {
      offset: this.#number(header, 8),
      virtAddr: header.getBigUint64(16, true),
      physAddr: this.#number(header, 24),
      fileSize: this.#number(header, 32),
      memorySize: this.#number(header, 40),
    };
    if (segment.fileSize > this.#file.size - segment.offset) {
      throw this.error("is an ELF file that is cut off");
    }
    if (segment.fileSize > segment.memorySize) throw this.error("is an ELF file that is damaged");
    return segment;
  }

  #isVmlinux(): GuestFileError {
    return this.error(
      "has no physical addresses, as is usual for vmlinux; give the kernel's arch/arm64/boot/Image",
    );
  }

  #read(at: number, length: number): DataView {
    const bytes = new Uint8Array(length);
    if (this.#file.readAt(bytes, at) === length) return new DataView(bytes.buffer);
    throw this.error("is an ELF file that is cut off");
  }

  /** A u64 that is exact as a number, as any address or size that makes sense. */
  #number(view: DataView, at: number): number {
    const value = view.getBigUint64(at, true);
    if (value <= Number.MAX_SAFE_INTEGER) return Number(value);
    throw this.error("is an ELF file that is damaged");
  }
}

/**
 * Reads what an ELF file puts into memory.
 *
 * A linker that is told where code goes puts the file's headers before it,
 * where there may be no memory: that part is left out.
 *
 * @throws {GuestFileError} if it is no program for arm64, damaged, or does not fit.
 */
export function readElf(file: GuestFile, room: Room): ElfProgram {
  const elf = new ElfReader(file);
  elf.checkHeader(room.start);
  const segments = elf.segments().map((segment) => withoutHeaders(segment, room.start));
  if (segments.length === 0) throw elf.error("is an ELF file with nothing to load");
  const start = Math.min(...segments.map(({ physAddr }) => physAddr));
  const end = Math.max(...segments.map(({ physAddr, memorySize }) => physAddr + memorySize));
  if (start < room.start || end > room.end) {
    throw elf.error(
      `goes from ${hex(start)} to ${hex(end - 1)}, and RAM is from ${hex(room.start)} to ` +
        `${hex(room.end - 1)}`,
    );
  }
  const total = segments.reduce((sum, { memorySize }) => sum + memorySize, 0);
  if (total > end - start) throw elf.error("is an ELF file of parts that overlap");
  const home = segments.find(({ virtAddr, memorySize }) =>
    elf.entry >= virtAddr && elf.entry < virtAddr + BigInt(memorySize)
  );
  if (home === undefined) throw elf.error("is an ELF file that starts where nothing is loaded");
  return { segments, start, end, entry: Number(elf.entry - home.virtAddr) + home.physAddr };
}

/** A segment that begins with the file's headers, without what would lie below memory. */
function withoutHeaders(segment: Segment, start: number): Segment {
  const below = start - segment.physAddr;
  if (segment.offset !== 0 || below <= 0 || below >= segment.fileSize) return segment;
  return {
    offset: segment.offset + below,
    virtAddr: segment.virtAddr + BigInt(below),
    physAddr: segment.physAddr + below,
    fileSize: segment.fileSize - below,
    memorySize: segment.memorySize - below,
  };
}
