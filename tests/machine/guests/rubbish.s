// Stores rubbish to every register of the virt machine's devices, at every
// width, and loads from there, then switches off.

        .equ    PSCI_SYSTEM_OFF, 0x84000008
        // Where the registers of a device are: in its first bytes, and its
        // identification in the last.
        .equ    FIRST_END, 0x100
        .equ    LAST_START, 0xf80
        .equ    PAGE, 0x1000

        adr     x19, devices
        ldr     x25, =6364136223846793005       // Knuth's MMIX generator
        ldr     x26, =1442695040888963407
device: ldr     x20, [x19], #8
        cmn     x20, #1
        b.eq    off
        mov     x21, #0
offset: add     x22, x20, x21
        madd    x23, x23, x25, x26
        lsr     x24, x23, #24
        strb    w24, [x22]
        ldrb    w27, [x22]
        tst     x22, #1
        b.ne    next
        strh    w24, [x22]
        ldrh    w27, [x22]
        tst     x22, #3
        b.ne    next
        str     w24, [x22]
        ldr     w27, [x22]
        tst     x22, #7
        b.ne    next
        str     x23, [x22]
        ldr     x27, [x22]
next:   add     x21, x21, #1
        cmp     x21, #FIRST_END
        b.ne    1f
        mov     x21, #LAST_START
1:      cmp     x21, #PAGE
        b.lo    offset
        b       device

off:    ldr     w0, =PSCI_SYSTEM_OFF
        hvc     #0

        .balign 8
devices:
        .quad   0x900           // the console at 0x996
        .quad   0x09000000      // PL011
        .quad   0x09010000      // PL031
        .quad   0x09030000      // PL061
        .quad   0x0a000000      // virtio, none there
        .quad   -1
