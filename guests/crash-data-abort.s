// Stores beyond the guest's address space.

    mov     x0, #0x1
    movk    x0, #0x8000, lsl #32    // 0x8000_0000_0001: past every physical address size
    mov     w1, #0x5a
    strb    w1, [x0]
