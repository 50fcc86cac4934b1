/** Numbers that look random and are the same in every run. */

/** A source of random 32-bit words (xorshift32, Marsaglia 2003). */
export function randomWords(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}
