import { createRequire } from "node:module";
import { throughExitGate } from "./exit-gate.ts";

// Before the imports below, since loading the native library is a native call, too; by `require`, which
// needs no other thread.
await throughExitGate(async () => createRequire(import.meta.url)("onnxruntime-node"));

const { serveTasks } = await import("./serve-tasks.ts");
const { loadSession } = await import("./session.ts");
serveTasks(loadSession);
