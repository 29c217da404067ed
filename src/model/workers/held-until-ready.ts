import type { EventEmitter } from "node:events";
import type { FromWorker } from "./worker-messages.ts";

/**
 * Holds messages to a worker until it says that it is ready. Under Deno, a message that arrives before the
 * worker listens is lost, and the caller would wait forever.
 */
export function heldUntilReady<Message extends readonly unknown[]>(
  worker: EventEmitter,
  send: (...message: Message) => void,
): (...message: Message) => void {
  let held: Message[] | undefined = [];
  worker.on("message", ({ kind }: FromWorker) => {
    if (kind !== "ready") return;
    const messages = held ?? [];
    held = undefined;
    for (const message of messages) send(...message);
  });
  return (...message) => {
    if (held) held.push(message);
    else send(...message);
  };
}
