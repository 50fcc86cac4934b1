/** Where the steps of building a virtual machine are told to whoever wants to follow them. */

/** Receives the steps, one after the other. */
export interface Trace {
  /** One of the steps that every virtual machine takes, to be numbered. */
  step(text: string): void;
  /** Something else worth knowing. */
  note(text: string): void;
}

/** Tells nobody. */
export const silent: Trace = { step() {}, note() {} };
