// Runs steps, one after the other: loads registers, goes to the step's code at
// EL0 or EL1, and puts what it finds at the exception that ends it where the
// registers came from. SP_EL1 points to the step's record (record.ts) and is for
// the runner alone: steps run with SP_EL0. It runs wherever it is mapped.

    .equ GO,        0x00            // 0: no more steps
    .equ PC,        0x08
    .equ PSTATE,    0x10
    .equ SP_EL0,    0x18
    .equ ESR,       0x20
    .equ FAR,       0x28
    .equ VECTOR,    0x30
    .equ X,         0x38            // X0 to X30
    .equ SIZE,      0x140

    .equ PSCI_SYSTEM_OFF, 0x84000008

start:
    adr     x0, vectors
    msr     vbar_el1, x0
    isb

next:
    ldr     x0, [sp, #GO]
    cbz     x0, off
    ldr     x0, [sp, #PC]
    ldr     x1, [sp, #PSTATE]
    ldr     x2, [sp, #SP_EL0]
    msr     elr_el1, x0
    msr     spsr_el1, x1
    msr     sp_el0, x2
    .irp    n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    ldr     x\n, [sp, #X + 8 * \n]
    .endr
    .irp    n, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30
    ldr     x\n, [sp, #X + 8 * \n]
    .endr
    eret

save:                               // X0 and X1 are saved; X0 is the vector's offset
    str     x0, [sp, #VECTOR]
    .irp    n, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    str     x\n, [sp, #X + 8 * \n]
    .endr
    .irp    n, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30
    str     x\n, [sp, #X + 8 * \n]
    .endr
    mrs     x0, elr_el1
    mrs     x1, spsr_el1
    mrs     x2, sp_el0
    mrs     x3, esr_el1
    mrs     x4, far_el1
    str     x0, [sp, #PC]
    str     x1, [sp, #PSTATE]
    str     x2, [sp, #SP_EL0]
    str     x3, [sp, #ESR]
    str     x4, [sp, #FAR]
    add     sp, sp, #SIZE
    b       next

off:
    ldr     w0, =PSCI_SYSTEM_OFF
    hvc     #0
    b       .
    .ltorg

    .org    0x800
vectors:
    .set    offset, 0
    .rept   16
    .org    0x800 + offset
    stp     x0, x1, [sp, #X]
    mov     x0, #offset
    b       save
    .set    offset, offset + 0x80
    .endr
