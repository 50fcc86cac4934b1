/** Registers tests that need something a host may lack: without it they are ignored, and their names say why. */

/** Registers a test, as `Deno.test` does. */
export interface Register {
  (name: string, fn: () => void | Promise<void>): void;
  /** The test will not run. */
  readonly ignores?: boolean;
}

/**
 * Registers tests that are ignored unless something is there.
 *
 * @param need What that is, for the names of the ignored tests.
 */
export function testsThatNeed(need: string, isThere: boolean): Register {
  const ignores = !isThere;
  const register: Register = (name, fn) =>
    Deno.test({ name: ignores ? `${name} (needs ${need})` : name, ignore: ignores, fn });
  return Object.assign(register, { ignores });
}

/** Whether guests can run here. */
export const hasKvm = canOpenKvm();

function canOpenKvm(): boolean {
  if (Deno.build.os !== "linux" || Deno.build.arch !== "aarch64") return false;
  try {
    Deno.openSync("/dev/kvm", { read: true, write: true }).close();
    return true;
  } catch {
    return false;
  }
}

/** Registers a test that runs a guest. */
export const kvmTest = testsThatNeed("arm64 Linux with /dev/kvm", hasKvm);

/** Registers a test for hosts where no guest can run. */
export const noKvmTest = testsThatNeed(
  "a host other than arm64 Linux",
  Deno.build.arch !== "aarch64",
);

/** Registers a test that takes long in the emulated box, as starting Deno does, for nothing that is about arm64 or KVM. */
export const hostTest = testsThatNeed("a host that is not emulated", !Deno.env.has("ORCHID_BOX"));
