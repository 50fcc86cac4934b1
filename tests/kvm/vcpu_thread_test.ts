/** Tests the thread of a vCPU: its instructions, and what they do where they can run. */

import { assertEquals } from "@std/assert";
import { Errno } from "../../kvm/errno.ts";
import { Mailboxes, State } from "../../kvm/mailbox.ts";
import { VCPU_THREAD, VcpuThread } from "../../kvm/vcpu_thread.ts";
import { testsThatNeed } from "../test_case.ts";
import { assembles } from "./assembles.ts";
import { exchange, sleeping, UNKNOWN_IOCTL, withDevNull } from "./exchange.ts";

assembles("VCPU_THREAD", VCPU_THREAD);

const arm64Test = testsThatNeed("an arm64 host", Deno.build.arch === "aarch64");

/** Runs `fn` with threads that are there and stopped; then ends them. */
async function withThreads(
  { count, spin }: { count: number; spin: boolean },
  fn: (mailboxes: Mailboxes) => void | Promise<void>,
): Promise<void> {
  await withDevNull(async (fd) => {
    const mailboxes = new Mailboxes(count, UNKNOWN_IOCTL, spin);
    const threads = Array.from({ length: count }, (_, i) => {
      mailboxes.prepare(i, fd);
      return new VcpuThread(mailboxes.address(i));
    });
    for (let i = 0; i < count; i++) {
      for (mailboxes.listen(); mailboxes.state(i) === State.absent; mailboxes.listen()) {
        mailboxes.sleep(1000);
      }
    }
    await fn(mailboxes);
    for (let i = 0; i < count; i++) mailboxes.tell(i, State.quit);
    for (const thread of threads) thread.join();
  });
}

/** The names of this process's threads that vCPUs have. */
function names(): string[] {
  return Array.from(Deno.readDirSync("/proc/self/task"))
    .map(({ name }) => Deno.readTextFileSync(`/proc/self/task/${name}/comm`).trim())
    .filter((name) => name.startsWith("vCPU")).sort();
}

for (const spin of [true, false]) {
  arm64Test(`VcpuThread answers each message once, ${spin ? "spinning" : "sleeping"}`, async () => {
    await withThreads({ count: 3, spin }, async (mailboxes) => {
      const answered = await exchange(mailboxes, 20_000, sleeping);
      assertEquals(answered.reduce((a, b) => a + b), 20_000);
    });
  });
}

arm64Test("VcpuThread tells its name and ID, and what its ioctl ended with", async () => {
  await withThreads({ count: 2, spin: false }, async (mailboxes) => {
    assertEquals(names(), ["vCPU 0", "vCPU 1"]);
    const comm = Deno.readTextFileSync(`/proc/self/task/${mailboxes.threadId(1)}/comm`);
    assertEquals(comm, "vCPU 1\n");
    await exchange(mailboxes, 2, sleeping);
    assertEquals([mailboxes.error(0), mailboxes.error(1)], [Errno.ENOTTY, Errno.ENOTTY]);
  });
  assertEquals(names(), []);
});
