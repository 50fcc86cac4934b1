// What every compute guest is: one function, and the checksum of all that it worked out.

#include <stdint.h>

uint64_t compute(void);

// The next of a sequence that looks random (Knuth's MMIX constants). The high bits are the best.
static inline uint64_t next_random(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state ^ *state >> 29;
}

// A checksum with one more value: every bit of the result depends on every bit before.
static inline uint64_t mix(uint64_t checksum, uint64_t value)
{
    checksum = (checksum ^ value) * 0x9e3779b97f4a7c15u;
    return checksum ^ checksum >> 32;
}
