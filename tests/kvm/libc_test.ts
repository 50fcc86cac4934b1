/** Tests the door to libc: errors with their names, and calls that a signal interrupts. */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { Errno, SystemCallError } from "../../kvm/errno.ts";
import {
  compiledLibc,
  cString,
  errno,
  hotLibc,
  ioctl,
  ioctlWithNumber,
  libc,
  retryInterrupted,
} from "../../kvm/libc.ts";
import { Ticker } from "../../kvm/ticker.ts";
import { poll } from "../poll.ts";

const O_RDONLY = 0;

Deno.test("cString ends in a zero", () => {
  assertEquals(cString("é"), new Uint8Array([0xc3, 0xa9, 0]));
});

Deno.test("errno tells why a call failed", () => {
  assertEquals(libc().open(cString("/nowhere"), O_RDONLY, 0), -1);
  assertEquals(errno(), Errno.ENOENT);
});

Deno.test("errno holds after each of many calls by address, whatever is allocated meanwhile", () => {
  let garbage: unknown[] = [];
  for (let i = 0; i < 20_000; i++) {
    const result = libc().read(-1, new Uint8Array(8), 8n);
    const code = errno();
    if (result !== -1n || code !== Errno.EBADF) throw new Error(`${i}: ${result}, errno ${code}`);
    garbage = [garbage.length < 1000 ? garbage : [], i];
  }
});

Deno.test("libc is opened once", () => {
  assertEquals(libc(), libc());
});

Deno.test("hotLibc calls by address, until compiling is worth it", () => {
  const { write } = libc();
  let asked = 0;
  while (hotLibc().write === write && asked < 100_000) asked++;
  assert(asked > 100 && asked < 100_000, `${asked}`);
  assertEquals(hotLibc().write, compiledLibc().write);
});

Deno.test("libc and compiledLibc call the same functions", () => {
  for (const { read, write } of [libc(), compiledLibc()]) {
    assertEquals([read(-1, new Uint8Array(1), 1n), errno()], [-1n, Errno.EBADF]);
    assertEquals([write(-1, new Uint8Array(1), 1n), errno()], [-1n, Errno.EBADF]);
  }
});

Deno.test("ioctl throws an error with the ioctl's name and errno's", () => {
  const fd = libc().open(cString("/dev/null"), O_RDONLY, 0);
  try {
    const error = assertThrows(() => ioctl(fd, "KVM_TEST", 0xae00, null), SystemCallError);
    assertEquals(error.message, "KVM_TEST failed: ENOTTY");
  } finally {
    libc().close(fd);
  }
});

Deno.test("ioctl adds advice to its error", () => {
  const fail = () => ioctl(-1, "KVM_TEST", 0xae00, null, { EBADF: "open it first" });
  assertEquals(
    assertThrows(fail, SystemCallError).message,
    "KVM_TEST failed: EBADF; open it first",
  );
});

Deno.test("ioctlWithNumber throws an error with the ioctl's name and errno's", () => {
  const error = assertThrows(() => ioctlWithNumber(-1, "KVM_TEST", 0xae00, 0), SystemCallError);
  assertEquals([error.call, error.errno], ["KVM_TEST", Errno.EBADF]);
});

Deno.test("retryInterrupted repeats a call that a signal interrupted", () => {
  const ticker = new Ticker();
  const results: number[] = [];
  ticker.every(10);
  const result = retryInterrupted(() => {
    const result = poll(results.length === 0 ? 10_000 : 0);
    results.push(result);
    return result;
  });
  ticker.every(0);
  assertEquals([result, results], [0, [-1, 0]]);
});

Deno.test("retryInterrupted does not repeat a call that failed otherwise", () => {
  let calls = 0;
  const result = retryInterrupted(() => {
    calls++;
    return libc().close(-1);
  });
  assertEquals([result, calls, errno()], [-1, 1, Errno.EBADF]);
});
