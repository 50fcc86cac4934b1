/** The root of the errors that Orchid throws on purpose: their message is for the user. */

/** Something that Orchid foresaw went wrong; the message says what, and what to do. */
export class OrchidError extends Error {
  /** An error for people. @param message What failed, why, and what to do, in one or two lines. */
  constructor(message: string) {
    super(message);
    this.name = new.target.name;
  }
}
