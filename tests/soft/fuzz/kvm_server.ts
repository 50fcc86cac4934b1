/** Runs images on KVM for another process, which writes them to the standard input and reads results from the standard output. */

import { KvmSystem } from "../../../kvm/system.ts";
import { writeAll } from "../../arm64/ports.ts";
import { encodeReply, PieceReader, readRequest } from "./exchange.ts";
import { runImage } from "./run_image.ts";

if (import.meta.main) {
  const reader = new PieceReader(Deno.stdin.readable);
  using system = KvmSystem.open();
  for (let request = await readRequest(reader); request; request = await readRequest(reader)) {
    const result = await runImage(system, request.image, request.milliseconds);
    for (const piece of encodeReply(result)) await writeAll(Deno.stdout, piece);
  }
}
