/** Tests what is read of the host's PMUs, in trees like the kernel's. */

import { assert, assertEquals } from "@std/assert";
import { hostPmus } from "../../kvm/host_pmus.ts";
import { pmuTest } from "../pmu_test_case.ts";
import { inTempFolder } from "../temp_folder.ts";

/** What is read where sysfs has these files. */
function found(files: Record<string, string>) {
  return inTempFolder((folder) => {
    for (const [path, text] of Object.entries(files)) {
      Deno.mkdirSync(`${folder}/${path.split("/")[0]}`, { recursive: true });
      Deno.writeTextFileSync(`${folder}/${path}`, `${text}\n`);
    }
    return hostPmus(folder);
  });
}

Deno.test("hostPmus finds those of an RK3588's two kinds of CPU, and no others", () => {
  const pmus = found({
    "armv8_cortex_a76/type": "11",
    "armv8_cortex_a76/cpus": "4-7",
    "armv8_cortex_a55/type": "10",
    "armv8_cortex_a55/cpus": "0-3",
    "software/type": "1",
    "dmc/type": "12",
    "dmc/cpumask": "0",
  });
  assertEquals(pmus, [{ type: 10, cpus: [0, 1, 2, 3] }, { type: 11, cpus: [4, 5, 6, 7] }]);
});

Deno.test("hostPmus finds none where the host does not tell", () => {
  assertEquals(hostPmus("/nowhere"), []);
  assertEquals(found({ "software/type": "1" }), []);
});

pmuTest("hostPmus finds this host's", () => {
  const pmus = hostPmus();
  assert(pmus.length > 0);
  for (const { type, cpus } of pmus) assert(type > 0 && cpus.length > 0);
});
