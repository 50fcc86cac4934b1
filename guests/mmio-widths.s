// Stores and loads MMIO with every width, plain and sign-extending, and prints
// what the loads gave, a line each: zeroes, unless a device at 0x2000 remembers.

    .include "console.inc"

    .equ SCRATCH, 0x2000

    ldr     x20, =SCRATCH
    ldr     x21, =0x8192a3b4c5d6e7f8

    strb    w21, [x20]
    strh    w21, [x20, #8]
    str     w21, [x20, #16]
    str     x21, [x20, #24]

    ldrb    w22, [x20]
    bl      print_x22
    ldrh    w22, [x20, #8]
    bl      print_x22
    ldr     w22, [x20, #16]
    bl      print_x22
    ldr     x22, [x20, #24]
    bl      print_x22
    ldrsb   w22, [x20]
    bl      print_x22
    ldrsb   x22, [x20]
    bl      print_x22
    ldrsh   w22, [x20, #8]
    bl      print_x22
    ldrsh   x22, [x20, #8]
    bl      print_x22
    ldrsw   x22, [x20, #16]
    bl      print_x22
    // Into the zero register: the access happens, its value is dropped.
    ldr     xzr, [x20, #24]
    str     xzr, [x20, #24]
    ldr     x22, [x20, #24]
    bl      print_x22
    psci    PSCI_SYSTEM_OFF

// Prints x22 as 16 hexadecimal digits and a newline. Changes x0, w1, w2.
print_x22:
    mov     x0, #CONSOLE_DATA
    mov     w1, #60
1:  lsr     x2, x22, x1
    and     w2, w2, #15
    cmp     w2, #10
    add     w2, w2, #'0'
    b.lo    2f
    add     w2, w2, #('a' - '0' - 10)
2:  strb    w2, [x0]
    subs    w1, w1, #4
    b.pl    1b
    mov     w2, #'\n'
    strb    w2, [x0]
    ret
