/** What ends a guest from outside: the time it was given, or a signal to the process. */

/** Signals that end the process, and their numbers. */
const SIGNALS = Deno.build.os === "windows"
  ? { SIGINT: 2 }
  : { SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGTERM: 15 };

/** Why a guest was ended from outside. */
export type StopReason =
  | { readonly kind: "timeout"; readonly milliseconds: number }
  | { readonly kind: "signal"; readonly name: string; readonly number: number }
  | { readonly kind: "key" };

/** An AbortSignal for a guest's end: aborted, with a {@linkcode StopReason}, on a signal or when the time is over. */
export class Stop implements Disposable {
  readonly #controller = new AbortController();
  readonly #listeners: [Deno.Signal, () => void][] = [];
  readonly #timer?: ReturnType<typeof setTimeout>;

  /** Told of a SIGTERM; true if something was done about it, and the guest is to go on. */
  onTerminate: () => boolean = () => false;

  /** @param timeout In milliseconds; no limit unless given. */
  constructor(timeout?: number) {
    if (timeout !== undefined) {
      this.#timer = setTimeout(
        () => this.#stop({ kind: "timeout", milliseconds: timeout }),
        timeout,
      );
    }
  }

  /**
   * Listens to signals from now on. Before, they end the process as they always do: there
   * is nothing to clean up yet, and the first listener takes Deno a while.
   */
  listen(): void {
    for (const [name, number] of Object.entries(SIGNALS) as [Deno.Signal, number][]) {
      const listener = () => {
        if (name === "SIGTERM" && this.onTerminate()) return;
        this.#stop({ kind: "signal", name, number });
      };
      Deno.addSignalListener(name, listener);
      this.#listeners.push([name, listener]);
    }
  }

  /** Aborted when the guest is to end. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Ends the guest because a key was pressed for that. */
  byKey(): void {
    this.#stop({ kind: "key" });
  }

  [Symbol.dispose](): void {
    for (const [name, listener] of this.#listeners) Deno.removeSignalListener(name, listener);
    // Deno takes a while for the first use of timers, if only to clear none.
    if (this.#timer !== undefined) clearTimeout(this.#timer);
  }

  #stop(reason: StopReason): void {
    this.#controller.abort(reason);
  }
}
