/** Boots Linux in QEMU or in Orchid, and tells what that took. */

import { join } from "@std/path";
import { PROJECT } from "../tests/arm64/box.ts";
import { V8_FLAGS } from "../tools/bundle.ts";
import { runParameter } from "../tools/linux_image.ts";
import { BenchmarkError, type LongSample, sampleInto } from "./process.ts";
import { DENO } from "./samples.ts";

/** Who boots it: Debian's QEMU, Orchid as one file, which is how it ships, or Orchid from its sources. */
export type Booter = "qemu" | "orchid" | "sources";

/** What is booted. */
export interface Boot {
  /** The number of vCPUs. */
  readonly smp: number;
  /** The kernel keeps its messages to itself. */
  readonly quiet?: boolean;
  /** It stays at the shell's prompt, instead of switching itself off. */
  readonly stays?: boolean;
  /** A shell command that it runs before it switches itself off. */
  readonly runs?: string;
  /** Its RAM in MiB: {@linkcode MEMORY_MIB} unless given. */
  readonly memory?: number;
  /** More options for who boots it. */
  readonly options?: readonly string[];
}

/** Debian's QEMU. */
export const QEMU = "qemu-system-aarch64";

/** The guest's RAM in MiB. */
export const MEMORY_MIB = 256;

/** The last that a kernel prints, quiet or not. */
const LAST_WORDS = "reboot: Power down";

/** The names of files in the benchmark's folder. */
export const FILES = { kernel: "Image", initrd: "initrd.cpio", orchid: "orchid.js" } as const;

/** Boots with what is in the benchmark's folder. */
export class Boots {
  constructor(readonly folder: string) {}

  /** Boots once, from the start of the process to its end. */
  async sample(booter: Booter, boot: Boot): Promise<LongSample> {
    const [output, launch] = [join(this.folder, "output"), join(this.folder, "launch")];
    return await sampleInto(output, launch, this.command(booter, boot), LAST_WORDS);
  }

  /** The command line of one that boots. */
  command(booter: Booter, boot: Boot): string[] {
    const { smp, memory = MEMORY_MIB, options = [] } = boot;
    const [kernel, initrd] = [this.#file("kernel"), this.#file("initrd")];
    const append = commandLine(boot);
    if (booter === "qemu") {
      const machine = ["-M", "virt,gic-version=host", "-accel", "kvm", "-cpu", "host"];
      const size = ["-m", `${memory}`, "-smp", `${smp}`];
      const rest = ["-nographic", "-nic", "none", "-no-reboot", ...options];
      const guest = ["-kernel", kernel, "-initrd", initrd, "-append", append];
      return [QEMU, ...machine, ...size, ...rest, ...guest];
    }
    const main = booter === "orchid"
      ? [...V8_FLAGS, this.#file("orchid")]
      : [join(PROJECT, "main.ts")];
    const size = ["--memory", `${memory}M`, "--smp", `${smp}`];
    const guest = ["--initrd", initrd, "--append", append, kernel];
    return [...DENO, ...main, ...size, ...options, ...guest];
  }

  #file(name: keyof typeof FILES): string {
    return join(this.folder, FILES[name]);
  }
}

function commandLine({ quiet, stays, runs }: Boot): string {
  const words = ["console=ttyAMA0", "panic=-1"];
  if (quiet) words.push("quiet");
  if (!stays) words.push(runParameter(runs ? `${runs}; poweroff -f` : "poweroff -f"));
  return words.join(" ");
}

/** What each says on stderr when the first vCPU runs, if it is asked to: by Orchid's `-v`, and by QEMU's tracing of ioctls (0xae80 is KVM_RUN). */
const FIRST_RUN = {
  qemu: { options: ["-trace", "kvm_vcpu_ioctl"], words: "type 0xae80" },
  orchid: { options: ["-v"], words: "Run vCPU" },
};

/**
 * Starts to boot, and stops it when it first runs a vCPU.
 *
 * @returns The seconds until then.
 * @throws {BenchmarkError} if it ends before.
 */
export async function timeToFirstRun(
  boots: Boots,
  booter: Booter,
  smp: number,
): Promise<number> {
  const { options, words } = FIRST_RUN[booter === "qemu" ? "qemu" : "orchid"];
  const [program = "", ...args] = boots.command(booter, { smp, quiet: true, options });
  const start = performance.now();
  const streams = { stdin: "null", stdout: "null", stderr: "piped" } as const;
  const child = new Deno.Command(program, { args, ...streams }).spawn();
  let said = "";
  try {
    for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) {
      said += text;
      if (said.includes(words)) return (performance.now() - start) / 1000;
    }
    throw new BenchmarkError(`${program} did not say ${JSON.stringify(words)}:\n${said}`);
  } finally {
    child.kill("SIGKILL");
    await child.status;
  }
}
