// @ts-check
// The page's side of the worker: questions with their answers, cancelling, and a new worker when one has died.

import { startWorker } from "./start-worker.js";

/** Somebody called `cancel` before the answer came. */
export class Cancelled extends Error {}

/** The worker ended, or its core did; the next question starts another. */
export class Stopped extends Error {}

/** @typedef {{ resolve: (answer: any) => void, reject: (error: Error) => void }} Pending */

/** A worker that is asked one thing at a time or several; it starts with the first question. */
export class Judge {
  /** @type {Worker | undefined} */
  #worker;
  /** @type {Map<number, Pending>} */
  #pending = new Map();
  #last = 0;

  /**
   * @template {keyof import("./worker.js").Answers} Ask
   * @param {Extract<import("./worker.js").Question, { ask: Ask }>} question
   * @param {Transferable[]} [given] What is handed over instead of copied.
   * @returns {Promise<import("./worker.js").Answers[Ask]>}
   */
  ask(question, given = []) {
    const worker = (this.#worker ??= this.#start());
    const id = (this.#last += 1);
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      worker.postMessage({ id, ...question }, given);
    });
  }

  /** Ends the worker: a core that is in the middle of a judgement cannot be told to stop. */
  cancel() {
    this.#end(new Cancelled("cancelled"));
  }

  #start() {
    const worker = startWorker();
    worker.addEventListener("message", ({ data }) => {
      // A panic ends the instance of the core, so a thrown error ends the worker.
      if (data.error !== undefined) return this.#end(new Stopped(data.error));
      this.#pending.get(data.id)?.resolve(data.answer);
      this.#pending.delete(data.id);
    });
    worker.addEventListener("error", (event) => {
      event.preventDefault();
      this.#end(new Stopped(event.message || "the worker ended without saying why"));
    });
    return worker;
  }

  /** @param {Error} reason */
  #end(reason) {
    this.#worker?.terminate();
    this.#worker = undefined;
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const { reject } of pending) reject(reason);
  }
}
