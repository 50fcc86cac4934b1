/** What `--disk` asks for. */

import { VIRTIO_MMIO_COUNT } from "../machine/virt_layout.ts";
import { UsageError } from "./usage.ts";

/** A disk of the guest's. */
export interface DiskOption {
  /** The file or block device. */
  readonly path: string;
  readonly readOnly: boolean;
  /** What the guest knows it by, if the command line says. */
  readonly serial?: string;
}

/** As much as a guest gets to see, in bytes (virtio 1.2, 5.2.6: VIRTIO_BLK_T_GET_ID). */
const MOST_SERIAL = 20;

/**
 * Takes the values of all `--disk` options apart: FILE[,ro][,serial=TEXT].
 *
 * @throws {UsageError} if they make no sense.
 */
export function parseDisks(option: string, texts: readonly string[]): DiskOption[] {
  if (texts.length > VIRTIO_MMIO_COUNT) {
    throw new UsageError(
      `${option} is given ${texts.length} times; the virt machine has room for ${VIRTIO_MMIO_COUNT} devices`,
    );
  }
  return texts.map((text) => parseDisk(option, text));
}

function parseDisk(option: string, text: string): DiskOption {
  const [path = "", ...flags] = text.split(",");
  if (path === "") throw new UsageError(`${option} needs a file: FILE[,ro][,serial=TEXT]`);
  let readOnly = false;
  let serial: string | undefined;
  for (const flag of flags) {
    if (flag === "ro") readOnly = true;
    else if (flag.startsWith("serial=")) serial = parseSerial(option, flag.slice("serial=".length));
    else throw new UsageError(`${option} has no flag "${flag}"; there are ro and serial=TEXT`);
  }
  return { path, readOnly, ...(serial !== undefined && { serial }) };
}

function parseSerial(option: string, text: string): string {
  const { length } = new TextEncoder().encode(text);
  if (length >= 1 && length <= MOST_SERIAL) return text;
  throw new UsageError(`${option}: a serial has 1 to ${MOST_SERIAL} bytes, not ${length}`);
}
