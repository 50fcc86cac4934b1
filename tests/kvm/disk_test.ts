/** Tests disks in files of the host's. */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { Chain, type Piece } from "../../devices/virtio/chain.ts";
import type { DiskRequest } from "../../devices/virtio/disk.ts";
import { type DiskOptions, HostDisk } from "../../kvm/disk.ts";
import { DiskError } from "../../kvm/disk_file.ts";
import { Errno, SystemCallError } from "../../kvm/errno.ts";
import { IoUring } from "../../kvm/io_uring.ts";
import { poller } from "../../kvm/poller.ts";
import { asNobody } from "../nobody.ts";
import { openFiles } from "../open_files.ts";
import { testsThatNeed } from "../test_case.ts";

const SIZE = 64 * 1024;

/** Calls `fn` with the path of a new file of so many bytes. */
async function withFile(size: number, fn: (path: string) => void | Promise<void>): Promise<void> {
  const folder = Deno.makeTempDirSync();
  try {
    const path = `${folder}/disk.img`;
    Deno.writeFileSync(path, new Uint8Array(size).map((_, i) => i * 3));
    await fn(path);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

/** Memory as a guest's, and a chain of pieces in it, of these lengths, with a gap behind each. */
function chainOf(lengths: number[], isWritable: boolean): { chain: Chain; pieces: Piece[] } {
  const { buffer } = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  const memory = new Uint8Array(buffer as unknown as SharedArrayBuffer);
  const chain = new Chain(memory, lengths.length);
  chain.begin(0);
  let at = 0;
  const pieces = lengths.map((length) => {
    chain.add(at, length, isWritable);
    // What is whole sectors stays aligned to them, and all else is aligned to nothing.
    const gap = length % 512 === 0 ? 512 : 9;
    at += length + gap;
    return memory.subarray(at - length - gap, at - gap);
  });
  return { chain, pieces };
}

/** What a request may be, beside its receiver. */
type Wish = Omit<DiskRequest, "done" | "chainOffset"> & { chainOffset?: number };

/** Has a disk do something. @returns Whether it could. */
async function ask(disk: HostDisk, wish: Wish): Promise<boolean> {
  let answers = 0;
  let answer = false;
  disk.begin({
    chainOffset: 0,
    ...wish,
    done: (isDone) => {
      answers++;
      answer = isDone;
    },
  });
  disk.submit();
  await disk.settle();
  assertEquals(answers, 1);
  return answer;
}

const { chain: none } = chainOf([], false);
const change = (operation: DiskRequest["operation"], offset = 0, length = 0): Wish => (
  { operation, offset, length, chain: none }
);

/** Opens a disk on a host that gives such rings. */
function openWith(openRing: typeof IoUring.open, path: string, options?: DiskOptions): HostDisk {
  const { open } = IoUring;
  IoUring.open = openRing;
  try {
    return HostDisk.open(path, options);
  } finally {
    IoUring.open = open;
  }
}

/** Disks on this host, and on one without io_uring. */
const hosts = {
  "HostDisk": HostDisk.open,
  "HostDisk on threads of Deno's": (path: string, options?: DiskOptions) =>
    openWith(() => undefined, path, options),
};

for (const [name, open] of Object.entries(hosts)) {
  Deno.test(`${name} reads into pieces, and writes out of them`, async () => {
    await withFile(SIZE, async (path) => {
      using disk = open(path);
      assertEquals([disk.size, disk.serial, disk.readOnly], [SIZE, "disk.img", false]);
      const to = chainOf([100, 400, 12], true);
      const read: Wish = { operation: "read", offset: 1024, length: 512, chain: to.chain };
      assertEquals(await ask(disk, read), true);
      const before = Deno.readFileSync(path);
      assertEquals(to.pieces.flatMap((piece) => [...piece]), [...before.subarray(1024, 1536)]);
      // The first 16 bytes are none of the disk's.
      const from = chainOf([10, 518, 1024], false);
      from.pieces.forEach((piece, i) => piece.fill(0x40 + i));
      const { chain } = from;
      const write: Wish = { operation: "write", offset: SIZE - 1536, length: 1536, chain };
      assertEquals(await ask(disk, { ...write, chainOffset: 16 }), true);
      assertEquals(await ask(disk, change("flush")), true);
      const after = Deno.readFileSync(path);
      assertEquals(after.length, SIZE);
      assertEquals(after.subarray(0, SIZE - 1536), before.subarray(0, SIZE - 1536));
      assertEquals([...new Set(after.subarray(SIZE - 1536, SIZE - 1024))], [0x41]);
      assertEquals([...new Set(after.subarray(SIZE - 1024))], [0x42]);
    });
  });

  Deno.test(`${name} has many requests under way`, async () => {
    await withFile(SIZE, async (path) => {
      using disk = open(path);
      const before = Deno.readFileSync(path);
      const reads = Array.from({ length: 600 }, (_, i) => {
        const { chain, pieces } = chainOf([512], true);
        return { chain, piece: pieces[0]!, offset: i % (SIZE / 512) * 512, isDone: false };
      });
      for (const read of reads) {
        const { chain, offset } = read;
        const done = (isDone: boolean) => void (read.isDone = isDone);
        disk.begin({ operation: "read", chain, offset, length: 512, chainOffset: 0, done });
      }
      disk.submit();
      await disk.settle();
      for (const { isDone, piece, offset } of reads) {
        assertEquals(isDone, true);
        assertEquals([...piece], [...before.subarray(offset, offset + 512)]);
      }
    });
  });

  Deno.test(`${name} fails to read where its file has become shorter`, async () => {
    await withFile(SIZE, async (path) => {
      using disk = open(path);
      Deno.truncateSync(path, 1000);
      const { chain } = chainOf([512], true);
      const read: Wish = { operation: "read", offset: 512, length: 512, chain };
      assertEquals(await ask(disk, read), false);
      assertEquals(await ask(disk, { ...read, offset: 0 }), true);
    });
  });

  Deno.test(`${name} fails to write a file that was opened for reading`, async () => {
    await withFile(SIZE, async (path) => {
      using disk = open(path, { readOnly: true, serial: "x" });
      assertEquals([disk.readOnly, disk.serial], [true, "x"]);
      const { chain } = chainOf([512], false);
      assertEquals(await ask(disk, { operation: "write", offset: 0, length: 512, chain }), false);
      assertEquals(await ask(disk, change("flush")), true);
    });
  });
}

const rootTest = testsThatNeed("root, who may mount a small file system", Deno.uid() === 0);

rootTest(
  "HostDisk fails to write where the host's disk is full, and flushes what there was room for",
  async () => {
    const folder = Deno.makeTempDirSync();
    const mount = (command: string, ...args: string[]) =>
      new Deno.Command(command, { args: [...args, folder] }).outputSync().success;
    assert(mount("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs"));
    try {
      const path = `${folder}/disk.img`;
      Deno.writeFileSync(path, new Uint8Array());
      Deno.truncateSync(path, 1 << 20);
      for (const open of Object.values(hosts)) {
        using disk = open(path);
        const { chain, pieces } = chainOf([4096], false);
        pieces[0]!.fill(0x77);
        const results = [];
        for (let offset = 0; offset < disk.size; offset += 4096) {
          results.push(await ask(disk, { operation: "write", offset, length: 4096, chain }));
        }
        assertEquals([results[0], results.at(-1)], [true, false]);
        assertEquals(await ask(disk, change("flush")), true);
        assertEquals(
          Deno.readFileSync(path).subarray(0, 4096).every((byte) => byte === 0x77),
          true,
        );
      }
    } finally {
      mount("umount");
      Deno.removeSync(folder, { recursive: true });
    }
  },
);

/** Opens a ring that does nothing but answer, each time with the next of these results. */
function scripted(results: number[]): typeof IoUring.open {
  return (_entries, _most, { one, all }) => {
    const tokens: number[] = [];
    const submit = () => {
      while (tokens.length > 0) one(tokens.shift()!, results.shift()!);
      all();
    };
    const ring: Pick<IoUring, "prepare" | "submit" | "wait" | typeof Symbol.dispose> = {
      prepare: (_opcode, _fd, { token }) => void tokens.push(token),
      submit,
      wait: submit,
      [Symbol.dispose]: () => {},
    };
    return ring as IoUring;
  };
}

for (const name of ["EINTR", "EAGAIN", "ECANCELED"] as const) {
  Deno.test(`HostDisk does what its ring left alone (${name})`, async () => {
    await withFile(SIZE, async (path) => {
      using disk = openWith(scripted(new Array(3).fill(-Errno[name])), path);
      const to = chainOf([512], true);
      const read: Wish = { operation: "read", offset: 0, length: 512, chain: to.chain };
      assertEquals(await ask(disk, read), true);
      assertEquals([...to.pieces[0]!], [...Deno.readFileSync(path).subarray(0, 512)]);
      const from = chainOf([512], false);
      from.pieces[0]!.fill(0x55);
      assertEquals(await ask(disk, { ...read, operation: "write", chain: from.chain }), true);
      assertEquals(Deno.readFileSync(path)[511], 0x55);
      assertEquals(await ask(disk, change("flush")), true);
    });
  });
}

Deno.test("HostDisk fails where its ring fails, or brings nothing more", async () => {
  await withFile(SIZE, async (path) => {
    using disk = openWith(scripted([-Errno.EIO, 100, 0, 100, 412, -Errno.EIO]), path);
    const { chain } = chainOf([512], true);
    const read: Wish = { operation: "read", offset: 0, length: 512, chain };
    assertEquals(await ask(disk, read), false);
    assertEquals(await ask(disk, read), false);
    assertEquals(await ask(disk, read), true);
    assertEquals(await ask(disk, change("flush")), false);
  });
});

Deno.test("HostDisk tells of what is done later in a wait of the poller", async () => {
  await withFile(SIZE, (path) => {
    using disk = HostDisk.open(path);
    let done = 0;
    disk.onDone = () => done++;
    const request = { ...change("flush"), chainOffset: 0, done: () => {} };
    disk.begin(request);
    disk.submit();
    for (let waits = 0; done === 0 && waits < 1000; waits++) poller().wait(10);
    assertEquals(done, 1);
  });
});

Deno.test("HostDisk discards, and writes zeroes, in room and without", async () => {
  await withFile(SIZE, async (path) => {
    using disk = HostDisk.open(path);
    assertEquals(await ask(disk, change("discard", 0, 4096)), true);
    assertEquals(await ask(disk, change("zero-unmap", 4096, 4096)), true);
    assertEquals(await ask(disk, change("zero", 8192 + 512, 512)), true);
    const bytes = Deno.readFileSync(path);
    assertEquals(bytes.length, SIZE);
    assertEquals(bytes.subarray(4096, 8192).every((byte) => byte === 0), true);
    assertEquals(bytes.subarray(8704, 9216).every((byte) => byte === 0), true);
    assertEquals([bytes[8192 + 511], bytes[9217]], [(8192 + 511) * 3 & 0xff, 9217 * 3 & 0xff]);
  });
});

Deno.test("HostDisk locks its file against a second writer", async () => {
  await withFile(SIZE, (path) => {
    {
      using _ = HostDisk.open(path);
      const words = `${path} is in use as another disk`;
      assertThrows(() => HostDisk.open(path), DiskError, words);
      assertThrows(
        () => HostDisk.open(path, { readOnly: true }),
        DiskError,
        `${words}, which is written`,
      );
    }
    using _one = HostDisk.open(path, { readOnly: true });
    using _two = HostDisk.open(path, { readOnly: true });
    assertThrows(() => HostDisk.open(path), DiskError);
  });
});

for (const [size, words] of [[0, "is empty"], [513, "513 bytes, which is no multiple"]] as const) {
  Deno.test(`HostDisk.open refuses a file of ${size} bytes, and leaves none open`, async () => {
    await withFile(size, (path) => {
      const before = openFiles();
      assertThrows(() => HostDisk.open(path), DiskError, words);
      assertEquals(openFiles(), before);
    });
  });
}

Deno.test("HostDisk.open says what is wrong with a path", () => {
  const folder = Deno.makeTempDirSync();
  try {
    assertThrows(() => HostDisk.open(`${folder}/none`), SystemCallError, "there is no such file");
    assertThrows(() => HostDisk.open(folder), SystemCallError, "it is a directory");
    assertThrows(
      () => HostDisk.open(folder, { readOnly: true }),
      SystemCallError,
      "it is a directory",
    );
    assertThrows(() => HostDisk.open("/dev/null"), DiskError, "is empty");
    Deno.writeFileSync(`${folder}/file`, new Uint8Array(512), { mode: 0o444 });
    Deno.chmodSync(folder, 0o755);
    asNobody(() => {
      assertThrows(
        () => HostDisk.open(`${folder}/file`),
        SystemCallError,
        "with ,ro it need not be",
      );
      HostDisk.open(`${folder}/file`, { readOnly: true })[Symbol.dispose]();
    });
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});
