/** Tests counters that wake whoever waits for them, and waiting for them. */

import { assertEquals } from "@std/assert";
import { EventFd } from "../../kvm/eventfd.ts";
import { Poller } from "../../kvm/poller.ts";
import { openFiles } from "../open_files.ts";

Deno.test("EventFd.take tells whether it was signalled since", () => {
  using event = new EventFd();
  assertEquals(event.take(), false);
  event.signal();
  event.signal();
  assertEquals([event.take(), event.take()], [true, false]);
});

Deno.test("EventFd.signal reaches nothing after its end", () => {
  const event = new EventFd();
  const { fd } = event;
  event[Symbol.dispose]();
  using other = new EventFd();
  assertEquals(other.fd, fd);
  event.signal();
  assertEquals(other.take(), false);
});

Deno.test("Poller.wait has done what the ready ones' watchers do, once for each signal", () => {
  using poller = new Poller();
  using one = new EventFd();
  using two = new EventFd();
  const seen: string[] = [];
  using _one = poller.watch(one.fd, () => seen.push("one"));
  using _two = poller.watch(two.fd, () => seen.push("two"));
  assertEquals(poller.wait(0), false);
  two.signal();
  assertEquals([poller.wait(1000), seen.join()], [true, "two"]);
  // Nobody has taken it, and there is no news of it.
  assertEquals(poller.wait(0), false);
  two.signal();
  one.signal();
  assertEquals([poller.wait(1000), seen.toSorted().join()], [true, "one,two,two"]);
});

Deno.test("Poller.watch tells of what was ready before", () => {
  using poller = new Poller();
  using event = new EventFd();
  event.signal();
  let seen = 0;
  using _ = poller.watch(event.fd, () => seen++);
  assertEquals([poller.wait(1000), seen], [true, 1]);
});

Deno.test("Poller leaves alone who is not watched any more, also if another watcher has seen to that", () => {
  using poller = new Poller();
  const events = [new EventFd(), new EventFd()];
  let seen = 0;
  const watches: Disposable[] = [];
  const watcher = () => {
    seen++;
    for (const watch of watches) watch[Symbol.dispose]();
  };
  watches.push(...events.map(({ fd }) => poller.watch(fd, watcher)));
  for (const event of events) event.signal();
  poller.wait(1000);
  for (const event of events) event.signal();
  assertEquals([poller.wait(0), seen], [false, 1]);
  for (const event of events) event[Symbol.dispose]();
});

Deno.test("Poller.waitAside waits while this thread does something else", async () => {
  using poller = new Poller();
  using event = new EventFd();
  let seen = 0;
  using _ = poller.watch(event.fd, () => seen++);
  const waiting = poller.waitAside(Infinity);
  await new Promise((resolve) => setTimeout(resolve, 5));
  assertEquals(seen, 0);
  event.signal();
  await waiting;
  assertEquals(seen, 1);
  await poller.waitAside(1);
  assertEquals(seen, 1);
});

Deno.test("Poller.wake ends a wait of either kind, once", async () => {
  using poller = new Poller();
  const waiting = poller.waitAside(Infinity);
  poller.wake();
  await waiting;
  assertEquals(poller.wait(0), false);
  poller.wake();
  assertEquals([poller.wait(1000), poller.wait(0)], [true, false]);
});

Deno.test("Poller.waitAside ends one that was begun before", async () => {
  using poller = new Poller();
  const first = poller.waitAside(Infinity);
  await poller.waitAside(1);
  await first;
});

Deno.test("Poller and EventFd close what they have opened", () => {
  const before = openFiles();
  {
    using poller = new Poller();
    using event = new EventFd();
    using _ = poller.watch(event.fd, () => {});
  }
  assertEquals(openFiles(), before);
});
