/** Registers tests of guests once for each way to execute them, with the same expectations: what KVM does is what the software CPU must do. */

import { KvmSystem } from "../../kvm/system.ts";
import { SoftSystem } from "../../soft/soft_system.ts";
import type { System } from "../../vm/contract.ts";
import { silent } from "../../vm/trace.ts";
import { kvmTest, type Register } from "../test_case.ts";

/** A test that runs guests on a system. */
export type SystemTest = (system: System) => void | Promise<void>;

/** A way to execute guests. */
interface Accelerator {
  readonly name: string;
  readonly register: Register;
  readonly open: () => System;
}

const soft: readonly Accelerator[] = [
  { name: "soft", register: Deno.test, open: () => new SoftSystem() },
  {
    name: "soft, all translated",
    register: Deno.test,
    open: () => new SoftSystem(silent, { warm: 0 }),
  },
];

const kvm: Accelerator = { name: "KVM", register: kvmTest, open: () => KvmSystem.open() };

/** Registers a test for the software CPU, as it is and with all code translated at its first visit. */
export function onSoft(name: string, test: SystemTest): void {
  soft.forEach((accelerator) => add(accelerator, name, test));
}

/** Registers a test for the software CPU, likewise, and for KVM. */
export function acrossAccelerators(name: string, test: SystemTest): void {
  onSoft(name, test);
  add(kvm, name, test);
}

function add({ name: where, register, open }: Accelerator, name: string, test: SystemTest): void {
  register(`${name} (${where})`, async () => {
    using system = open();
    await test(system);
  });
}
