/**
 * What Ctrl-C and the like do while a box, or a command in its stead, is running.
 *
 * @module
 */

const ENDING = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;

/** Calls `handle` instead of ending this process, until it is disposed of. */
export function onSignals(
  handle: (number: number, name: keyof typeof ENDING) => void,
): Disposable {
  using undo = new DisposableStack();
  for (const name of Object.keys(ENDING) as (keyof typeof ENDING)[]) {
    const listener = () => handle(ENDING[name], name);
    Deno.addSignalListener(name, listener);
    undo.defer(() => Deno.removeSignalListener(name, listener));
  }
  return undo.move();
}
