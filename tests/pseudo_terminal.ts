/** A pseudo terminal: what is typed there, what a process shows there, and its settings. */

import { Block } from "../kvm/block.ts";
import { array, struct, u32, u8 } from "../kvm/struct.ts";

const O_RDWR = 2;
const O_NOCTTY = 0o400;
const O_NONBLOCK = 0o4000;
/** No process that is started may hold the person's side open. */
const O_CLOEXEC = 0o2000000;
const TCSANOW = 0;
const TIOCSWINSZ = 0x5414n;

/** `struct termios` of glibc, the same on arm64 and x86-64. */
const termios = struct({
  c_iflag: u32,
  c_oflag: u32,
  c_cflag: u32,
  c_lflag: u32,
  c_line: u8,
  c_cc: array(u8, 32),
  c_ispeed: u32,
  c_ospeed: u32,
});

const symbols = {
  // int posix_openpt(int flags);
  posix_openpt: { parameters: ["i32"], result: "i32" },
  // int grantpt(int fd);
  grantpt: { parameters: ["i32"], result: "i32" },
  // int unlockpt(int fd);
  unlockpt: { parameters: ["i32"], result: "i32" },
  // int ptsname_r(int fd, char *buf, size_t buflen);
  ptsname_r: { parameters: ["i32", "buffer", "usize"], result: "i32" },
  // int tcgetattr(int fd, struct termios *termios_p);
  tcgetattr: { parameters: ["i32", "buffer"], result: "i32" },
  // int tcsetattr(int fd, int optional_actions, const struct termios *termios_p);
  tcsetattr: { parameters: ["i32", "i32", "buffer"], result: "i32" },
  // int ioctl(int fd, unsigned long request, ...);
  ioctl: { parameters: ["i32", "usize", "buffer"], result: "i32" },
  // ssize_t write(int fd, const void *buf, size_t count);
  write: { parameters: ["i32", "buffer", "usize"], result: "isize" },
  // int close(int fd);
  close: { parameters: ["i32"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;

/** Fails where a function of libc did. */
function check(name: string, result: number | bigint): number {
  if (result < 0) throw new Error(`${name} failed`);
  return Number(result);
}

/** The side of a pseudo terminal where a person sits. */
export class PseudoTerminal implements Disposable {
  readonly #libc = Deno.dlopen("libc.so.6", symbols);
  #fd: number;
  /** The device that a process takes for its terminal. */
  readonly path: string;

  constructor() {
    const { posix_openpt, grantpt, unlockpt, ptsname_r } = this.#libc.symbols;
    this.#fd = check("posix_openpt", posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC));
    check("grantpt", grantpt(this.#fd));
    check("unlockpt", unlockpt(this.#fd));
    const name = new Uint8Array(64);
    if (ptsname_r(this.#fd, name, BigInt(name.length)) !== 0) throw new Error("ptsname_r failed");
    this.path = new TextDecoder().decode(name.subarray(0, name.indexOf(0)));
  }

  /** All settings, as bytes. */
  get settings(): Uint8Array {
    return this.#getattr().bytes.slice();
  }

  /** Whether typed characters are shown, and lines are collected before anybody gets them. */
  get isCooked(): boolean {
    const ICANON_AND_ECHO = 0o2 | 0o10;
    return (this.#getattr().get("c_lflag") & ICANON_AND_ECHO) === ICANON_AND_ECHO;
  }

  /** Changes a setting that nothing depends on, so that these settings can be told from any default. */
  makeUnusual(): void {
    const now = this.#getattr();
    const VLNEXT = 15;
    now.set("c_cc", 0x19, VLNEXT);
    check("tcsetattr", this.#libc.symbols.tcsetattr(this.#fd, TCSANOW, now.bytes));
  }

  /** Types. */
  type(text: string): void {
    const bytes = new TextEncoder().encode(text);
    check("write", this.#libc.symbols.write(this.#fd, bytes, BigInt(bytes.length)));
  }

  /** Makes the window larger or smaller: the processes in it get SIGWINCH. */
  resize(columns: number, rows: number): void {
    // `struct winsize`: rows and columns, and what they are in pixels.
    const size = new Uint16Array([rows, columns, 0, 0]);
    check("TIOCSWINSZ", this.#libc.symbols.ioctl(this.#fd, TIOCSWINSZ, size));
  }

  /** The person closes the window: the terminal is gone. */
  hangUp(): void {
    if (this.#fd >= 0) this.#libc.symbols.close(this.#fd);
    this.#fd = -1;
  }

  [Symbol.dispose](): void {
    this.hangUp();
    this.#libc.close();
  }

  #getattr(): Block<typeof termios.fields> {
    const block = new Block(termios);
    check("tcgetattr", this.#libc.symbols.tcgetattr(this.#fd, block.bytes));
    return block;
  }
}
