/** Time as devices are given it, so that tests can turn the clock themselves. */

/**
 * Calls back once, after a time.
 *
 * @param milliseconds How long to wait: more than 0, and less than {@linkcode LONGEST_WAIT}.
 * @param expired Called when the time is over.
 * @returns Calls it off; does nothing if it has happened.
 */
export type Timer = (milliseconds: number, expired: () => void) => () => void;

/** No wait is as long as this, in milliseconds: a longer one would be over at once with `setTimeout`. */
export const LONGEST_WAIT = 2 ** 31;

/** Time as it passes outside. What waits for it does not keep the process alive. */
export const realTimer: Timer = (milliseconds, expired) => {
  const timer = setTimeout(expired, milliseconds);
  Deno.unrefTimer(timer);
  return () => clearTimeout(timer);
};
