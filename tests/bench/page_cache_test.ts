/** How the benchmark empties the host's cache of a file. */

import { join } from "@std/path";
import { assertEquals, assertRejects } from "@std/assert";
import { dropCacheOf } from "../../bench/page_cache.ts";
import { BenchmarkError } from "../../bench/process.ts";
import { TempFolder } from "../temp_folder.ts";
import { testsThatNeed } from "../test_case.ts";

const linuxOnlyTest = testsThatNeed("Linux", Deno.build.os === "linux");

linuxOnlyTest("dropCacheOf loses nothing of what was written", async () => {
  using folder = new TempFolder();
  const path = join(folder.path, "file");
  const bytes = new Uint8Array(100_000).fill(7);
  Deno.writeFileSync(path, bytes);
  await dropCacheOf(path);
  assertEquals(Deno.readFileSync(path), bytes);
  await assertRejects(() => dropCacheOf(join(folder.path, "none")), BenchmarkError, "none");
});
