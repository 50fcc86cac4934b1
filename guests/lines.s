// Prints several lines: --exit-on-newline ends it after the first one.

    .include "console.inc"

    print   text
    psci    PSCI_SYSTEM_OFF

text:
    .asciz  "one\ntwo\nthree\n"
