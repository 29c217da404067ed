/**
 * Sends rerank requests for `serve.mjs`, in a process of its own, so that nothing disturbs the clock there. Takes one
 * message with what to send, and answers with what came back.
 */
import autocannon from "autocannon";

process.once("message", async ({ url, field, connections, seconds, pools }) => {
  let sent = 0;
  /** Each query is new, so that no score is known. */
  const setupRequest = (request) => {
    const { query, texts } = pools[sent % pools.length];
    sent += 1;
    const body = JSON.stringify({ query: `${query} ${sent}`, [field]: texts, raw_scores: true });
    return { ...request, body };
  };
  const headers = { "content-type": "application/json" };
  const requests = [{ method: "POST", path: "/rerank", headers, setupRequest }];
  const { statusCodeStats, errors, timeouts, latency, duration } = await autocannon({
    url,
    connections,
    duration: seconds,
    timeout: 300,
    requests,
  });
  process.send({ statusCodeStats, errors, timeouts, latency, duration }, () => process.exit());
});
