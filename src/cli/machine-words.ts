import { availableParallelism, cpus } from "node:os";

/** The processor, how many cores of it are to be had, and the version of Node.js. */
export function machineWords(): string {
  return `${processorWords()}, Node.js ${process.version} on ${process.platform}/${process.arch}`;
}

export function processorWords(): string {
  return `${cpus()[0]?.model.trim() ?? "unknown processor"}, ${availableParallelism()} cores`;
}
