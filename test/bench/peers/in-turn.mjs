import { setTimeout as sleep } from "node:timers/promises";
import { max, median, min } from "simple-statistics";
import { startPeer } from "./peer-process.mjs";
import { busyMs } from "./processor-time.mjs";

const windowMs = 200;
const noticeable = 0.1;

/**
 * Peers that are all loaded, of which one works at a time; one that fails is left out from then on.
 * For up to `--patience` minutes, it waits until nothing else uses the machine, and repeats a turn
 * that was disturbed.
 */
export class PeersInTurn {
  /** Why peers are missing, by name. */
  failures = new Map();
  #peers = [];
  #measuredMs = 0;
  #idlePeersMs = 0;
  #strangersMs = 0;
  #patienceMs;

  constructor(patienceMinutes) {
    this.#patienceMs = 60_000 * patienceMinutes;
  }

  static async start(commands, patienceMinutes) {
    const started = new PeersInTurn(patienceMinutes);
    for (const [name, command] of commands) {
      await started.#attempt(name, async () => {
        started.#peers.push(await startPeer(name, command));
      });
    }
    return started;
  }

  /** Round 0 warms up and gives the results, the others give the times. */
  async measure(title, rounds, requestOf) {
    const readings = new Map(this.#peers.map(({ name }) => [name, { times: [] }]));
    for (let round = 0; round <= rounds; round += 1) {
      const request = requestOf(round);
      for (const peer of this.#peers) {
        await this.#attempt(peer.name, async () => {
          const turn = await this.#turnOf(peer, request);
          const { milliseconds, count, result } = turn.answer;
          if (count !== request.texts.length) throw new Error(`It gave ${count} results.`);
          const reading = readings.get(peer.name);
          if (round === 0) reading.result = result;
          else reading.times.push(milliseconds);
          if (round > 0) this.#count(turn);
          console.error(`${title}, round ${round}: ${peer.name}, ${milliseconds.toFixed(0)} ms`);
        });
      }
      this.#peers = this.#peers.filter(({ name }) => !this.failures.has(name));
    }
    for (const [name, reading] of readings) {
      if (this.failures.has(name)) readings.delete(name);
      else Object.assign(reading, summaryOf(reading.times));
    }
    return readings;
  }

  names() {
    return this.#peers.map(({ name }) => name);
  }

  versions(name) {
    return this.#peers.find((peer) => peer.name === name)?.versions ?? {};
  }

  peakMb(name) {
    return this.#peers.find((peer) => peer.name === name)?.peakMb() ?? 0;
  }

  /** Cores used, while a peer worked, by the idle peers and by whatever else ran on the machine. */
  disturbance() {
    return {
      idlePeers: this.#idlePeersMs / this.#measuredMs,
      strangers: this.#strangersMs / this.#measuredMs,
    };
  }

  async end() {
    await Promise.all(this.#peers.map((peer) => peer.end()));
  }

  async #turnOf(peer, request) {
    let best;
    do {
      await this.#untilQuiet();
      const turn = await this.#tryTurn(peer, request);
      if (best) this.#patienceMs -= turn.wallMs;
      if (!best || turn.strangersMs / turn.wallMs < best.strangersMs / best.wallMs) best = turn;
    } while (best.strangersMs > noticeable * best.wallMs && this.#patienceMs > 0);
    return best;
  }

  async #tryTurn(peer, request) {
    const idle = this.#peers.filter((other) => other !== peer);
    const [start, busy, others, own] = [performance.now(), busyMs(), cpuMsOf(idle), peer.cpuMs()];
    const answer = await peer.ask(request);
    const idlePeersMs = cpuMsOf(idle) - others;
    const strangersMs = Math.max(0, busyMs() - busy - idlePeersMs - (peer.cpuMs() - own));
    return { answer, idlePeersMs, strangersMs, wallMs: performance.now() - start };
  }

  #count({ idlePeersMs, strangersMs, wallMs }) {
    this.#idlePeersMs += idlePeersMs;
    this.#strangersMs += strangersMs;
    this.#measuredMs += wallMs;
  }

  /** Some runtimes spin for a while after their work, and some still load: nobody shall pay for that. */
  async #untilQuiet() {
    const longestRest = performance.now() + 5000;
    for (;;) {
      const [busy, own] = [busyMs(), cpuMsOf(this.#peers)];
      await sleep(windowMs);
      const ownMs = cpuMsOf(this.#peers) - own;
      if (ownMs > 0 && performance.now() < longestRest) continue;
      const strangersMs = busyMs() - busy - ownMs;
      if (strangersMs <= noticeable * windowMs || this.#patienceMs <= 0) return;
      this.#patienceMs -= windowMs;
    }
  }

  async #attempt(name, work) {
    try {
      await work();
    } catch (error) {
      this.failures.set(name, error.message);
      console.error(`${name} is left out: ${error.message}`);
    }
  }
}

function cpuMsOf(peers) {
  return peers.reduce((sum, peer) => sum + peer.cpuMs(), 0);
}

function summaryOf(times) {
  return { medianMs: median(times), fastestMs: min(times), slowestMs: max(times) };
}
