/** The benchmark's table about Linux. */

import { assertEquals } from "@std/assert";
import { linuxTable, mailboxTable } from "../../bench/linux_rows.ts";

const sample = (seconds: number) => ({ seconds, cpu: 0, peak: 0 });

Deno.test("linuxTable has rows for each number of vCPUs, and for the sources where they were measured", () => {
  const text = linuxTable([{
    smp: 2,
    loud: { qemu: [sample(10)], orchid: [sample(8)], sources: [] },
    quiet: { qemu: [sample(5)], orchid: [sample(5)], sources: [sample(4)] },
    firstRun: { qemu: [1], orchid: [3], sources: [2] },
    exits: [538],
    upkeep: {
      qemu: [{ memory: 60, idle: 0 }],
      orchid: [{ memory: 110, idle: 0.5 }],
      sources: [],
    },
  }]);
  assertEquals(
    text,
    `
measure                                 QEMU  Orchid  ratio  required
--------------------------------------  ----  ------  -----  ----------------
boot with all messages, 2 vCPUs, s      10.0    8.00   0.80  <= 0.70: NOT met
quiet boot, 2 vCPUs, s                  5.00    5.00   1.00  <= 1.10: met
  from its sources                      5.00    4.00   0.80
  until the first KVM_RUN, 2 vCPUs, s   1.00    3.00   3.00
    from its sources                    1.00    2.00   2.00
exits with all messages, 2 vCPUs                 538         <= 1000.00: met
memory beside the guest's, 2 vCPUs, MB  60.0     110   1.83  <= 120.00: met
idle guest, 2 vCPUs, % of a CPU         0.00    0.50         <= 1.00: met
`.trim(),
  );
});

Deno.test("mailboxTable compares the virt machine's exits with the tiny machine's", () => {
  assertEquals(
    mailboxTable([100_000], [250_000]),
    `
measure         inline  mailbox  ratio  required
-------------  -------  -------  -----  ------------
MMIO exit, ns  100,000  250,000   2.50  <= 3.00: met
`.trim(),
  );
});
