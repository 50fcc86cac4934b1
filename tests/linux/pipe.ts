/** Reads what a guest says to a pipe. */

const READY = "ready\r\n";

/** Reads up to the end of what the guest says when it is ready, a line "ready"; gives what came behind it. */
export async function untilReady(
  reader: ReadableStreamDefaultReader<Uint8Array>,
): Promise<Uint8Array> {
  let seen = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`the guest ended, and said: ${seen}`);
    seen += new TextDecoder("latin1").decode(value);
    const at = seen.indexOf(READY);
    if (at >= 0) return Uint8Array.from(seen.slice(at + READY.length), (c) => c.charCodeAt(0));
  }
}

/** Reads as many bytes, or to the end. */
export async function readBytes(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  first: Uint8Array,
  size: number,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(size);
  let length = 0;
  for (let piece: Uint8Array | undefined = first; piece !== undefined && length < size;) {
    bytes.set(piece.subarray(0, size - length), length);
    length += piece.length;
    if (length < size) piece = (await reader.read()).value;
  }
  return bytes.subarray(0, length);
}
