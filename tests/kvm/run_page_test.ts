/** Tests how a vCPU's shared memory is decoded, with a file in the kernel's place. */

import { assertEquals, assertThrows } from "@std/assert";
import { Block } from "../../kvm/block.ts";
import { SystemCallError } from "../../kvm/errno.ts";
import { cString, libc, pageSize } from "../../kvm/libc.ts";
import { RunPage } from "../../kvm/run_page.ts";
import type { Path } from "../../kvm/struct.ts";
import { kvm_run } from "../../kvm/structs.ts";
import { inTempFolder } from "../temp_folder.ts";

const O_RDWR = 2;

/** Writes the kernel's side of the mapping. */
type Kernel = (bytes: Uint8Array, at: number) => void;

/** Calls `fn` with a mapping of a file, whose bytes both sides see. */
function withPage(fn: (page: RunPage, kernel: Kernel, pageSize: number) => void): void {
  inTempFolder((folder) => {
    const size = pageSize();
    Deno.writeFileSync(`${folder}/page`, new Uint8Array(2 * size));
    const fd = libc().open(cString(`${folder}/page`), O_RDWR, 0);
    using file = Deno.openSync(`${folder}/page`, { write: true });
    const page = RunPage.map(fd, 2 * size, true);
    try {
      const kernel: Kernel = (bytes, at) => {
        file.seekSync(at, Deno.SeekMode.Start);
        file.writeSync(bytes);
      };
      fn(page, kernel, size);
    } finally {
      page.unmap();
      libc().close(fd);
    }
  });
}

type Field = Path<typeof kvm_run.fields>;

/** What kvm_run with these fields decodes to. */
function decoded(fields: Partial<Record<Field, number | bigint>>): unknown {
  let exit: unknown;
  withPage((page, kernel) => {
    const run = new Block(kvm_run);
    for (const [field, value] of Object.entries(fields)) run.set(field as Field, value);
    kernel(run.bytes, 0);
    const found = page.decode();
    const { reason, physAddr, len, isWrite } = page;
    exit = found === page ? { reason, physAddr, len, isWrite } : found;
  });
  return exit;
}

Deno.test("RunPage.decode gives an MMIO load its address and width", () => {
  assertEquals(
    decoded({ exit_reason: 6, "exit.mmio.phys_addr": 0xf_ffff_ffff_f998n, "exit.mmio.len": 4 }),
    {
      reason: 6,
      physAddr: 0xf_ffff_ffff_f998,
      len: 4,
      isWrite: false,
    },
  );
});

Deno.test("RunPage.decode tells an MMIO store from a load", () => {
  const store = decoded({ exit_reason: 6, "exit.mmio.len": 1, "exit.mmio.is_write": 1 });
  assertEquals((store as { isWrite: boolean }).isWrite, true);
});

Deno.test("RunPage.decode shows the data of a store", () => {
  withPage((page, kernel) => {
    kernel(new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]), kvm_run.offset["exit.mmio.data"]);
    kernel(new Uint8Array([6]), kvm_run.offset.exit_reason);
    const exit = page.decode();
    assertEquals("data" in exit && exit.data.getBigUint64(0, true), 0x0807_0605_0403_0201n);
  });
});

Deno.test("RunPage.decode knows an interruption", () => {
  assertEquals(decoded({ exit_reason: 10 }), { reason: 10 });
});

Deno.test("RunPage.decode gives a system event its type", () => {
  assertEquals(decoded({ exit_reason: 24, "exit.system_event.type": 2 }), {
    reason: 24,
    type: 2,
  });
});

Deno.test("RunPage.decode gives an access without syndrome its address", () => {
  const fields = { "exit.arm_nisv.esr_iss": 0x45, "exit.arm_nisv.fault_ipa": 0x12_3456_7890n };
  assertEquals(decoded({ exit_reason: 28, ...fields }), {
    reason: 28,
    esrIss: 0x45,
    faultIpa: 0x12_3456_7890,
  });
});

Deno.test("RunPage.decode gives a failed entry its reason and CPU", () => {
  const fields = {
    "exit.fail_entry.hardware_entry_failure_reason": 0x8000_0021n,
    "exit.fail_entry.cpu": 5,
  };
  assertEquals(decoded({ exit_reason: 9, ...fields }), {
    reason: 9,
    hardwareEntryFailureReason: 0x8000_0021n,
    cpu: 5,
  });
});

Deno.test("RunPage.decode gives an internal error its suberror", () => {
  assertEquals(decoded({ exit_reason: 17, "exit.internal.suberror": 3 }), {
    reason: 17,
    suberror: 3,
  });
});

Deno.test("RunPage.decode keeps the number of a reason that it does not know", () => {
  assertEquals(decoded({ exit_reason: 99 }), { reason: 0, exitReason: 99 });
});

Deno.test("RunPage.map says why there is nothing to map", () => {
  const error = assertThrows(() => RunPage.map(-1, 8192, true), SystemCallError);
  assertEquals(error.message, "mmap of kvm_run failed: EBADF");
});
