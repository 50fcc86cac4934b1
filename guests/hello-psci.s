// Prints "Hello", and ends by asking the firmware to switch the system off.

    .include "console.inc"

    print   hello
    psci    PSCI_SYSTEM_OFF

hello:
    .asciz  "Hello\n"
