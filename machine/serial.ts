/** The virt machine's serial port: a PL011 whose output and register reads are hardly ever an exit, and whose input waits until somebody is there to take it. */

import { type Console, DATA, STATUS, STATUS_INPUT_READY } from "../devices/console.ts";
import type { NOT_YET } from "../devices/device.ts";
import { Pl011 } from "../devices/pl011.ts";
import { realTimer, type Timer } from "../devices/timer.ts";
import { INT_TX, UARTCR, UARTDR, UARTIMSC } from "../devices/pl011_registers.ts";
import type { SmpVm } from "../vm/contract.ts";
import { InputPace } from "./input_pace.ts";
import { KeptRegister } from "./kept_register.ts";
import { RegisterPage } from "./register_page.ts";
import { PL011 } from "./virt_layout.ts";

/** How long a guest that does not wait for input by interrupt must have printed nothing until input is offered to it, in milliseconds. */
const SILENCE = 100;

/** The serial port, between a PL011 and the host's console. */
export class Serial {
  /** For the bus. */
  readonly uart: Pl011;
  readonly #console: Console;
  readonly #page: RegisterPage;
  readonly #control = new KeptRegister(PL011.base + UARTCR);
  readonly #collects: boolean;
  readonly #takesInput: boolean;
  readonly #pace: InputPace;
  #vm?: SmpVm;
  /** Whether stores to UARTDR wait in the kernel. */
  #isCollecting = false;
  /** Input that has been taken back from the UART, to be given again first. */
  #again: Uint8Array = new Uint8Array();
  /** A guest has read input without an interrupt: it will do so again. */
  #isPolled = false;
  /** Input is offered to a guest that has shown no sign of wanting any. */
  #isOffered = false;
  #isAsking = false;
  #silence?: ReturnType<typeof setTimeout>;

