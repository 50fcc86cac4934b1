// Prints its input, byte for byte, until the input ends.

    .include "console.inc"

    mov     x4, #CONSOLE_DATA
    mov     x6, #CONSOLE_STATUS
next:
    ldrb    w7, [x6]
    tbnz    w7, #STATUS_END_BIT, done
    tbnz    w7, #STATUS_READY_BIT, take
    // Nothing there yet. Waiting in DATA costs the host nothing, but at the end
    // of the input it gives a zero, which may be a byte of the input as well:
    // only STATUS tells. What comes back before the end is never lost.
    ldrb    w5, [x4]
    cbnz    w5, show
    ldrb    w7, [x6]
    tbnz    w7, #STATUS_END_BIT, done
    b       show
take:
    ldrb    w5, [x4]
show:
    strb    w5, [x4]
    b       next
done:
    psci    PSCI_SYSTEM_OFF
