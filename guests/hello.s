// Prints "Hello", and ends by running into the zeroed memory behind itself.

    mov     x4, #0x996              // the console's DATA register
    mov     x5, #'H'
    strb    w5, [x4]
    mov     x5, #'e'
    strb    w5, [x4]
    mov     x5, #'l'
    strb    w5, [x4]
    strb    w5, [x4]
    mov     x5, #'o'
    strb    w5, [x4]
    mov     x5, #'\n'
    strb    w5, [x4]
