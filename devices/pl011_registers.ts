/** The PL011's registers: offsets, bits, reset values (Arm DDI 0183G, Table 3-1 and section 3.3). */

/** RW. A load takes a received character with its errors, a store sends one. */
export const UARTDR = 0x000;
/** RO. The errors of the character that was read last. */
export const UARTRSR = 0x004;
/** WO. A store of anything clears the errors in UARTRSR, whose offset it has. */
export const UARTECR = 0x004;
/** RO. Flags. */
export const UARTFR = 0x018;
/** RW. IrDA low-power divisor, which is kept and does nothing. */
export const UARTILPR = 0x020;
/** RW. Integer part of the baud rate divisor, which is kept and does nothing. */
export const UARTIBRD = 0x024;
/** RW. Its fractional part, in 64ths. */
export const UARTFBRD = 0x028;
/** RW. Line control. */
export const UARTLCR_H = 0x02c;
/** RW. Control. */
export const UARTCR = 0x030;
/** RW. At which fill levels the FIFOs interrupt. */
export const UARTIFLS = 0x034;
/** RW. Which interrupts reach the line. */
export const UARTIMSC = 0x038;
/** RO. Interrupts as they are. */
export const UARTRIS = 0x03c;
/** RO. Interrupts that UARTIMSC lets through. */
export const UARTMIS = 0x040;
/** WO. Clears the interrupts whose bits are 1. */
export const UARTICR = 0x044;
/** RW. DMA control, which is kept and does nothing. */
export const UARTDMACR = 0x048;

/** UARTDR: the character. */
export const DR_DATA = 0xff;
/** UARTDR: a break was received. */
export const DR_BE = 1 << 10;
/** UARTDR: characters between the last one and this one were lost. */
export const DR_OE = 1 << 11;
/** UARTDR: the lowest of its four error bits, which stand in the same order in UARTRSR. */
export const DR_ERRORS_SHIFT = 8;
/** UARTRSR: characters were lost. */
export const RSR_OE = 1 << 3;

/** UARTFR: clear to send. */
export const FR_CTS = 1 << 0;
/** UARTFR: data set ready. */
export const FR_DSR = 1 << 1;
/** UARTFR: data carrier detect. */
export const FR_DCD = 1 << 2;
/** UARTFR: the receive FIFO is empty. */
export const FR_RXFE = 1 << 4;
/** UARTFR: the receive FIFO is full. */
export const FR_RXFF = 1 << 6;
/** UARTFR: the transmit FIFO is empty. */
export const FR_TXFE = 1 << 7;
/** UARTFR: ring indicator. */
export const FR_RI = 1 << 8;

/** UARTLCR_H: send a break. */
export const LCR_H_BRK = 1 << 0;
/** UARTLCR_H: FIFOs rather than holding registers for one character. */
export const LCR_H_FEN = 1 << 4;
/** UARTLCR_H: words of 8 bits. */
export const LCR_H_WLEN_8 = 3 << 5;

/** UARTCR: the UART is enabled. */
export const CR_UARTEN = 1 << 0;
/** UARTCR: what is sent is received. */
export const CR_LBE = 1 << 7;
/** UARTCR: the transmitter is enabled. */
export const CR_TXE = 1 << 8;
/** UARTCR: the receiver is enabled. */
export const CR_RXE = 1 << 9;
/** UARTCR: data transmit ready. */
export const CR_DTR = 1 << 10;
/** UARTCR: request to send. */
export const CR_RTS = 1 << 11;
/** UARTCR: the modem output Out1. */
export const CR_OUT1 = 1 << 12;
/** UARTCR: the modem output Out2. */
export const CR_OUT2 = 1 << 13;

/** UARTIFLS: the lowest bit of the receive FIFO's level, an index into {@linkcode RECEIVE_LEVELS}. */
export const IFLS_RXIFLSEL_SHIFT = 3;

/** UARTIMSC, UARTRIS, UARTMIS, UARTICR: the ring indicator changed. */
export const INT_RIM = 1 << 0;
/** Clear to send changed. */
export const INT_CTSM = 1 << 1;
/** Data carrier detect changed. */
export const INT_DCDM = 1 << 2;
/** Data set ready changed. */
export const INT_DSRM = 1 << 3;
/** The receive FIFO has reached its level. */
export const INT_RX = 1 << 4;
/** The transmit FIFO has fallen to its level. */
export const INT_TX = 1 << 5;
/** Characters wait, and no more have come for a while. */
export const INT_RT = 1 << 6;
/** A break was received. */
export const INT_BE = 1 << 9;
/** Characters were lost. */
export const INT_OE = 1 << 10;

/** How many characters a FIFO holds: 32 since release r1p5. */
export const FIFO_DEPTH = 32;
/** With how many characters the receive FIFO interrupts: 1/8, 1/4, 1/2, 3/4, 7/8 of it, then reserved values. */
export const RECEIVE_LEVELS = [4, 8, 16, 24, 28, 28, 28, 28] as const;

/** What a guest can set in each register that it can both read and write. */
export const WRITABLE: ReadonlyMap<number, number> = new Map([
  [UARTILPR, 0xff],
  [UARTIBRD, 0xffff],
  [UARTFBRD, 0x3f],
  [UARTLCR_H, 0xff],
  [UARTCR, 0xff87],
  [UARTIFLS, 0x3f],
  [UARTIMSC, 0x7ff],
  [UARTDMACR, 0x7],
]);

/** The clock that the baud rate is divided from, in Hz: on QEMU's virt board it has this rate. */
export const UARTCLK = 24_000_000;
const BAUD_RATE = 115_200;
/** The divisor for 115200 baud in 64ths (DDI 0183G 3.3.6). */
const DIVISOR = Math.round(UARTCLK * 64 / (16 * BAUD_RATE));
/** UARTIBRD: for 115200 baud. */
export const IBRD_115200 = Math.floor(DIVISOR / 64);
/** UARTFBRD: for 115200 baud. */
export const FBRD_115200 = DIVISOR % 64;
