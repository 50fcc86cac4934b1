/** Tests what the kernel does by itself by way of its rings. */

import { assert, assertEquals } from "@std/assert";
import { Errno } from "../../kvm/errno.ts";
import { IORING_OP_FSYNC, IORING_OP_READV, IoUring } from "../../kvm/io_uring.ts";
import { cString, libc } from "../../kvm/libc.ts";
import { poller } from "../../kvm/poller.ts";
import { openFiles } from "../open_files.ts";
import { inTempFolder } from "../temp_folder.ts";
import { testsThatNeed } from "../test_case.ts";

/** Whether this host has rings for this process. */
function isOffered(): boolean {
  const ring = IoUring.open(4, 16, { one() {}, all() {} });
  ring?.[Symbol.dispose]();
  return ring !== undefined;
}

const ringTest = testsThatNeed("io_uring", isOffered());

/** What a ring has told of. */
class Told {
  readonly results = new Map<number, number>();
  batches = 0;
  one = (token: number, result: number) => {
    assert(!this.results.has(token), `${token} was told of before`);
    this.results.set(token, result);
  };
  all = () => void this.batches++;
}

const O_RDWR = 2;
const NO_FILE = -1;
const submission = (token: number) => ({ address: 0, length: 0, offset: 0, flags: 0, token });

ringTest("IoUring.submit takes more than the ring has room for, and each is told of once", () => {
  const told = new Told();
  using ring = IoUring.open(4, 16, told)!;
  for (let token = 0; token < 1000; token++) {
    ring.prepare(IORING_OP_FSYNC, NO_FILE, submission(token));
  }
  ring.wait();
  assertEquals(told.results.size, 1000);
  assertEquals(new Set(told.results.values()), new Set([-Errno.EBADF]));
});

ringTest("IoUring takes what is prepared while it tells of what is done", () => {
  const told = new Told();
  using ring: IoUring = IoUring.open(4, 16, {
    one(token, result) {
      told.one(token, result);
      if (token < 500) ring.prepare(IORING_OP_FSYNC, NO_FILE, submission(token + 10));
    },
    all() {
      told.all();
      ring.submit();
    },
  })!;
  for (let token = 0; token < 10; token++) {
    ring.prepare(IORING_OP_FSYNC, NO_FILE, submission(token));
  }
  ring.wait();
  assertEquals(told.results.size, 510);
});

ringTest("IoUring tells of what is done later in a wait of the poller", () => {
  const told = new Told();
  using ring = IoUring.open(4, 16, told)!;
  inTempFolder((folder) => {
    new Deno.Command("mkfifo", { args: [`${folder}/pipe`] }).outputSync();
    const fd = libc().open(cString(`${folder}/pipe`), O_RDWR, 0);
    const byte = new Uint8Array(new ArrayBuffer(1));
    const vector = BigUint64Array.of(Deno.UnsafePointer.value(Deno.UnsafePointer.of(byte)), 1n);
    const address = Number(Deno.UnsafePointer.value(Deno.UnsafePointer.of(vector)));
    ring.prepare(IORING_OP_READV, fd, { ...submission(7), address, length: 1 });
    ring.submit();
    assertEquals([...told.results], []);
    libc().write(fd, Uint8Array.of(0x41), 1n);
    for (let waits = 0; told.batches === 0 && waits < 500; waits++) poller().wait(20);
    assertEquals([[...told.results], byte[0]], [[[7, 1]], 0x41]);
    libc().close(fd);
  });
});

ringTest("IoUring closes what it has opened", () => {
  poller();
  const before = openFiles();
  IoUring.open(4, 16, new Told())![Symbol.dispose]();
  assertEquals(openFiles(), before);
});
