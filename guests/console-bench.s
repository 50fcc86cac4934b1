// Prints 20,000 bytes as fast as it can: the benchmark's guest.

    .include "console.inc"

    .equ COUNT, 20000

    mov     x4, #CONSOLE_DATA
    mov     w5, #'.'
    mov     w6, #COUNT
1:  strb    w5, [x4]
    subs    w6, w6, #1
    b.ne    1b
    psci    PSCI_SYSTEM_OFF
