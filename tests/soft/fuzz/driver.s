// Runs the cases of an image one after the other: loads a case's registers,
// goes to its code, and at the exception that ends it writes the registers out.
// Where things are: layout.ts.

    .equ PARAMETERS, 0x1000         // behind the start of this program
    .equ VECTORS,    0x800

    // Parameters.
    .equ MAIR,          0x00
    .equ TCR,           0x08
    .equ TTBR0,         0x10
    .equ TTBR1,         0x18
    .equ SCTLR,         0x20
    .equ HIGH,          0x28
    .equ INPUT,         0x30
    .equ OUTPUT,        0x38
    .equ LEFT,          0x40
    .equ PATTERN,       0x48
    .equ SCRATCH,       0x50
    .equ SCRATCH_SIZE,  0x58
    .equ PASSES,        0x60
    .equ COUNT,         0x68

    // Records, behind X0 to X30.
    .equ IN_SP_EL0,     0xf8
    .equ IN_SP_EL1,     0x100
    .equ IN_SPSR,       0x108
    .equ IN_ELR,        0x110
    .equ IN_SCTLR,      0x118
    .equ IN_TCR,        0x120
    .equ IN_TPIDR_EL0,  0x128
    .equ IN_TPIDRRO,    0x130
    .equ IN_SIZE,       0x140
    .equ OUT_SP_EL0,    0xf8
    .equ OUT_SP_EL1,    0x100
    .equ OUT_SPSR,      0x108
    .equ OUT_ELR,       0x110
    .equ OUT_ESR,       0x118
    .equ OUT_FAR,       0x120
    .equ OUT_VECTOR,    0x128
    .equ OUT_TPIDR_EL0, 0x130
    .equ OUT_TPIDR_EL1, 0x138
    .equ OUT_PAR,       0x140
    .equ OUT_CONTEXTIDR, 0x148
    .equ OUT_SCRATCH,   0x150
    .equ OUT_SIZE,      0x180

    .equ PSCI_SYSTEM_OFF, 0x84000008

