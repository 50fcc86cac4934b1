/** What CpioWriter writes is what the kernel unpacks. */

import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { CpioWriter } from "../../tools/cpio.ts";
import { inTempFolder } from "../temp_folder.ts";
import { type Entry, readNewc } from "./newc.ts";

const TRAILER = { name: "TRAILER!!!", mode: "0", contents: "" };

/** The entries of an archive that `fill` writes; what it copies comes from the folder that it gets. */
function entriesOf(
  fill: (archive: CpioWriter, folder: string) => void,
  present?: string[],
): Entry[] {
  return inTempFolder((folder) => {
    const path = join(folder, "archive");
    const archive = new CpioWriter(path, present);
    fill(archive, folder);
    archive.close();
    return readNewc(Deno.readFileSync(path));
  });
}

Deno.test("CpioWriter adds the folders above an entry, once", () => {
  const entries = entriesOf((archive) => {
    archive.file("a/b/one", "1");
    archive.file("a/b/two", "22", 0o755);
    archive.link("a/three", "b/one");
  });
  assertEquals(entries, [
    { name: "a", mode: "40755", contents: "" },
    { name: "a/b", mode: "40755", contents: "" },
    { name: "a/b/one", mode: "100644", contents: "1" },
    { name: "a/b/two", mode: "100755", contents: "22" },
    { name: "a/three", mode: "120777", contents: "b/one" },
    TRAILER,
  ]);
});

Deno.test("CpioWriter leaves out folders that are there already", () => {
  const entries = entriesOf((archive) => archive.file("usr/lib/x", ""), ["usr"]);
  assertEquals(entries.map(({ name }) => name), ["usr/lib", "usr/lib/x", TRAILER.name]);
});

Deno.test("CpioWriter copies files, links and whole folders of the host", () => {
  const entries = entriesOf((archive, folder) => {
    Deno.mkdirSync(join(folder, "tree", "inner"), { recursive: true });
    Deno.writeTextFileSync(join(folder, "tree", "inner", "program"), "run", { mode: 0o755 });
    Deno.symlinkSync("program", join(folder, "tree", "inner", "link"));
    archive.copy("there", join(folder, "tree"));
  });
  // A folder has no order of its own.
  const sorted = entries.toSorted((a, b) => a.name < b.name ? -1 : 1);
  assertEquals(sorted, [
    TRAILER,
    { name: "there", mode: "40755", contents: "" },
    { name: "there/inner", mode: "40755", contents: "" },
    { name: "there/inner/link", mode: "120777", contents: "program" },
    { name: "there/inner/program", mode: "100755", contents: "run" },
  ]);
});
