/** Makes something when it is first asked for: a guest waits for all that is made before it starts. */
export function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
