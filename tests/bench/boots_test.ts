/** The command lines that the benchmark compares. */

import { assertEquals } from "@std/assert";
import { Boots } from "../../bench/boots.ts";

const boots = new Boots("/b");
const after = (words: string[], word: string) => words[words.indexOf(word) + 1];

Deno.test("Boots.command gives QEMU and Orchid the same guest", () => {
  const boot = { smp: 2, quiet: true };
  const qemu = boots.command("qemu", boot);
  const orchid = boots.command("orchid", boot);
  assertEquals(after(qemu, "-append"), after(orchid, "--append"));
  assertEquals(after(qemu, "-smp"), after(orchid, "--smp"));
  assertEquals(`${after(qemu, "-m")}M`, after(orchid, "--memory"));
  assertEquals(after(qemu, "-initrd"), after(orchid, "--initrd"));
  assertEquals(after(qemu, "-kernel"), orchid.at(-1));
  assertEquals(orchid.includes("/b/orchid.js"), true);
});

Deno.test("Boots.command is quiet, stays at the shell, or runs from its sources, as asked", () => {
  const append = (boot: { quiet?: boolean; stays?: boolean }) =>
    after(boots.command("orchid", { smp: 1, ...boot }), "--append");
  assertEquals(append({}), 'console=ttyAMA0 panic=-1 orchid.run="poweroff -f"');
  assertEquals(append({ quiet: true, stays: true }), "console=ttyAMA0 panic=-1 quiet");
  const sources = boots.command("sources", { smp: 1, options: ["-v"] });
  assertEquals([sources.includes("/b/orchid.js"), sources.includes("-v")], [false, true]);
});

Deno.test("Boots.command runs a command before the guest switches off, with as much memory as asked for", () => {
  const boot = { smp: 1, memory: 512, runs: "ls" };
  const [qemu, orchid] = [boots.command("qemu", boot), boots.command("orchid", boot)];
  const append = 'console=ttyAMA0 panic=-1 orchid.run="ls; poweroff -f"';
  assertEquals([after(qemu, "-append"), after(qemu, "-m")], [append, "512"]);
  assertEquals([after(orchid, "--append"), after(orchid, "--memory")], [append, "512M"]);
});
