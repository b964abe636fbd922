// @ts-check
// Several workers side by side. The core is compiled by the first of them; the others are handed what it made.

import { Cancelled, Judge, Stopped } from "./judge.js";

/** A worker cannot be prepared, and neither can any other. */
export class Unprepared extends Error {}

/** More workers than this read from the same disk and wait for each other; each has a core and its memory. */
const MOST_WORKERS = 4;

/** One for each core of the machine. */
export function workerCount() {
  return Math.max(1, Math.min(MOST_WORKERS, navigator.hardwareConcurrency || 2));
}

/** The compiled core, once there is one. @type {Promise<object> | undefined} */
let compiled;

/** A worker that is prepared before it is asked, and again when it has died. */
export class Hand {
  #judge = new Judge();
  #isReady = false;
  #isEnded = false;
  #options;

  /** @param {import("intransit").CheckOptions} options What it judges by. */
  constructor(options) {
    this.#options = options;
  }

  /**
   * @template {"files" | "lines"} Ask
   * @param {Extract<import("./worker.js").Question, { ask: Ask }>} question
   * @param {Transferable[]} [given] What is handed over instead of copied.
   */
  async ask(question, given) {
    if (!this.#isReady) await this.#prepare();
    if (this.#isEnded) throw new Cancelled("cancelled");
    try {
      return await this.#judge.ask(question, given);
    } catch (error) {
      this.#isReady = false;
      throw error;
    }
  }

  /** Ends the worker in the middle of what it does. */
  end() {
    this.#isEnded = true;
    this.#judge.cancel();
  }

  async #prepare() {
    try {
      const core = await compiled;
      if (this.#isEnded) throw new Cancelled("cancelled");
      const prepared = this.#judge.ask({ ask: "prepare", core, options: this.#options });
      if (!core) {
        compiled = prepared;
        prepared.catch(() => (compiled = undefined));
      }
      await prepared;
    } catch (error) {
      throw error instanceof Stopped ? new Unprepared(error.message) : error;
    }
    this.#isReady = true;
  }
}
