// Around a compute guest: starts it, prints its checksum, and switches the machine off.

#include "guest.h"

#define PSCI_SYSTEM_OFF 0x84000008

// A byte stored here is printed. Where it is, the linker is told.
extern volatile uint8_t console;

void run(void)
{
    uint64_t checksum = compute();
    for (int shift = 60; shift >= 0; shift -= 4)
        console = (uint8_t)"0123456789abcdef"[checksum >> shift & 15];
    console = '\n';
    register uint64_t function __asm__("x0") = PSCI_SYSTEM_OFF;
    __asm__ volatile("hvc #0" : "+r"(function) : : "memory");
}

// The first instructions. Memory is zero on both machines, .bss included.
__asm__(".section .text.start, \"ax\"\n"
        ".globl _start\n"
        "_start:\n"
        "    ldr x0, =stack_top\n"
        "    mov sp, x0\n"
        "    b run\n");
