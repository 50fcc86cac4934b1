/** The PL011's modem lines, which are connected to nothing but, in loopback, to each other. */

import * as r from "./pl011_registers.ts";
import type { Pl011Words } from "./pl011_words.ts";

/** In loopback: modem output, the modem input it feeds, that input's interrupt (Arm DDI 0183G 3.3.8). */
const MODEM_LINES = [
  [r.CR_OUT2, r.FR_RI, r.INT_RIM],
  [r.CR_OUT1, r.FR_DCD, r.INT_DCDM],
  [r.CR_RTS, r.FR_CTS, r.INT_CTSM],
  [r.CR_DTR, r.FR_DSR, r.INT_DSRM],
] as const;

/** Sets the modem inputs in UARTFR as UARTCR has the outputs, and raises an interrupt for each that changes. */
export function setModemInputs(words: Pl011Words): void {
  const control = words.get(r.UARTCR);
  const flags = words.get(r.UARTFR);
  const outputs = control & r.CR_LBE ? control : 0;
  let result = flags;
  for (const [output, input, interrupt] of MODEM_LINES) {
    result = outputs & output ? result | input : result & ~input;
    if ((flags ^ result) & input) words.raise(interrupt);
  }
  words.put(r.UARTFR, result);
}
