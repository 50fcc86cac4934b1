/**
 * Writes cpio archives in the "newc" format, the one the Linux kernel unpacks at boot.
 *
 * The format: https://www.kernel.org/doc/html/latest/driver-api/early-userspace/buffer-format.html
 *
 * @module
 */

import { dirname, join } from "@std/path";

const FOLDER = 0o040755;
const FILE = 0o100000;
const LINK = 0o120777;

/** One archive on its way to a file. Folders above an entry are added by themselves. */
export class CpioWriter {
  #file: Deno.FsFile;
  #inode = 0;
  #folders: Set<string>;

  /** Appends to the file at `path`; `present` are folders, or links to some, that need no entry. */
  constructor(path: string, present: string[] = []) {
    this.#folders = new Set([".", "", ...present]);
    this.#file = Deno.openSync(path, { write: true, create: true, append: true });
  }

  /** Adds an empty folder. All paths are relative to the root. */
  folder(path: string): void {
    if (this.#folders.has(path)) return;
    this.folder(dirname(path));
    this.#folders.add(path);
    this.#entry(path, FOLDER, new Uint8Array());
  }

  /** Adds a file with these contents. */
  file(path: string, contents: Uint8Array | string, mode = 0o644, mtime = 0): void {
    this.folder(dirname(path));
    const bytes = typeof contents === "string" ? new TextEncoder().encode(contents) : contents;
    this.#entry(path, FILE | mode, bytes, mtime);
  }

  /** Adds a symbolic link to `target`. */
  link(path: string, target: string): void {
    this.folder(dirname(path));
    this.#entry(path, LINK, new TextEncoder().encode(target));
  }

  /** Adds the host's file, link or whole folder `source` as `path`. */
  copy(path: string, source: string): void {
    const info = Deno.lstatSync(source);
    const mtime = Math.floor((info.mtime?.getTime() ?? 0) / 1000);
    if (info.isSymlink) return this.link(path, Deno.readLinkSync(source));
    if (info.isFile) {
      return this.file(path, Deno.readFileSync(source), (info.mode ?? 0o644) & 0o777, mtime);
    }
    if (!info.isDirectory) return;
    this.folder(path);
    for (const { name } of Deno.readDirSync(source)) {
      this.copy(join(path, name), join(source, name));
    }
  }

  /** Adds the entry that ends an archive, and closes the file. */
  close(): void {
    this.#entry("TRAILER!!!", 0, new Uint8Array());
    this.#file.close();
  }

  #entry(path: string, mode: number, contents: Uint8Array, mtime = 0): void {
    const name = new TextEncoder().encode(`${path}\0`);
    this.#inode++;
    const links = 1;
    const [uid, gid, major, minor, checksum] = [0, 0, 0, 0, 0];
    const fields = [this.#inode, mode, uid, gid, links, mtime, contents.length]
      .concat([major, minor, major, minor, name.length, checksum]);
    const header = "070701" + fields.map((field) => field.toString(16).padStart(8, "0")).join("");
    this.#write(new TextEncoder().encode(header), name);
    this.#write(contents);
  }

  /** Writes the parts and fills up to a multiple of four bytes. */
  #write(...parts: Uint8Array[]): void {
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    for (const part of [...parts, new Uint8Array(-length & 3)]) {
      for (let done = 0; done < part.length;) done += this.#file.writeSync(part.subarray(done));
    }
  }
}
