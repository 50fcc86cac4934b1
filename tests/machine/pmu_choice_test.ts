/** Tests which of the host's PMUs a guest's are made from. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { choosePmu } from "../../machine/pmu_choice.ts";

const A55 = { type: 10, cpus: [0, 1, 2, 3] };
const A76 = { type: 11, cpus: [4, 5, 6, 7] };

Deno.test("choosePmu takes that of the CPUs which vCPUs may run on", () => {
  assertEquals(choosePmu([A55, A76], [[4, 5], [6, 7]]), { hostPmu: 11 });
  assertEquals(choosePmu([A55, A76], [[0]]), { hostPmu: 10 });
});

Deno.test("choosePmu leaves a host with one PMU, or none, to the kernel", () => {
  assertEquals(choosePmu([], [[0]]), {});
  assertEquals(choosePmu([A55]), {});
});

Deno.test("choosePmu says that no PMU fits CPUs of several kinds", () => {
  for (const sets of [[[3, 4]], [[0], [7]], undefined]) {
    const { hostPmu, note = "" } = choosePmu([A55, A76], sets);
    assertEquals(hostPmu, undefined);
    assertStringIncludes(note, "--cpus");
  }
});
