import { createRequire } from "node:module";
import { throughExitGate } from "./exit-gate.ts";

// Loading the native library is a native call, too, so it happens before the imports below; `require` needs no
// other thread.
await throughExitGate(async () => createRequire(import.meta.url)("onnxruntime-node"));

const { serveTasks } = await import("./serve-tasks.ts");
const { loadSession } = await import("./session.ts");
serveTasks(loadSession);
