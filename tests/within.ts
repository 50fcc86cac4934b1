/** A limit for what might never happen, so that a test fails rather than hangs. */

/** What `promise` gives, unless that takes far too long. */
export async function within<T>(seconds: number, what: string, promise: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => reject(new Error(`${what}: nothing in ${seconds} s`)),
    seconds * 1000,
  );
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
