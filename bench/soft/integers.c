// Integer arithmetic: multiplication and division. Registers only, next to no memory.

#include "guest.h"

#define NUMBERS 800000
#define FRACTIONS 8000000
#define HASHES 300000000

// base to the power of exponent, modulo something below 2^32.
static uint64_t power(uint64_t base, uint64_t exponent, uint64_t modulus)
{
    uint64_t result = 1;
    for (; exponent != 0; exponent >>= 1) {
        if (exponent & 1)
            result = result * base % modulus;
        base = base * base % modulus;
    }
    return result;
}

// Whether an odd number passes for a prime to a base (Miller and Rabin).
static int probably_prime(uint32_t number, uint32_t base)
{
    uint32_t odd = number - 1;
    int twos = 0;
    for (; odd % 2 == 0; odd /= 2)
        twos++;
    uint64_t x = power(base, odd, number);
    if (x == 1 || x == number - 1)
        return 1;
    while (--twos > 0) {
        x = x * x % number;
        if (x == number - 1)
            return 1;
    }
    return 0;
}

static int64_t gcd(int64_t a, int64_t b)
{
    while (b != 0) {
        int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

// The two halves of a product of 128 bits, folded into one.
static uint64_t fold(uint64_t a, uint64_t b)
{
    unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

uint64_t compute(void)
{
    uint64_t random = 1, checksum = 0;
    for (int i = 0; i < NUMBERS; i++) {
        uint32_t number = (uint32_t)(next_random(&random) >> 32) | 0x80000001;
        if (probably_prime(number, 2) && probably_prime(number, 7))
            checksum = mix(checksum, number);
    }
    for (int i = 0; i < FRACTIONS; i++) {
        int64_t a = (int64_t)next_random(&random) >> 24;
        int64_t b = (int64_t)next_random(&random) >> 32;
        checksum = mix(checksum, (uint64_t)gcd(a, b));
    }
    for (int i = 0; i < HASHES; i++)
        checksum = fold(checksum ^ 0xa0761d6478bd642f, (uint64_t)i ^ 0xe7037ed1a0b428db);
    return checksum;
}
