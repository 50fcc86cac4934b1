// Jumps to where there is no memory.

    ldr     x0, =0x40000000
    br      x0
