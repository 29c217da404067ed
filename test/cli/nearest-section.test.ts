import { expect, test } from "vitest";
import { nearestSection } from "../../src/cli/nearest-section.ts";

const known = [
  "Server.md#server",
  "Server.md#body-limit",
  "Server.md#logger",
  "Hooks.md#hooks",
  "guides/Logging.md#usage",
  "Logging.md#usage",
];

test.each([
  ["Server.md#bodylimit", "Server.md#body-limit"],
  ["server.md#Body_Limit", "Server.md#body-limit"],
  ["Server.md#bodylimits", "Server.md#body-limit"],
  ["Server.md#log", undefined],
  ["Server.md#loger", "Server.md#logger"],
  ["Hooks.md#hoosk", "Hooks.md#hooks"],
  ["Sever.md#body-limit", "Server.md#body-limit"],
  ["Hook.md#hooks", "Hooks.md#hooks"],
  ["guide/Logging.md#usage", "guides/Logging.md#usage"],
  ["Server.md#nothing-like-it", undefined],
  ["Other.md#hooks", undefined],
])("of %s means %s", (given, meant) => {
  expect(nearestSection(given, known)).toBe(meant);
});

test("compares ids that name no section as names", () => {
  expect(nearestSection("MED-1O", ["MED-10", "MED-99"])).toBe("MED-10");
});
