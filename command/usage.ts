/** How the command is used: the help text, and the error of using it otherwise. */

import { OWN_GUESTS } from "../guests/own.ts";
import { OrchidError } from "../vm/error.ts";

/** The command line makes no sense. */
export class UsageError extends OrchidError {}

/** Words in lines of the width that the help text has, under what they belong to. */
function wrap(words: readonly string[]): string {
  const indent = " ".repeat(25);
  const lines = [indent];
  for (const [i, word] of words.entries()) {
    const more = i === words.length - 1 ? word : `${word}, `;
    if ((lines.at(-1) + more).trimEnd().length > WIDTH) lines.push(indent);
    lines[lines.length - 1] += more;
  }
  return lines.map((line) => line.trimEnd()).join("\n");
}

const WIDTH = 78;

/** What `--help` prints. */
export const help = () =>
  `Orchid runs an arm64 virtual machine, on KVM or on a software CPU.

Usage: main.ts [options] <guest>

  <guest>                an arm64 Linux kernel (Image, plain or gzip), an ELF
                         file, a flat binary, or one of Orchid's own guests by
                         its name:
${wrap(OWN_GUESTS)}

Options:
  --machine tiny|virt    tiny: one vCPU, RAM and a console at 0x996; virt: what
                         Linux needs, where QEMU's virt board has it (default:
                         by the guest, and by the options)
  --accel auto|kvm|soft  what executes the guest: the kernel's KVM, or the
                         software CPU; auto takes KVM where there is one
  --memory SIZE          RAM: 4096, 0x1000, 64K, 512M, 2G (default 1M; virt
                         512M)
  --load-address ADDR    where a flat binary is loaded (default 0x10000; virt
                         0x40080000)
  --entry ADDR           its first instruction (default: the load address)
  --timeout SECONDS      end the guest after that time
  --exit-on-newline      end the guest after the first line it prints
  --no-reboot            end the guest when it asks for a restart
  -v, --verbose          tell each step on stderr
  --stats                print a table of exits and bytes at the end
  --help                 print this text
  --version              print the version

Options of the virt machine:
  --smp N                vCPUs (default 1)
  --cpus LIST            CPUs of the host that run them: 4-7 or 0,2,4-7
                         (default: of one kind, where there is more than one)
  --initrd FILE          the initial RAM disk
  --append STRING        the kernel's command line
  --dtb FILE             the device tree, in place of Orchid's own
  --dump-dtb FILE        write the device tree to a file
  --pmu                  give the guest a performance monitoring unit
  --disk FILE[,ro][,serial=TEXT]
                         a disk, in a file or on a block device; may be given
                         several times (virtio-blk)
  --rng                  give the guest the host's random numbers (virtio-rng)
  --console serial|virtio
                         what the guest's input goes to: its serial port
                         (ttyAMA0, the default), or a terminal that knows its
                         window's size (hvc0, virtio-console)

Exit codes: 0 the guest ended cleanly; 1 the host or Orchid could not go on;
2 wrong usage; 3 the guest crashed; 124 --timeout ran out; 130 Ctrl-C.
`;
