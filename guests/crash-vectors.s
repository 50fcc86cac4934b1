// Points VBAR_EL1 to where there is no memory, then raises an exception: the
// vCPU takes exceptions for ever, and never leaves the guest.

    ldr     x0, =0x40000000
    msr     vbar_el1, x0
    isb
    brk     #0
