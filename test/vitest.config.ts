import { defineConfig } from "vitest/config";

const integration = "test/**/*.int.test.ts";
const slow = ["test/faults/**/*.test.ts", "test/runtimes/**/*.test.ts", "test/**/*.slow.test.ts"];

export default defineConfig({
  test: {
    projects: [
      {
        // Pure code and tiny graphs: files run side by side.
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: [integration, ...slow],
          maxWorkers: "100%",
          // No file changes what another one reads, so their modules are loaded once in each process.
          isolate: false,
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        // Real models, servers, browsers and processes, which take every core: one file after the other.
        test: {
          name: "integration",
          include: [integration],
          exclude: slow,
          testTimeout: 60_000,
          hookTimeout: 120_000,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        // What takes minutes by its nature: planted faults, random input, other runtimes.
        test: {
          name: "slow",
          include: slow,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          maxWorkers: 2,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
