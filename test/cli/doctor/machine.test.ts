import { expect, test } from "vitest";
import { checkHub } from "../../../src/cli/doctor/machine.ts";

test("says that the hub was not contacted, instead of calling it ok", () => {
  const hub = { endpoint: "http://hub", cacheFolder: "/cache", token: undefined };
  expect(checkHub({ ...hub, isOffline: false })[0]).toEqual({
    verdict: "note",
    what: "model hub",
    here: "http://hub, not contacted",
  });
  expect(checkHub({ ...hub, isOffline: true })[0]).toMatchObject({
    verdict: "note",
    here: "http://hub, switched off by HF_HUB_OFFLINE",
  });
});
