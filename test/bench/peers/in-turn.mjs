import { setTimeout as sleep } from "node:timers/promises";
import { max, median, min } from "simple-statistics";
import { startPeer } from "./peer-process.mjs";
import { busyMs } from "./processor-time.mjs";

/** Peers that are all loaded, of which one works at a time; one that fails is left out from then on. */
export class PeersInTurn {
  /** Why peers are missing, by name. */
  failures = new Map();
  #peers = [];
  #measuredMs = 0;
  #idlePeersMs = 0;
  #strangersMs = 0;

  static async start(commands) {
    const started = new PeersInTurn();
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
          const { milliseconds, count, result } = await this.#turnOf(peer, request, round > 0);
          if (count !== request.texts.length) throw new Error(`It gave ${count} results.`);
          const reading = readings.get(peer.name);
          if (round === 0) reading.result = result;
          else reading.times.push(milliseconds);
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

  async #turnOf(peer, request, counts) {
    await this.#untilQuiet();
    const idle = this.#peers.filter((other) => other !== peer);
    const [start, busy, idleUsed, used] = [
      performance.now(),
      busyMs(),
      cpuMsOf(idle),
      peer.cpuMs(),
    ];
    const answer = await peer.ask(request);
    if (counts) {
      const idleMs = cpuMsOf(idle) - idleUsed;
      this.#idlePeersMs += idleMs;
      this.#strangersMs += Math.max(0, busyMs() - busy - idleMs - (peer.cpuMs() - used));
      this.#measuredMs += performance.now() - start;
    }
    return answer;
  }

  /** Some runtimes spin for a while after their work, and some still load: nobody shall pay for that. */
  async #untilQuiet() {
    for (let before = -1, left = 50; left > 0; left -= 1) {
      const now = cpuMsOf(this.#peers);
      if (now === before) return;
      before = now;
      await sleep(100);
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
