/** Blocks its thread and says whether a signal interrupted it; for kvm/ticker_test.ts. */

import { poll } from "./poll.ts";

const scope = self as unknown as {
  onmessage: (event: MessageEvent<number>) => void;
  postMessage(result: number): void;
};

// The first answer says that this thread is ready.
scope.postMessage(poll(0));
scope.onmessage = ({ data }) => scope.postMessage(poll(data));