start:
    adr     x28, start + PARAMETERS
    ldp     x0, x1, [x28, #MAIR]
    msr     mair_el1, x0
    msr     tcr_el1, x1
    ldp     x0, x1, [x28, #TTBR0]
    msr     ttbr0_el1, x0
    msr     ttbr1_el1, x1
    ldp     x0, x1, [x28, #SCTLR]
    dsb     sy
    tlbi    vmalle1
    dsb     sy
    isb
    msr     sctlr_el1, x0
    isb
    br      x1                      // HIGH: the address of `high` there

high:
    adr     x0, start + VECTORS
    msr     vbar_el1, x0
    isb

next:
    adr     x28, start + PARAMETERS
    ldr     x0, [x28, #LEFT]
    cbz     x0, done

    // The scratch pages as they were.
    ldp     x1, x2, [x28, #PATTERN] // from, to
    ldr     x3, [x28, #SCRATCH_SIZE]
1:  ldp     x4, x5, [x1], #16
    ldp     x6, x7, [x1], #16
    stp     x4, x5, [x2], #16
    stp     x6, x7, [x2], #16
    subs    x3, x3, #32
    b.ne    1b

    // Registers that cases may change or look at.
    ldr     x29, [x28, #INPUT]
    ldp     x0, x1, [x29, #IN_SCTLR]
    mrs     x2, sctlr_el1
    mrs     x3, tcr_el1
    cmp     x0, x2
    ccmp    x1, x3, #0, eq
    b.eq    2f
    msr     sctlr_el1, x0
    msr     tcr_el1, x1
    isb
    tlbi    vmalle1
    dsb     sy
2:  ldr     x0, [x29, #IN_TPIDR_EL0]
    ldr     x1, [x29, #IN_TPIDRRO]
    msr     tpidr_el0, x0
    msr     tpidrro_el0, x1
    msr     tpidr_el1, x1
    msr     esr_el1, xzr
    msr     far_el1, xzr
    msr     par_el1, xzr
    msr     contextidr_el1, xzr
    msr     csselr_el1, xzr
    isb

    // Those that the case starts with.
    ldr     x0, [x29, #IN_SP_EL0]
    ldr     x1, [x29, #IN_SP_EL1]
    msr     sp_el0, x0
    mov     sp, x1
    ldp     x0, x1, [x29, #IN_SPSR]
    msr     spsr_el1, x0
    msr     elr_el1, x1
    clrex
    ldp     x0, x1, [x29, #0x00]
    ldp     x2, x3, [x29, #0x10]
    ldp     x4, x5, [x29, #0x20]
    ldp     x6, x7, [x29, #0x30]
    ldp     x8, x9, [x29, #0x40]
    ldp     x10, x11, [x29, #0x50]
    ldp     x12, x13, [x29, #0x60]
    ldp     x14, x15, [x29, #0x70]
    ldp     x16, x17, [x29, #0x80]
    ldp     x18, x19, [x29, #0x90]
    ldp     x20, x21, [x29, #0xa0]
    ldp     x22, x23, [x29, #0xb0]
    ldp     x24, x25, [x29, #0xc0]
    ldp     x26, x27, [x29, #0xd0]
    ldr     x28, [x29, #0xe0]
    ldr     x30, [x29, #0xf0]
    ldr     x29, [x29, #0xe8]
    eret

    // From a vector: X30 is in TPIDRRO_EL0 and points to the output record,
    // where X0 and X1 are already; X0 is the vector's offset.
save:
    stp     x2, x3, [x30, #0x10]
    stp     x4, x5, [x30, #0x20]
    stp     x6, x7, [x30, #0x30]
    stp     x8, x9, [x30, #0x40]
    stp     x10, x11, [x30, #0x50]
    stp     x12, x13, [x30, #0x60]
    stp     x14, x15, [x30, #0x70]
    stp     x16, x17, [x30, #0x80]
    stp     x18, x19, [x30, #0x90]
    stp     x20, x21, [x30, #0xa0]
    stp     x22, x23, [x30, #0xb0]
    stp     x24, x25, [x30, #0xc0]
    stp     x26, x27, [x30, #0xd0]
    stp     x28, x29, [x30, #0xe0]
    mrs     x1, tpidrro_el0
    mrs     x2, sp_el0
    stp     x1, x2, [x30, #0xf0]
    mov     x1, sp
    mrs     x2, spsr_el1
    stp     x1, x2, [x30, #OUT_SP_EL1]
    mrs     x1, elr_el1
    mrs     x2, esr_el1
    stp     x1, x2, [x30, #OUT_ELR]
    mrs     x1, far_el1
    stp     x1, x0, [x30, #OUT_FAR]
    mrs     x1, tpidr_el0
    mrs     x2, tpidr_el1
    stp     x1, x2, [x30, #OUT_TPIDR_EL0]
    mrs     x1, par_el1
    mrs     x2, contextidr_el1
    stp     x1, x2, [x30, #OUT_PAR]

    // The checksum: the words as digits of a number to an odd base.
    adr     x28, start + PARAMETERS
    ldp     x1, x2, [x28, #SCRATCH]
    ldr     x3, base
    mov     x0, #0
1:  ldp     x4, x5, [x1], #16
    ldp     x6, x7, [x1], #16
    madd    x0, x0, x3, x4
    madd    x0, x0, x3, x5
    madd    x0, x0, x3, x6
    madd    x0, x0, x3, x7
    subs    x2, x2, #32
    b.ne    1b
    str     x0, [x30, #OUT_SCRATCH]

    add     x30, x30, #OUT_SIZE
    ldr     x29, [x28, #INPUT]
    add     x29, x29, #IN_SIZE
    stp     x29, x30, [x28, #INPUT]
    ldr     x0, [x28, #LEFT]
    sub     x0, x0, #1
    str     x0, [x28, #LEFT]
    b       next

    // All cases are done: again, from the first?
done:
    ldp     x0, x1, [x28, #PASSES]
    cbz     x0, off
    sub     x0, x0, #1
    str     x0, [x28, #PASSES]
    str     x1, [x28, #LEFT]
    ldp     x2, x3, [x28, #INPUT]
    mov     x4, #IN_SIZE
    msub    x2, x1, x4, x2
    mov     x4, #OUT_SIZE
    msub    x3, x1, x4, x3
    stp     x2, x3, [x28, #INPUT]
    b       next

off:
    ldr     w0, =PSCI_SYSTEM_OFF
    hvc     #0
    b       .

    .balign 8                       // a case may have SCTLR_EL1.A set
base:
    .quad   0x9e3779b97f4a7c15
    .ltorg

    .org    VECTORS
    .set    vector, 0
    .rept   16
    .org    VECTORS + vector
    msr     tpidrro_el0, x30
    ldr     x30, start + PARAMETERS + OUTPUT
    stp     x0, x1, [x30]
    mov     x0, #vector
    b       save
    .set    vector, vector + 0x80
    .endr
    .org    PARAMETERS
