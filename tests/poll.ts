/** A call that blocks its thread, as KVM_RUN does, on any Linux. */

const symbols = {
  // int poll(struct pollfd *fds, nfds_t nfds, int timeout);
  poll: { parameters: ["pointer", "u64", "i32"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;

let library: Deno.DynamicLibrary<typeof symbols> | undefined;

/** Blocks this thread for that many milliseconds: 0 if they went by, -1 if a signal came. */
export function poll(milliseconds: number): number {
  library ??= Deno.dlopen("libc.so.6", symbols);
  return library.symbols.poll(null, 0n, milliseconds);
}
