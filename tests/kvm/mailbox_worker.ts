/** Does what a vCPU's thread does (kvm/vcpu_thread.ts), in an isolate; for kvm/mailbox_test.ts. */

import { Futex } from "../../kvm/futex.ts";
import { errno, libc } from "../../kvm/libc.ts";
import { Layout, State } from "../../kvm/mailbox.ts";

/** Which mailbox is this isolate's. */
export interface Start {
  readonly words: Int32Array<SharedArrayBuffer>;
  readonly i: number;
}

const scope = self as unknown as {
  onmessage: (event: MessageEvent<Start>) => void;
  postMessage(message: string): void;
  close(): void;
};

function serve({ words, i }: Start): void {
  const line = Layout.line * (i + 1);
  const state = line + Layout.state;
  const asleep = line + Layout.asleep;
  const own = new Futex(words, state);
  const one = new Uint8Array(words.buffer, 4 * Layout.one, 8);
  for (;;) {
    Atomics.store(words, state, State.stopped);
    Atomics.add(words, Layout.bell, 1);
    if (Atomics.load(words, Layout.sleepers) !== 0) {
      libc().write(
        words[Layout.bellFd]!,
        one as Uint8Array<ArrayBufferLike> as Uint8Array<ArrayBuffer>,
        8n,
      );
    }
    let left = words[Layout.spins]!;
    while (Atomics.load(words, state) === State.stopped) {
      if (left-- > 0) continue;
      Atomics.store(words, asleep, 1);
      own.wait(State.stopped, 60_000);
      Atomics.store(words, asleep, 0);
    }
    if (Atomics.load(words, state) === State.quit) return;
    const [fd, request] = [words[line + Layout.fd]!, words[line + Layout.request]!];
    words[line + Layout.error] = libc().ioctlPointer(fd, request, null) < 0 ? errno() : 0;
  }
}

scope.onmessage = ({ data }) => {
  serve(data);
  scope.postMessage("ended");
  scope.close();
};
