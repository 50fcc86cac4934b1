// A sieve of Eratosthenes over bytes: loads and stores, one after the other and far apart.

#include "guest.h"

#define SIZE (4 << 20)
#define ROUNDS 60

static uint8_t composite[SIZE];

// Marks the numbers below `limit` that have a divisor.
static void sieve(uint32_t limit)
{
    for (uint32_t i = 0; i < limit; i++)
        composite[i] = i < 2;
    for (uint32_t i = 2; i * i < limit; i++) {
        if (composite[i])
            continue;
        for (uint32_t multiple = i * i; multiple < limit; multiple += i)
            composite[multiple] = 1;
    }
}

uint64_t compute(void)
{
    uint64_t random = 2, checksum = 0;
    for (int round = 0; round < ROUNDS; round++) {
        uint32_t limit = SIZE - (uint32_t)(next_random(&random) >> 48);
        sieve(limit);
        for (uint32_t i = 0; i < limit; i++)
            if (!composite[i])
                checksum = checksum * 3 + i;
        checksum = mix(checksum, limit);
    }
    return checksum;
}
