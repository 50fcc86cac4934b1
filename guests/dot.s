// Prints one dot, then does nothing for ever: the dot must be seen all the same.

    .include "console.inc"

    mov     x4, #CONSOLE_DATA
    mov     w5, #'.'
    strb    w5, [x4]
    b       .
