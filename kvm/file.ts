/** Files through libc, which asks for no permission beyond the one that KVM needs anyway. */

import { type Advice, SystemCallError } from "./errno.ts";
import { cString, errno, libc, retryInterrupted } from "./libc.ts";

const O_RDONLY = 0;
const O_CLOEXEC = 0o2000000;
const CHUNK = 64 * 1024;

const advice: Advice = {
  ENOENT: "there is no such file",
  EACCES: "its permissions forbid reading it",
  EISDIR: "it is a directory",
  ENOTDIR: "a part of the path is not a directory",
};

/**
 * Reads a file of any kind, a pipe included.
 *
 * @param limit The most bytes to read. One more tells that the file is longer:
 * the result then has `limit + 1` bytes.
 * @throws {SystemCallError} if it cannot be opened or read.
 */
export function readFile(path: string, limit: number): Uint8Array<ArrayBuffer> {
  const fd = libc().open(cString(path), O_RDONLY | O_CLOEXEC);
  if (fd < 0) throw new SystemCallError(`open ${path}`, errno(), advice);
  try {
    let bytes = new Uint8Array(new ArrayBuffer(CHUNK));
    for (let length = 0;;) {
      if (length > limit) return bytes.subarray(0, limit + 1);
      if (length === bytes.length) {
        const larger = new Uint8Array(new ArrayBuffer(bytes.length * 2));
        larger.set(bytes);
        bytes = larger;
      }
      const room = bytes.subarray(length);
      const count = retryInterrupted(() => libc().read(fd, room, BigInt(room.length)));
      if (count < 0) throw new SystemCallError(`read ${path}`, errno(), advice);
      if (Number(count) === 0) return bytes.subarray(0, length);
      length += Number(count);
    }
  } finally {
    libc().close(fd);
  }
}
