// Handles an exception with vectors of its own, and goes on behind it.

    .include "console.inc"

    adr     x0, vectors
    msr     vbar_el1, x0
    isb
    brk     #0x42
    print   after
    psci    PSCI_SYSTEM_OFF

// A synchronous exception from the current EL: prints the number of a BRK and
// returns to the instruction after it.
handler:
    mrs     x0, esr_el1
    lsr     x1, x0, #26
    cmp     x1, #0x3c               // EC of BRK
    b.ne    unexpected
    and     x0, x0, #0xffff
    cmp     x0, #0x42
    b.ne    unexpected
    print   handled
    mrs     x0, elr_el1
    add     x0, x0, #4
    msr     elr_el1, x0
    eret

unexpected:
    print   wrong
    psci    PSCI_SYSTEM_OFF

handled:
    .asciz  "handled brk\n"
after:
    .asciz  "went on\n"
wrong:
    .asciz  "unexpected exception\n"

    .balign 0x800
vectors:
    .space  0x200
    b       handler                 // 0x200: synchronous, current EL with SP_EL1
    .balign 0x800
