import { SoftSystem } from "../../soft/soft_system.ts";
import { silent } from "../../vm/trace.ts";
import { bytesOf, code } from "./assembly/code.ts";
import { describeEnd, ENTRY, runFlat } from "./flat_guest.ts";

const main = code`
  mov x1, x0
  blr x1
  add x1, x1, #8
  subs x2, x2, #1
  b.ne . - 12
  mov w0, #0x84000000
  add w0, w0, #8
  hvc #0
`;
const step = code`
  ldr x4, [x5], #8
`;
const last = code`ret`;
for (const [warm, pages] of [[0, 1], [0, 2], [0, 4], [0, 8]] as const) {
  Deno.test("exp " + warm + " " + pages, async () => {
    using system = new SoftSystem(silent, { warm });
    const rss = Deno.memoryUsage().rss;
    let max = 0, prev = performance.now(), maxRss = 0;
    const t = performance.now();
    const end = await runFlat(system, main, {
      memory: 0x100_0000,
      registers: { x0: BigInt(ENTRY + 0x1000), x2: BigInt(pages * 512) },
      before(machine) {
        for (let p = 0; p < pages; p++) {
          const words: number[] = [];
          for (let i = 0; i < 511; i++) {
            words.push((0xb5000002 | ((1023 - 2 * i) << 5)) >>> 0, step.words[0]!);
          }
          words.push(last.words[0]!, last.words[0]!);
          machine.memory.write(ENTRY + 0x1000 + p * 4096, bytesOf(words));
        }
        const turn = machine.turn.bind(machine);
        machine.turn = () => {
          const now = performance.now();
          max = Math.max(max, now - prev);
          maxRss = Math.max(maxRss, Deno.memoryUsage().rss);
          prev = now;
          return turn();
        };
      },
      after: (m) => console.log(m.vcpu.counters!(), "rss", (Deno.memoryUsage().rss - rss) / 1e6),
    });
    console.log(
      describeEnd(end),
      performance.now() - t,
      "max gap",
      max,
      "rss",
      (Deno.memoryUsage().rss - rss) / 1e6,
      (maxRss - rss) / 1e6,
    );
  });
}
