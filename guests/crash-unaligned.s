// Loads a word from an address that is no multiple of four, with alignment
// checked. (Without the MMU all memory is Device memory, where real CPUs demand
// alignment anyway; some emulators do not.)

    .equ SCTLR_A, 1 << 1

    mrs     x0, sctlr_el1
    orr     x0, x0, #SCTLR_A
    msr     sctlr_el1, x0
    isb
    adr     x0, 1f + 1
1:  ldr     w1, [x0]
