/** The kinds of arm64 CPU, by MIDR_EL1's implementer and part number (Linux arch/arm64/include/asm/cputype.h). */

const ARM = 0x41;
const CAVIUM = 0x43;
const FUJITSU = 0x46;
const HISILICON = 0x48;
const NVIDIA = 0x4e;
const QUALCOMM = 0x51;
const APPLE = 0x61;
const AMPERE = 0xc0;

/** Names by implementer, then by part number. */
const names: Record<number, Record<number, string>> = {
  [ARM]: {
    0xd03: "Cortex-A53",
    0xd04: "Cortex-A35",
    0xd05: "Cortex-A55",
    0xd07: "Cortex-A57",
    0xd08: "Cortex-A72",
    0xd09: "Cortex-A73",
    0xd0a: "Cortex-A75",
    0xd0b: "Cortex-A76",
    0xd0c: "Neoverse-N1",
    0xd0d: "Cortex-A77",
    0xd0e: "Cortex-A76AE",
    0xd40: "Neoverse-V1",
    0xd41: "Cortex-A78",
    0xd42: "Cortex-A78AE",
    0xd44: "Cortex-X1",
    0xd46: "Cortex-A510",
    0xd47: "Cortex-A710",
    0xd48: "Cortex-X2",
    0xd49: "Neoverse-N2",
    0xd4b: "Cortex-A78C",
    0xd4c: "Cortex-X1C",
    0xd4d: "Cortex-A715",
    0xd4e: "Cortex-X3",
    0xd4f: "Neoverse-V2",
    0xd80: "Cortex-A520",
    0xd81: "Cortex-A720",
    0xd82: "Cortex-X4",
    0xd83: "Neoverse-V3AE",
    0xd84: "Neoverse-V3",
    0xd85: "Cortex-X925",
    0xd87: "Cortex-A725",
    0xd89: "Cortex-A720AE",
    0xd8e: "Neoverse-N3",
  },
  [CAVIUM]: { 0x0a1: "ThunderX", 0x0af: "ThunderX2" },
  [FUJITSU]: { 0x001: "A64FX" },
  [HISILICON]: { 0xd01: "TSV110" },
  [NVIDIA]: { 0x003: "Denver", 0x004: "Carmel" },
  [QUALCOMM]: {
    0x200: "Kryo",
    0x800: "Kryo 2xx Gold",
    0x801: "Kryo 2xx Silver",
    0x802: "Kryo 3xx Gold",
    0x803: "Kryo 3xx Silver",
    0x804: "Kryo 4xx Gold",
    0x805: "Kryo 4xx Silver",
  },
  [APPLE]: {
    0x022: "M1 Icestorm",
    0x023: "M1 Firestorm",
    0x024: "M1 Pro Icestorm",
    0x025: "M1 Pro Firestorm",
    0x028: "M1 Max Icestorm",
    0x029: "M1 Max Firestorm",
    0x032: "M2 Blizzard",
    0x033: "M2 Avalanche",
    0x034: "M2 Pro Blizzard",
    0x035: "M2 Pro Avalanche",
    0x038: "M2 Max Blizzard",
    0x039: "M2 Max Avalanche",
  },
  [AMPERE]: { 0xac3: "Ampere-1", 0xac4: "Ampere-1A" },
};

/** A kind of CPU. */
export interface CpuKind {
  /** MIDR_EL1.Implementer. */
  readonly implementer: number;
  /** MIDR_EL1.PartNum. */
  readonly part: number;
}

/** The kind's name, such as `Cortex-A76`. */
export function cpuKindName({ implementer, part }: CpuKind): string {
  const hex = (value: number) => `0x${value.toString(16)}`;
  return names[implementer]?.[part] ?? `implementer ${hex(implementer)}, part ${hex(part)}`;
}
