/** Tests the door to libc: errors with their names, and calls that a signal interrupts. */

import { assertEquals, assertThrows } from "@std/assert";
import { Errno, SystemCallError } from "../../kvm/errno.ts";
import { cString, errno, ioctl, ioctlWithNumber, libc, retryInterrupted } from "../../kvm/libc.ts";
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

Deno.test("libc is opened once", () => {
  assertEquals(libc(), libc());
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
