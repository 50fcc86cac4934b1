// Executes a breakpoint instruction.

    brk     #0x996
