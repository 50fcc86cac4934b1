/**
 * Where everything is in the tiny machine's guest physical address space.
 *
 * ```text
 * 0x0000_0000 ┌──────────────────────────┐
 *             │ device page              │ no memory: every access is MMIO
 *  0x996      │   console DATA           │
 *  0x997      │   console STATUS         │
 *  0xfc0      │   crash port             │ one word for each exception vector
 * 0x0000_1000 ├──────────────────────────┤
 *             │ (nothing)                │ free for devices of one's own
 * 0x0000_f000 ├──────────────────────────┤
 *             │ exception vectors        │ read-only; VBAR_EL1 at start
 * 0x0001_0000 ├──────────────────────────┤
 *             │ RAM                      │ 1 MiB unless told otherwise
 *             │   the program            │ loaded and entered at the start
 *             │   …                      │
 *             │   the stack              │ SP_EL1 starts at the end
 *             └──────────────────────────┘
 * ```
 *
 * @module
 */

/** The page of the devices that every tiny machine has. */
export const DEVICE_PAGE = { base: 0x0000, size: 0x1000 } as const;

/** The console's registers, in the device page. */
export const CONSOLE_BASE = 0x996;

/** Where Orchid's exception vectors load from, to tell the host about an exception. */
export const CRASH_PORT_BASE = 0xfc0;

/** The page of exception vectors that Orchid supplies. */
export const VECTOR_PAGE = { base: 0xf000, size: 0x1000 } as const;

/** Where RAM starts. */
export const RAM_BASE = 0x1_0000;

/** How much RAM there is unless told otherwise, in bytes. */
export const DEFAULT_RAM_SIZE = 0x10_0000;

/** RAM comes in pages of this size, in bytes. */
export const PAGE_SIZE = 0x1000;

/** The most RAM a tiny machine can have: what one shared WebAssembly.Memory holds (16 GiB), less a little for what is below RAM and behind it. */
export const MAX_RAM_SIZE = 16 * 2 ** 30 - 0x100_0000;