  /**
   * @param page The page for the registers, and the slot it takes.
   * @param line Takes the interrupt's level.
   * @param options.collects Whether output may wait in the kernel; if not, each byte stops the guest.
   * @param options.takesInput Whether input is for this port: it is unless said otherwise.
   * @param options.timer Time, for the pauses between stretches of input; real time unless given.
   */
  constructor(
    console: Console,
    page: { bytes: Uint8Array<SharedArrayBuffer>; slot: number },
    line: (level: boolean) => void,
    options: {
      readonly collects: boolean;
      readonly takesInput?: boolean;
      readonly timer?: Timer;
    } = { collects: true },
  ) {
    this.#console = console;
    this.#collects = options.collects;
    this.#takesInput = options.takesInput ?? true;
    this.#pace = new InputPace(options.timer ?? realTimer, () => this.#fill());
    this.uart = new Pl011({
      send: (byte) => this.#send(byte),
      line,
      onRoom: () => this.#onRoom(),
      onReceiverCleared: () => this.#onReceiverCleared(),
      onChange: () => this.#onChange(),
      onControl: (isKept, value, size) =>
        isKept ? this.#control.kept(value, size) : this.#control.changed(),
      progress: () => console.progress(),
    });
    this.#page = new RegisterPage({
      ...page,
      guestPhysAddr: PL011.base,
      size: PL011.size,
      copyTo: (words) => this.uart.copyTo(words),
    });
  }

  /** Is cut off from its virtual machine, and in its reset state; input waits. */
  disconnect(): void {
    this.#vm = undefined;
    this.#page.connect();
    this.#control.connect();
    this.#isCollecting = false;
    this.#isPolled = false;
    this.#takeBack();
    this.#forgetSilence();
    this.#pace.reset();
    this.uart.reset();
  }

  /** Becomes the serial port of a new virtual machine. */
  connect(vm: SmpVm): void {
    this.#vm = vm;
    // Nobody else would: there is no firmware, and kernels print before they have a driver.
    this.uart.enable();
    this.#collect(true);
    this.#page.connect(vm);
    this.#control.connect(vm);
    this.#page.update(true);
  }

  /** Gives the guest its input, now that it runs. */
  start(): void {
    this.#fill();
  }

  /** Lets the next byte of output be an exit: nobody looks after those in the kernel for a while. */
  rest(): void {
    this.#collect(false);
  }

  /** Whether the guest gets no input for a while, which a timer ends. */
  get isPausing(): boolean {
    return this.#pace.isPausing;
  }

  /** Takes no more input. */
  [Symbol.dispose](): void {
    this.disconnect();
    this.uart[Symbol.dispose]();
  }

  #send(byte: number): typeof NOT_YET | void {
    const answer = this.#console.write(DATA, 1, byte);
    if (!this.#isCollecting) this.#collect(true);
    if (this.#isOffered) this.#takeBack();
    return answer;
  }

  /** A guest that waits for transmit interrupts must get them as it sends. */
  #collect(wanted: boolean): void {
    const collects = wanted && this.#collects && !(this.uart.read(UARTIMSC, 4) & INT_TX);
    if (collects === this.#isCollecting || this.#vm === undefined) return;
    if (collects) {
      this.#isCollecting = this.#vm.registerCoalescedMmio(PL011.base + UARTDR, 4);
    } else {
      this.#vm.unregisterCoalescedMmio(PL011.base + UARTDR, 4);
      this.#isCollecting = false;
    }
  }

  #onChange(): void {
    if (this.#isCollecting) this.#collect(true);
    this.#page.update(this.uart.readsArePlain);
    this.#pace.begin();
    if (this.uart.receives) this.#fill();
  }

  /**
   * The guest has read. The line pauses when it has read all, so that its driver
   * comes to an end and hands on what it has: Linux's stays in its interrupt handler
   * for up to 64 KiB as long as there is more, has room for no more than that, and
   * loses the rest.
   */
  #onRoom(): void {
    if (!this.uart.receives) this.#isPolled = true;
    this.#isOffered = false;
    this.#pace.hasRead();
    if (!this.uart.readsArePlain || this.isPausing) return;
    if (!this.#pace.isOpen || !this.#give()) this.#pace.wantPause();
  }

  /** A driver is about to start, and throws away what it finds. */
  #onReceiverCleared(): void {
    this.#isPolled = false;
    this.#takeBack();
    this.#offerLater();
  }

  /** Gives the UART what it has room for, if somebody is there to take it. */
  #fill(): void {
    if (this.#vm === undefined || !this.#pace.isOpen || !this.#takesInput) return;
    if (!this.uart.receives && !this.#isPolled && !this.#isOffered) return this.#offerLater();
    this.#give();
    if (this.uart.room > 0) this.#ask();
  }

  /** Gives the UART input, and says whether there was any that it took. */
  #give(): boolean {
    const { room } = this.uart;
    while (this.uart.room > 0) {
      const again = this.#again.subarray(0, this.uart.room);
      const bytes = again.length > 0 ? again : this.#console.take(this.uart.room);
      if (bytes.length === 0) break;
      this.#again = this.#again.subarray(again.length);
      this.#pace.gave(bytes.length);
      this.uart.receive(bytes);
    }
    return this.uart.room < room;
  }

  /** Fills on when there is input. */
  #ask(): void {
    if (this.#isAsking) return;
    this.#isAsking = true;
    this.#console.ask().then((isThere) => {
      this.#isAsking = false;
      if (isThere) this.#fill();
    });
  }

  get #hasInput(): boolean {
    return this.#again.length > 0 || this.#console.read(STATUS, 1) === STATUS_INPUT_READY;
  }

  /** Deno takes a while for the first use of timers, which the start of a guest can do without. */
  #forgetSilence(): void {
    if (this.#silence !== undefined) clearTimeout(this.#silence);
    this.#silence = undefined;
  }

  /** Offers input once the guest has been silent for a while. */
  #offerLater(): void {
    if (!this.#takesInput) return;
    this.#forgetSilence();
    // Without input there is nothing to offer.
    if (!this.#hasInput) return this.#ask();
    const printed = this.#console.bytesOut;
    this.#silence = setTimeout(() => {
      if (this.#console.bytesOut !== printed) return this.#offerLater();
      this.#isOffered = true;
      this.#fill();
    }, SILENCE);
  }

  /** Takes input back that nobody has read. */
  #takeBack(): void {
    this.#isOffered = false;
    this.#pace.forget();
    const back = this.uart.takeBack();
    if (back.length === 0) return;
    const again = new Uint8Array(back.length + this.#again.length);
    again.set(back);
    again.set(this.#again, back.length);
    this.#again = again;
    this.#offerLater();
  }
}
