// Prints a line through the PL011 of the virt machine, then one through the
// console at 0x996, and switches off.

        .equ    PL011_DR, 0x09000000
        .equ    CONSOLE, 0x996
        .equ    PSCI_SYSTEM_OFF, 0x84000008

        ldr     x1, =PL011_DR
        adr     x2, serial
        bl      print
        mov     x1, #CONSOLE
        adr     x2, console
        bl      print
        ldr     w0, =PSCI_SYSTEM_OFF
        hvc     #0

print:  ldrb    w3, [x2], #1
        cbz     w3, 1f
        strb    w3, [x1]
        b       print
1:      ret

serial: .asciz  "serial\n"
console:
        .asciz  "console\n"
        .balign 8
