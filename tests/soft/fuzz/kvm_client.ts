/** Runs images on real KVM: on this host if it is arm64, or else in the ARM box. */

import { fromFileUrl } from "@std/path";
import { encodeRequest, PieceReader, readReply } from "./exchange.ts";
import type { Image } from "./image.ts";
import type { ImageResult } from "./run_image.ts";

/** Runs a command on arm64 with KVM, wherever that is. */
const RUN_ON_ARM64 = fromFileUrl(new URL("../../arm64/main.ts", import.meta.url));
const SERVER = ["deno", "run", "--allow-all", "--no-check", "tests/soft/fuzz/kvm_server.ts"];

/** The process with KVM has ended. */
export class KvmClientError extends Error {
  override name = "KvmClientError";
}

/** A process with KVM. */
export class KvmClient implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #reader: PieceReader;
  /** The last run that was asked for: one waits for the other. */
  #last: Promise<unknown> = Promise.resolve();

  constructor() {
    this.#process = new Deno.Command(Deno.execPath(), {
      args: ["run", "--allow-all", "--no-check", RUN_ON_ARM64, "--", ...SERVER],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    this.#writer = this.#process.stdin.getWriter();
    this.#reader = new PieceReader(this.#process.stdout);
  }

  /** Runs an image, after those before. @throws {KvmClientError} if the process has ended. */
  run(image: Image, milliseconds: number): Promise<ImageResult> {
    const result = this.#last.then(() => this.#exchange(image, milliseconds));
    this.#last = result.catch(() => {});
    return result;
  }

  async #exchange(image: Image, milliseconds: number): Promise<ImageResult> {
    for (const piece of encodeRequest({ image, milliseconds })) await this.#writer.write(piece);
    const result = await readReply(this.#reader);
    if (result === undefined) {
      throw new KvmClientError("the process that runs images on KVM has ended");
    }
    return result;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writer.close().catch(() => {});
    await this.#process.status;
  }
}
