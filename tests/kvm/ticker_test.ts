/** Tests that a ticker interrupts the thread that started it, and no other. */

import { assertEquals } from "@std/assert";
import { Errno } from "../../kvm/errno.ts";
import { errno } from "../../kvm/libc.ts";
import { Ticker } from "../../kvm/ticker.ts";
import { poll } from "../poll.ts";

/** Long enough, in milliseconds, never to be over before a tick that comes at all. */
const LONG = 20_000;

Deno.test("Ticker interrupts a blocking call of the thread that started it", () => {
  const ticker = new Ticker();
  ticker.every(10);
  const result = poll(LONG);
  const code = errno();
  ticker.every(0);
  assertEquals([result, code], [-1, Errno.EINTR]);
});

Deno.test("Ticker interrupts again and again", () => {
  const ticker = new Ticker();
  ticker.every(5);
  const results = Array.from({ length: 5 }, () => poll(LONG));
  ticker.every(0);
  assertEquals(results, [-1, -1, -1, -1, -1]);
});

Deno.test("Ticker stops", () => {
  const ticker = new Ticker();
  ticker.every(5);
  poll(LONG);
  ticker.every(0);
  assertEquals(poll(50), 0);
});

Deno.test("Ticker can be stopped before it was started", () => {
  new Ticker().every(0);
  assertEquals(poll(0), 0);
});

Deno.test("Ticker can be started again", () => {
  const ticker = new Ticker();
  ticker.every(5);
  ticker.every(0);
  ticker.every(5);
  const result = poll(LONG);
  ticker.every(0);
  assertEquals(result, -1);
});

Deno.test("Ticker takes another period while it runs", () => {
  const ticker = new Ticker();
  ticker.every(LONG);
  ticker.every(5);
  const result = poll(LONG);
  ticker.every(0);
  assertEquals(result, -1);
});

Deno.test("Ticker takes a period of more than a second", () => {
  const ticker = new Ticker();
  ticker.every(1500);
  const result = poll(100);
  ticker.every(0);
  assertEquals(result, 0);
});

Deno.test("Ticker leaves another thread alone", async () => {
  const worker = new Worker(new URL("../poll_worker.ts", import.meta.url), { type: "module" });
  const answer = () =>
    new Promise<number>((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = ({ message }) => reject(new Error(message));
    });
  await answer();
  const ticker = new Ticker();
  ticker.every(5);
  worker.postMessage(200);
  const result = await answer();
  ticker.every(0);
  worker.terminate();
  assertEquals(result, 0);
});
