// Stores a pair of registers to MMIO: the CPU does not describe such an access,
// so that no hypervisor can carry it out.

    mov     x0, #0x2000
    stp     x0, x1, [x0]
