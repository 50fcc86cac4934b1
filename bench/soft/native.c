// A compute guest as a program of this host: prints the checksum that the guest must come to.

#include <inttypes.h>
#include <stdio.h>

#include "guest.h"

int main(void)
{
    printf("%016" PRIx64 "\n", compute());
    return 0;
}
