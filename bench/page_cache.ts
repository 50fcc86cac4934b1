/** Empties the host's cache of a file or block device, so that the next one to read it starts from nothing. */

import { BenchmarkError } from "./process.ts";

const O_RDONLY = 0;
const POSIX_FADV_DONTNEED = 4;

const symbols = {
  // int open(const char *path, int flags, ...);
  open: { parameters: ["buffer", "i32"], result: "i32" },
  // int fdatasync(int fd);
  fdatasync: { parameters: ["i32"], result: "i32", nonblocking: true },
  // int posix_fadvise(int fd, off_t offset, off_t len, int advice);
  posix_fadvise: { parameters: ["i32", "i64", "i64", "i32"], result: "i32", nonblocking: true },
  // int close(int fd);
  close: { parameters: ["i32"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;

/**
 * Writes out what is still to be written of a file, and forgets all that the host's memory has of it.
 *
 * That is done for this file alone, and needs no root, unlike /proc/sys/vm/drop_caches.
 *
 * @throws {BenchmarkError} if that fails.
 */
export async function dropCacheOf(path: string): Promise<void> {
  const { symbols: libc } = Deno.dlopen("libc.so.6", symbols);
  const fd = libc.open(new TextEncoder().encode(`${path}\0`), O_RDONLY);
  if (fd < 0) throw new BenchmarkError(`cannot open ${path}`);
  try {
    const failed = await libc.fdatasync(fd) !== 0 ||
      await libc.posix_fadvise(fd, 0n, 0n, POSIX_FADV_DONTNEED) !== 0;
    if (failed) throw new BenchmarkError(`cannot empty the cache of ${path}`);
  } finally {
    libc.close(fd);
  }
}
