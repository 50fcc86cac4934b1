/** Prepares what the part about disks needs: a guest that has fio, and a file that is its disk. */

import { join } from "@std/path";
import { PROJECT } from "../tests/arm64/box.ts";
import { arm64Program } from "../tests/arm64/programs.ts";
import { onSignals } from "../tests/arm64/signals.ts";
import { cacheFolder } from "../tools/cache.ts";
import { CpioWriter } from "../tools/cpio.ts";

/** The disk's size in MiB. */
const SIZE = 1024;

/** Folders of the small Linux guest that have something from the start. */
const FOLDERS = ["usr", "usr/bin", "usr/lib"];

/** Adds Debian's fio, and the command that runs its jobs, to the initramfs of the small Linux guest. */
export async function addFio(initrd: string): Promise<void> {
  const fio = await arm64Program("usr/bin/fio", ["fio"], { complete: true });
  // The kernel unpacks archives one over the other.
  const archive = new CpioWriter(initrd, FOLDERS);
  for (const [path, source] of Object.entries(fio)) archive.copy(path.slice(1), source);
  const script = await Deno.readTextFile(join(PROJECT, "bench", "disk_guest.sh"));
  archive.file("usr/bin/fio-jobs", script, 0o755);
  archive.close();
}

/** A file for a disk, gone in the end. It lies among the downloads: folders for temporary files may be in memory. */
export class DiskFile implements Disposable {
  readonly path: string;
  /** Whoever ends this process at a signal does so with `Deno.exit`, which tells of it. */
  readonly #remove = () => Deno.removeSync(this.path);

  private constructor(path: string) {
    this.path = path;
    addEventListener("unload", this.#remove);
  }

  /** Writes one, every byte of it: what was never written is read and written at another speed. */
  static async create(): Promise<DiskFile> {
    await Deno.mkdir(cacheFolder(), { recursive: true });
    const path = await Deno.makeTempFile({ dir: cacheFolder(), prefix: "bench-disk-" });
    const disk = new DiskFile(path);
    using _ = onSignals((number) => Deno.exit(128 + number));
    try {
      await fill(path);
      return disk;
    } catch (error) {
      disk[Symbol.dispose]();
      throw error;
    }
  }

  [Symbol.dispose](): void {
    removeEventListener("unload", this.#remove);
    this.#remove();
  }
}

/** Writes random bytes, which no file system makes smaller. */
async function fill(path: string): Promise<void> {
  using file = await Deno.open(path, { write: true });
  const bytes = new Uint8Array(2 ** 20);
  for (let i = 0; i < bytes.length; i += 2 ** 16) {
    crypto.getRandomValues(bytes.subarray(i, i + 2 ** 16));
  }
  for (let i = 0; i < SIZE; i++) {
    for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
  }
  await file.syncData();
}
