/** Builds the virt machine that the options ask for. */

import type { Progress } from "../boot/copy.ts";
import type { GuestFile } from "../boot/guest_file.ts";
import { VirtioBlock } from "../devices/virtio/block.ts";
import { VirtioEntropy } from "../devices/virtio/entropy.ts";
import { getAffinity, type HostCpu, hostCpus } from "../kvm/host_cpus.ts";
import { HostFile } from "../kvm/host_file.ts";
import { hostPmus } from "../kvm/host_pmus.ts";
import { HostDisk } from "../kvm/disk.ts";
import { writeFile } from "../kvm/file.ts";
import { fillRandom } from "../kvm/random.ts";
import { chooseCpus } from "../machine/cpu_choice.ts";
import { choosePmu } from "../machine/pmu_choice.ts";
import { type HostChoice, isSmp, VirtMachine } from "../machine/virt.ts";
import { VirtMachineError } from "../machine/virt_limits.ts";
import type { DiskOption } from "./disk.ts";
import type { Options } from "./options.ts";
import { ProgressBar } from "./progress_bar.ts";
import { say, write } from "./say.ts";
import { KEY_HELP, SerialInput } from "./serial_input.ts";
import type { Setup } from "./setup.ts";
import { hintAtSilence } from "./silence.ts";
import { MeteredRunner, statsTable } from "./stats.ts";
import { reportUnclaimed } from "./unclaimed.ts";
import { WindowSize } from "./window_size.ts";

/** More queues than that are of no use to a disk whose requests all go through one thread. */
const MOST_DISK_QUEUES = 8;

/** Builds the machine, takes the terminal over, and sees to what a person may want of it. */
export async function buildVirt(kernel: GuestFile, setup: Setup): Promise<VirtMachine> {
  const { options, system, stop, trace, made } = setup;
  if (!isSmp(system)) {
    throw new VirtMachineError(
      "the virt machine needs KVM, and cannot run on the software CPU yet",
    );
  }
  const open = (path: string | undefined) =>
    path === undefined ? undefined : made.use(HostFile.open(path));
  const openDisk = (disk: DiskOption) => made.use(HostDisk.open(disk.path, disk));
  const queues = Math.min(options.smp ?? 1, MOST_DISK_QUEUES);
  const input = made.use(
    new SerialInput({
      exit: () => stop.byKey(),
      powerKey: () => machine.pressPowerKey(),
      statistics: () => write(`${statsTable(meter, machine)}\n`),
      help: () => say(KEY_HELP),
    }),
  );
  const machine = made.use(
    await VirtMachine.create(system, {
      ...options,
      kernel,
      initrd: open(options.initrd),
      dtb: open(options.dtb),
      chooseHost: () => chooseHost(options),
      virtio: [
        ...options.disks.map((disk) => new VirtioBlock(openDisk(disk), queues)),
        ...(options.rng ? [new VirtioEntropy(fillRandom)] : []),
      ],
      input,
      trace,
      // Nobody is told where nobody watches: files are read in fewer pieces then.
      onProgress: Deno.stderr.isTerminal() ? showProgress : undefined,
      onDeviceTree: (bytes) => {
        if (options.dumpDtb !== undefined) writeFile(options.dumpDtb, bytes);
      },
      onUnclaimed: options.verbose ? reportUnclaimed(trace) : undefined,
    }),
  );
  const meter = MeteredRunner.watch(machine);
  made.use(hintAtSilence(machine, options.console));
  if (options.console === "virtio" && input.isTerminal) {
    made.use(new WindowSize((columns, rows) => machine.resizeConsole(columns, rows)));
  }
  let isAsked = false;
  stop.onTerminate = () => {
    // Who asks twice does not want to wait.
    if (isAsked) return false;
    say("SIGTERM: pressed the guest's power key; send it again to end at once");
    machine.pressPowerKey();
    return isAsked = true;
  };
  stop.listen();
  input.start();
  if (input.isTerminal) say(KEY_HELP);
  return machine;
}

/** Chooses what of the host runs the vCPUs, and says what there is to know about it. */
function chooseHost(options: Options): HostChoice {
  const { sets, note } = chooseCpus(usableCpus(options), options.smp ?? 1, options.cpus);
  if (note !== undefined) say(note);
  const pmu = options.pmu ? choosePmu(hostPmus(), sets) : {};
  if (pmu.note !== undefined) say(pmu.note);
  return { cpus: sets, pmu: pmu.hostPmu };
}

/** The host's CPUs to choose from: unless some are asked for, those that this process may use. */
function usableCpus({ cpus }: Options): HostCpu[] {
  const allowed = getAffinity(0);
  return hostCpus().filter(({ id }) => cpus !== undefined || allowed.includes(id));
}

/** Shows how much of a file is loaded, until all of it is. */
function showProgress({ name }: GuestFile): Progress {
  const bar = new ProgressBar(`loading ${name}`);
  return (done, total) => {
    bar.update(done, total);
    if (done === total) bar[Symbol.dispose]();
  };
}
