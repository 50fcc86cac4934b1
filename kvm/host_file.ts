/** A file of the host whose bytes go straight to where they are wanted, guest memory above all. */

import { OrchidError } from "../vm/error.ts";
import { SystemCallError } from "./errno.ts";
import { openFile, readAdvice, readToEnd } from "./file.ts";
import { errno, libc, retryInterrupted } from "./libc.ts";

const SEEK_END = 2;
/** The most that one call is asked for: the kernel gives no more than about 2 GiB (read(2), "NOTES"). In bytes. */
const MOST_AT_ONCE = 2 ** 30;
/** The most that a file without a size may give, since all of it is kept; more than kernels and initrds have. In bytes. */
const MOST_KEPT = 256 * 2 ** 20;

/** A file that cannot be used, though the kernel has nothing against it. */
export class HostFileError extends OrchidError {}

/**
 * An open file. A pipe, or whatever else has no size and no way back, is read
 * whole when it is opened, and is then like any other file.
 */
export class HostFile implements Disposable {
  /** The length in bytes. */
  readonly size: number;
  #fd: number;
  /** All of a file without a size. */
  readonly #kept?: Uint8Array<ArrayBuffer>;

  private constructor(readonly name: string, fd: number, mostKept: number) {
    this.#fd = fd;
    const size = this.#canSeek() ? Number(libc().lseek(fd, 0n, SEEK_END)) : 0;
    if (size > 0) {
      this.size = size;
      return;
    }
    // Devices and files of /proc say 0 whatever they give. A directory fails here.
    this.#kept = readToEnd(fd, name, mostKept);
    if (this.#kept.length > mostKept) {
      throw new HostFileError(
        `${name} is no ordinary file, and gives more than ${mostKept} bytes; ` +
          "put them into a file first",
      );
    }
    this.size = this.#kept.length;
  }

  /**
   * Opens a file.
   *
   * @param mostKept The most bytes that one without a size may give.
   * @throws {SystemCallError} if it cannot be opened, or is a directory.
   * @throws {HostFileError} if it has no size and no end.
   */
  static open(path: string, mostKept = MOST_KEPT): HostFile {
    const fd = openFile(path);
    try {
      return new HostFile(path, fd, mostKept);
    } catch (error) {
      libc().close(fd);
      throw error;
    }
  }

  /**
   * Reads into the given bytes, without a copy in between.
   *
   * @param into May be a view of guest memory.
   * @param position Where in the file to start, in bytes.
   * @returns How many bytes were read: fewer than there is room for only where the file ends.
   * @throws {SystemCallError} if it cannot be read.
   */
  readAt(into: Uint8Array<ArrayBufferLike>, position: number): number {
    if (this.#kept !== undefined) {
      const part = this.#kept.subarray(position, position + into.length);
      into.set(part);
      return part.length;
    }
    let done = 0;
    while (done < into.length) {
      const count = this.#pread(into.subarray(done, done + MOST_AT_ONCE), position + done);
      if (count < 0) throw new SystemCallError(`read ${this.name}`, errno(), readAdvice);
      if (count === 0) break;
      done += count;
    }
    return done;
  }

  /** As readAt, while this thread does something else. */
  async readAside(into: Uint8Array<ArrayBufferLike>, position: number): Promise<number> {
    const count = this.#kept === undefined && into.length <= MOST_AT_ONCE
      ? Number(
        await libc().preadAside(
          this.#fd,
          Deno.UnsafePointer.of(into),
          BigInt(into.length),
          BigInt(position),
        ),
      )
      : 0;
    // The rest, and what the trouble is, if there is any.
    const rest = into.subarray(Math.max(count, 0));
    return into.length - rest.length + this.readAt(rest, position + into.length - rest.length);
  }

  /** Closes the file. */
  [Symbol.dispose](): void {
    if (this.#fd >= 0) libc().close(this.#fd);
    this.#fd = -1;
  }

  /** Whether bytes can be read from anywhere. Finds out by reading: a directory can be opened, and has a size. */
  #canSeek(): boolean {
    return this.#pread(new Uint8Array(1), 0) >= 0;
  }

  #pread(into: Uint8Array<ArrayBufferLike>, position: number): number {
    const length = BigInt(into.length), at = BigInt(position);
    return Number(retryInterrupted(() => libc().pread(this.#fd, into, length, at)));
  }
}
