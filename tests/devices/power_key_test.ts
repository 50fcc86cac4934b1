/** Tests the power key, and the time that devices have outside of tests. */

import { assertEquals } from "@std/assert";
import { Pl061 } from "../../devices/pl061.ts";
import { PowerKey } from "../../devices/power_key.ts";
import { realTimer } from "../../devices/timer.ts";
import { FakeTimer } from "./fake_timer.ts";

const LINE = 3;
/** GPIODATA for all lines. */
const GPIODATA = 0x3fc;

/** A key on a GPIO. */
function keyOnGpio() {
  const time = new FakeTimer();
  const gpio = new Pl061(() => {});
  return { time, key: new PowerKey(gpio, LINE, time.timer), read: () => gpio.read(GPIODATA, 4) };
}

Deno.test("PowerKey.press pulls the line for 100 ms", () => {
  const { time, key, read } = keyOnGpio();
  key.press();
  const seen = [read()];
  for (const wait of [99, 1]) {
    time.pass(wait);
    seen.push(read());
  }
  assertEquals(seen, [8, 8, 0]);
});

Deno.test("PowerKey.press can be repeated once the key is up", () => {
  const { time, key, read } = keyOnGpio();
  key.press();
  key.press();
  assertEquals(time.waiting, 1);
  time.pass(100);
  key.press();
  assertEquals(read(), 8);
  time.pass(100);
  assertEquals(read(), 0);
});

Deno.test("PowerKey lets go of the line when it is disposed of", () => {
  const { time, key, read } = keyOnGpio();
  key.press();
  key[Symbol.dispose]();
  assertEquals([read(), time.waiting], [0, 0]);
});

Deno.test("realTimer calls back once the time is over", async () => {
  const before = performance.now();
  const { promise, resolve } = Promise.withResolvers<void>();
  realTimer(5, resolve);
  // The wait itself holds no process, nor this test.
  const hold = setInterval(() => {}, 1000);
  await promise;
  clearInterval(hold);
  assertEquals(performance.now() - before >= 4, true);
});

Deno.test("realTimer does not call back once it is called off", async () => {
  let called = false;
  const callOff = realTimer(1, () => called = true);
  callOff();
  callOff();
  await new Promise((resolve) => setTimeout(resolve, 5));
  assertEquals(called, false);
});
