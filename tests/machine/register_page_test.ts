/** Tests showing registers as memory: when the page is there, and how it changes while it is. */

import { assertEquals } from "@std/assert";
import { RegisterPage } from "../../machine/register_page.ts";
import { RecordedVm } from "./recorded_vm.ts";

const SLOT = 7;
const BASE = 0x900_0000;

/** A page of four registers, which tests set. */
function page() {
  const bytes = new Uint8Array(new SharedArrayBuffer(0x1_0000));
  const registers = [1, 2, 3, 4];
  const page = new RegisterPage({
    slot: SLOT,
    guestPhysAddr: BASE,
    size: 16,
    bytes,
    copyTo: (words) => words.set(registers),
  });
  const shown = () => [...new Uint32Array(bytes.buffer, 0, 4)];
  return { page, bytes, registers, shown, vm: new RecordedVm() };
}

Deno.test("RegisterPage shows nothing before it has a virtual machine", () => {
  const { page: shown, vm } = page();
  shown.update(true);
  assertEquals(vm.calls, []);
});

Deno.test("RegisterPage shows the registers, for reading only", () => {
  const { page: registers, bytes, shown, vm } = page();
  registers.connect(vm.vm);
  registers.update(true);
  assertEquals(vm.regions.get(SLOT), {
    slot: SLOT,
    guestPhysAddr: BASE,
    bytes,
    readOnly: true,
  });
  assertEquals(shown(), [1, 2, 3, 4]);
});

Deno.test("RegisterPage leaves the page alone while nothing has changed", () => {
  const { page: registers, vm } = page();
  registers.connect(vm.vm);
  for (let i = 0; i < 3; i++) registers.update(true);
  assertEquals(vm.calls, ["show"]);
});

Deno.test("RegisterPage shows a change past the caches, while the page stays", () => {
  const { page: registers, registers: words, shown, vm, bytes } = page();
  registers.connect(vm.vm);
  registers.update(true);
  words[2] = 9;
  registers.update(true);
  assertEquals([shown(), vm.calls], [[1, 2, 9, 4], ["show", "past caches"]]);
  assertEquals([vm.past!.buffer === bytes.buffer, vm.past!.byteOffset], [true, 8]);
});

Deno.test("RegisterPage shows nothing while loads have side effects", () => {
  const { page: registers, vm } = page();
  registers.connect(vm.vm);
  registers.update(false);
  assertEquals(vm.calls, []);
  registers.update(true);
  registers.update(false);
  registers.update(false);
  assertEquals([vm.calls, vm.regions.size], [["show", "hide"], 0]);
});

Deno.test("RegisterPage comes back with what the registers read by then", () => {
  const { page: registers, registers: words, shown, vm } = page();
  registers.connect(vm.vm);
  registers.update(true);
  registers.update(false);
  words[0] = 8;
  registers.update(true);
  assertEquals([vm.calls, shown()], [["show", "hide", "show"], [8, 2, 3, 4]]);
});

Deno.test("RegisterPage begins anew in another virtual machine", () => {
  const { page: registers, vm } = page();
  registers.connect(vm.vm);
  registers.update(true);
  registers.connect();
  registers.update(true);
  const next = new RecordedVm();
  registers.connect(next.vm);
  registers.update(true);
  assertEquals([vm.calls, next.calls], [["show"], ["show"]]);
});
