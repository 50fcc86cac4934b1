/** Deno's event loop, beside a vCPU that keeps the thread for itself. */

const NOTHING = new Uint8Array();

/**
 * Lets timers, signals, and input and output that are done through.
 *
 * Deno looks for these when its thread has nothing to do but wait; as long as
 * something is always to be done (`setImmediate`), at every 61st turn only
 * (tokio's event_interval). So this waits: for a hash of nothing, which another
 * thread has ready in 40 microseconds. The shortest timer would take 2 ms.
 */
export async function turnEventLoop(): Promise<void> {
  await crypto.subtle.digest("SHA-1", NOTHING);
}
