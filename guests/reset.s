// Prints a line, and ends by asking the firmware to reset the system.

    .include "console.inc"

    print   text
    psci    PSCI_SYSTEM_RESET

text:
    .asciz  "once more\n"
