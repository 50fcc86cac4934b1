/** Tests which stores of what a register has already are no exits any more. */

import { assertEquals } from "@std/assert";
import { KeptRegister } from "../../machine/kept_register.ts";
import type { Doorbell, Register, SmpVm } from "../../vm/contract.ts";

const ADDRESS = 0x900_0030;

/** A register in a virtual machine, and what that was told. */
function setUp() {
  const told: string[] = [];
  const vm: Pick<SmpVm, "createDoorbell"> = {
    createDoorbell({ address, size, value }: Register): Doorbell {
      told.push(`${address.toString(16)} ${size} ${value}`);
      return {
        take: () => false,
        listen() {},
        ignore() {},
        [Symbol.dispose]: () => told.push("gone"),
      };
    },
  };
  const register = new KeptRegister(ADDRESS);
  register.connect(vm as SmpVm);
  const keep = (value: number, times: number, size = 2) => {
    for (let i = 0; i < times; i++) register.kept(value, size);
  };
  return { register, vm: vm as SmpVm, told, keep };
}

Deno.test("KeptRegister takes stores away once the same has been stored four times", () => {
  const { told, keep } = setUp();
  keep(0x301, 3);
  assertEquals(told, []);
  keep(0x301, 5);
  assertEquals(told, ["9000030 2 769"]);
});

Deno.test("KeptRegister begins to count again with another value, or another width", () => {
  const { told, keep } = setUp();
  for (const [value, size] of [[1, 2], [1, 4], [2, 4], [1, 4]] as const) keep(value, 3, size);
  assertEquals(told, []);
});

Deno.test("KeptRegister lets all stores exit when the register has changed", () => {
  const { register, told, keep } = setUp();
  keep(1, 4);
  register.changed();
  register.changed();
  keep(2, 4);
  assertEquals(told, ["9000030 2 1", "gone", "9000030 2 2"]);
});

Deno.test("KeptRegister does that no more often than a guest may ask for", () => {
  const { register, vm, told, keep } = setUp();
  const changeAndKeep = () => {
    for (let i = 0; i < 1000; i++) {
      keep(i, 4);
      register.changed();
    }
  };
  changeAndKeep();
  assertEquals(told.length, 2 * 16);
  register.connect(vm);
  changeAndKeep();
  assertEquals(told.length, 4 * 16);
});

Deno.test("KeptRegister does nothing without a virtual machine", () => {
  const { register, told, keep } = setUp();
  register.connect();
  keep(1, 10);
  register.changed();
  assertEquals(told, []);
});
