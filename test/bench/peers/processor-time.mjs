import { existsSync, readFileSync } from "node:fs";

const tickMs = 10;

/** Processor time that a process has used so far; 0 if the system does not report it. */
export function processMs(id) {
  const fields = read(`/proc/${id}/stat`).split(") ").at(-1).split(" ");
  return tickMs * (Number(fields[11] ?? 0) + Number(fields[12] ?? 0));
}

/** The most memory that a process has held, in MB; 0 if the system does not report it. */
export function peakMbOf(id) {
  const [, kibibytes] = /VmHWM:\s+(\d+)/.exec(read(`/proc/${id}/status`)) ?? [];
  return (Number(kibibytes ?? 0) * 1024) / 1e6;
}

/** Processor time that everything on the machine has used so far, stolen time included. */
export function busyMs() {
  const [user, nice, system, , , ...interrupts] = read("/proc/stat").split(/\s+/).slice(1, 9);
  return (
    tickMs * [user, nice, system, ...interrupts].reduce((sum, value) => sum + Number(value ?? 0), 0)
  );
}

function read(path) {
  return existsSync(path) ? readFileSync(path, "utf8") : "";
}
