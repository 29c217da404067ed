import { availableParallelism, cpus, release, totalmem, type } from "node:os";
import { relative } from "node:path";
import { findInt8Kernels } from "../../../dist/model/workers/int8-arithmetic.js";

/** A whole number with thousands separated. */
export function rounded(value) {
  return Math.round(value).toLocaleString("en-US");
}

/** Prints a Markdown table whose first column holds names and the others numbers. */
export function printTable(head, rows) {
  const line = head.map((_title, column) => (column === 0 ? "---" : "---:"));
  for (const cells of [head, line, ...rows]) console.log(`| ${cells.join(" | ")} |`);
  console.log();
}

/** Prints where and with what it was measured; `loadBefore` is the load before the peers were started. */
export async function printConditions(peers, loadBefore) {
  const { idlePeers, strangers } = peers.disturbance();
  const gibibytes = (totalmem() / 2 ** 30).toFixed(0);
  const command = [relative(".", process.argv[1]), ...process.argv.slice(2)].join(" ");
  console.log(
    [
      `\`node ${command}\`: ${availableParallelism()} cores of ${processorName(await findInt8Kernels())}, ${gibibytes} GiB,`,
      `${type()} ${release()}, ${new Date().toISOString().slice(0, 10)}.`,
      `Load before the start ${loadBefore.toFixed(2)}; while a peer worked, the idle ones used`,
      `${percent(idlePeers)} of a core and whatever else ran on the machine ${percent(strangers)}.\n`,
    ].join(" "),
  );
  const namesByVersions = new Map();
  for (const name of peers.names()) {
    const versions = Object.entries(peers.versions(name)).map((entry) => entry.join(" "));
    const line = versions.join(", ");
    namesByVersions.set(line, [...(namesByVersions.get(line) ?? []), name]);
  }
  for (const [versions, names] of namesByVersions)
    console.log(`- ${names.join("; ")}: ${versions}`);
  for (const [name, reason] of peers.failures) console.log(`- ${name}: left out, ${reason}`);
  if (strangers > 0.05) console.error("The machine was busy: measure again when it is quiet.");
}

function processorName(kernels) {
  return `${cpus()[0].model} (int8 kernels: ${kernels})`;
}

function percent(share) {
  return `${(100 * share).toFixed(1)} %`;
}
