/**
 * The host's side of the box's virtio-serial ports: a Unix socket each, and the mark that ends an
 * output.
 *
 * @module
 */

import { join } from "@std/path";

/** The ports in the order of their numbers: init.sh knows them as hvc0, vport0p1, vport0p2 ... */
const PORTS = ["terminal", "stdin", "stdout", "stderr", "control"] as const;

/** The connections to the box's ports. */
export type Ports = Record<typeof PORTS[number], Deno.UnixConn>;

/** Listens on the ports' sockets in `folder`, and waits for QEMU to connect to them. */
export async function acceptPorts(folder: string, undo: AsyncDisposableStack): Promise<Ports> {
  const pairs = PORTS.map(async (name) => {
    const listener = undo.use(Deno.listen({ transport: "unix", path: join(folder, name) }));
    return [name, undo.use(await listener.accept())];
  });
  return Object.fromEntries(await Promise.all(pairs));
}

/** QEMU's options for the ports whose sockets are in `folder`. */
export function portOptions(folder: string): string[] {
  const ports = PORTS.flatMap((name, number) => {
    // In QEMU's options a comma is doubled.
    const path = join(folder, name).replaceAll(",", ",,");
    const device = name === "terminal" ? "virtconsole" : "virtserialport";
    const socket = ["-chardev", `socket,id=${name},path=${path}`];
    return [...socket, "-device", `${device},chardev=${name},nr=${number}`];
  });
  return ["-device", "virtio-serial-pci", ...ports];
}

/** A mark that no program writes by chance: 0xFF is no part of UTF-8, and the rest is random. */
export function makeEndMark(): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(32)).fill(0xff, 0, 1);
}

/**
 * Copies one output of the box to `sink` up to the end mark; says whether the mark came.
 *
 * A piece that could be the start of the mark is held back until the next bytes decide.
 */
export async function copyUntilMark(
  source: Deno.UnixConn,
  mark: Uint8Array,
  sink: { write(bytes: Uint8Array): Promise<void> },
): Promise<boolean> {
  const buffer = new Uint8Array(65536);
  let held = 0;
  while (true) {
    // A broken connection says no more than a closed one: QEMU is gone.
    const count = await source.read(buffer.subarray(held)).catch(() => null);
    if (count === null) {
      await sink.write(buffer.subarray(0, held));
      return false;
    }
    const end = held + count;
    held = heldBack(buffer.subarray(0, end), mark);
    await sink.write(buffer.subarray(0, end - held));
    if (held === mark.length) return true;
    buffer.copyWithin(0, end - held, end);
  }
}

/** How many bytes at the end of `bytes` are how the mark starts. */
function heldBack(bytes: Uint8Array, mark: Uint8Array): number {
  const longest = Math.min(bytes.length, mark.length);
  for (let length = longest; length > 0; length--) {
    const tail = bytes.subarray(bytes.length - length);
    if (tail.every((byte, index) => byte === mark[index])) return length;
  }
  return 0;
}

/** Writes all of `bytes`. */
export async function writeAll(
  to: { write(bytes: Uint8Array): Promise<number> },
  bytes: Uint8Array,
): Promise<void> {
  for (let done = 0; done < bytes.length;) done += await to.write(bytes.subarray(done));
}

/** The lines that come through a port. */
export async function* lines(source: Deno.UnixConn): AsyncGenerator<string, void> {
  let text = "";
  for await (const piece of source.readable.pipeThrough(new TextDecoderStream())) {
    const parts = (text + piece).split("\n");
    text = parts.pop() ?? "";
    yield* parts;
  }
}
