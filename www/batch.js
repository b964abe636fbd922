// @ts-check
// Thousands of inputs, judged one by one on every core. What is kept of each is a row; the inputs stay where they are,
// the verdict lines go where the browser keeps blobs. Whatever happens to one input, the others are judged.

import { Cancelled } from "./judge.js";
import { Hand, Unprepared, workerCount } from "./pool.js";
import { Shared, rowOf, unreadLine } from "./rows.js";
import { Slices, pause } from "./slices.js";
import { Blocks, bytesOf, LONGEST_LINE } from "./streams.js";

/** @typedef {import("./rows.js").Row} Row */
/** @typedef {{ name: string, file: Blob }} NamedFile */
/** @typedef {{ numbers: number[] } | { number: number, block: import("./streams.js").Block }} Job */

/** How much a worker is given at once: little enough that a cancelled job is no loss. */
const MOST_FILES = 16;
const MOST_BYTES = 1024 * 1024;

/** The most rows: they take about 100 MB, and browsers draw no element that is much higher than so many rows. */
export const MOST_ROWS = 200_000;

/** Inputs and what is known of them so far. */
export class Batch {
  /** @type {NamedFile[]} */
  inputs = [];
  /** @type {Row[]} */
  rows = [];
  /** @type {"running" | "finished" | "stopped" | "full"} */
  state = "finished";
  /** Inputs that were judged to their end, and bytes that were judged. */
  inputsDone = 0;
  bytesDone = 0;
  bytes = 0;
  /** The input that was begun last. */
  latest = "";
  /** How many rows there are of each standing. */
  counts = [0, 0, 0, 0];
  /** How many inputs had a private key in them. */
  keys = 0;

  #setAside = new Set();
  #measured = 0;
  #next = 0;
  /** Jobs that were begun and not done. @type {Job[]} */
  #again = [];
  /** @type {{ number: number, blocks: Blocks }[]} */
  #streams = [];
  #underWay = 0;
  /** Workers without a job while others may still find some. @type {(() => void)[]} */
  #waiting = [];
  /** @type {Promise<unknown>} */
  #turn = Promise.resolve();
  /** @type {Hand[]} */
  #hands = [];
  #shared = new Shared();
  /** @type {{ number: number, offset: number, lines: Blob }[]} */
  #lines = [];
  /** What was begun before the last reset is not taken. */
  #generation = 0;
  #settle;

  /** @param {(aside: import("./records.js").SetAside, name: string) => void} settle Takes what is none of the evidence. */
  constructor(settle) {
    this.#settle = settle;
  }

  /** @param {readonly NamedFile[]} added */
  add(added) {
    for (const one of added) this.inputs.push(one);
    if (this.state === "running") void this.#measure();
  }

  /** How many inputs are judged: those that are policies and inventories are not. */
  get total() {
    return this.inputs.length - this.#setAside.size;
  }

  /** The verdict lines so far, in the order of the inputs. */
  lines() {
    const ordered = this.#lines.toSorted((a, b) => a.number - b.number || a.offset - b.offset);
    return new Blob(ordered.map(({ lines }) => lines), { type: "application/x-ndjson" });
  }

  /** Forgets what was judged, not what there is to judge. */
  reset() {
    this.stop();
    this.#generation += 1;
    Object.assign(this, { rows: [], inputsDone: 0, bytesDone: 0, counts: [0, 0, 0, 0], keys: 0 });
    this.#next = 0;
    this.#again = [];
    this.#streams = [];
    this.#lines = [];
  }

  /** Forgets the inputs as well. */
  clear() {
    this.reset();
    Object.assign(this, { inputs: [], bytes: 0, state: "finished" });
    this.#setAside.clear();
    this.#measured = 0;
  }

  /**
   * Judges what was not judged yet.
   * @param {import("intransit").CheckOptions} options
   * @throws {Error} When the options cannot be used.
   */
  async run(options) {
    const hands = Array.from({ length: workerCount() }, () => new Hand(options));
    this.#hands = hands;
    this.state = "running";
    try {
      // Inputs may be added while the last ones are judged.
      do await Promise.all([this.#measure(), ...hands.map((hand) => this.#work(hand))]);
      while (this.#hands === hands && this.#next < this.inputs.length);
      if (this.#hands === hands && this.state === "running") this.state = "finished";
    } catch (error) {
      if (this.#hands === hands) this.stop();
      throw error;
    } finally {
      for (const hand of hands) hand.end();
    }
  }

  /** Stops at once, and keeps what was judged. */
  stop() {
    if (this.state === "running") this.state = "stopped";
    for (const hand of this.#hands) hand.end();
    this.#hands = [];
    this.#wake();
  }

  async #measure() {
    await pause();
    const slices = new Slices();
    while (this.#measured < this.inputs.length) {
      this.bytes += this.inputs[this.#measured]?.file.size ?? 0;
      this.#measured += 1;
      if (slices.isOver()) await slices.rest();
    }
  }

  /** @param {Hand} hand */
  async #work(hand) {
    const isOn = () => this.#hands.includes(hand);
    // Workers start in turns of their own: making one takes as long as a slice.
    for (let before = this.#hands.indexOf(hand); before >= 0; before -= 1) await pause();
    while (isOn()) {
      const job = await this.#job(isOn);
      if (!job) {
        if (this.#underWay === 0) return this.#wake();
        await new Promise((resolve) => this.#waiting.push(() => resolve(undefined)));
        continue;
      }
      try {
        await this.#do(job, hand);
      } finally {
        this.#underWay -= 1;
        this.#wake();
      }
    }
  }

  #wake() {
    for (const wake of this.#waiting.splice(0)) wake();
  }

  /**
   * The next job; workers take turns, because a file of records is read from its start to its end.
   * @param {() => boolean} isOn
   * @returns {Promise<Job | undefined>}
   */
  #job(isOn) {
    const job = this.#turn.then(async () => {
      const picked = isOn() ? await this.#pick() : undefined;
      if (picked) this.#underWay += 1;
      return picked;
    });
    this.#turn = job.catch(() => undefined);
    return job;
  }

  /** @returns {Promise<Job | undefined>} */
  async #pick() {
    const again = this.#again.pop();
    if (again) return again;
    for (let stream = this.#streams[0]; stream; stream = this.#streams[0]) {
      const { number, blocks } = stream;
      try {
        const block = await blocks.next();
        if (block) return { number, block };
      } catch (error) {
        this.#fail({ number, block: { offset: 0, length: 0, line: 1 } }, `the file cannot be read to its end: ${wordsOf(error)}`);
      }
      // It may be another one meanwhile: whoever started anew has emptied the list.
      if (this.#streams[0] === stream) {
        this.#streams.shift();
        this.inputsDone += 1;
      }
    }
    const numbers = [];
    for (let bytes = 0; this.#next < this.inputs.length && numbers.length < MOST_FILES && bytes < MOST_BYTES; this.#next += 1) {
      if (this.#setAside.has(this.#next)) continue;
      numbers.push(this.#next);
      bytes += this.inputs[this.#next]?.file.size ?? 0;
    }
    return numbers.length > 0 ? { numbers } : undefined;
  }

  /**
   * @param {Job} job
   * @param {Hand} hand
   */
  async #do(job, hand) {
    const generation = this.#generation;
    const isCurrent = () => generation === this.#generation;
    try {
      const answer = await this.#ask(job, hand);
      if (isCurrent()) this.#take(job, answer);
    } catch (error) {
      // What keeps one worker from being prepared, keeps all of them.
      if (error instanceof Unprepared) throw error;
      if (!isCurrent()) return;
      if (error instanceof Cancelled) this.#again.push(withoutBytes(job));
      else if ("numbers" in job && job.numbers.length > 1) this.#again.push(...job.numbers.map((number) => ({ numbers: [number] })));
      else this.#fail(job, `it cannot be judged: ${wordsOf(error)}`);
    }
  }

  /**
   * @param {Job} job
   * @param {Hand} hand
   * @returns {Promise<import("./records.js").Judgements>}
   */
  async #ask(job, hand) {
    if ("numbers" in job) {
      const inputs = job.numbers.map((number) => ({ number, ...this.#input(number) }));
      this.latest = inputs.at(-1)?.name ?? "";
      return hand.ask({ ask: "files", inputs });
    }
    const { number, block } = job;
    const { name, file } = this.#input(number);
    const { offset, length, line, skipped } = block;
    this.latest = name;
    if (skipped) return unread(number, { source: name, line, offset, bytes: length }, `the line has ${length} bytes; expected at most ${LONGEST_LINE >> 20} MiB in one record`);
    const bytes = block.bytes ?? (await bytesOf(file.slice(offset, offset + length)));
    return hand.ask({ ask: "lines", number, name, block: { offset, line, bytes } }, [bytes.buffer]);
  }

  /**
   * @param {Job} job
   * @param {import("./records.js").Judgements} answer
   */
  #take(job, { rows, lines, streams, setAside }) {
    if ("numbers" in job) {
      this.inputsDone += job.numbers.length - streams.length - setAside.length;
      for (const number of job.numbers) if (!streams.includes(number)) this.bytesDone += this.#input(number).file.size;
    } else {
      this.bytesDone += job.block.length;
    }
    for (const row of rows) this.#keep(row);
    if (lines.size > 0) this.#lines.push({ number: "numbers" in job ? (job.numbers[0] ?? 0) : job.number, offset: "numbers" in job ? 0 : job.block.offset, lines });
    for (const number of streams) this.#streams.push({ number, blocks: new Blocks(this.#input(number).file) });
    if (this.rows.length >= MOST_ROWS) {
      this.stop();
      this.state = "full";
    }
    for (const { number } of setAside) this.#setAside.add(number);
    for (const aside of setAside) this.#settle(aside, this.#input(aside.number).name);
  }

  /** @param {Row} row */
  #keep(row) {
    this.rows.push({
      ...row,
      issuers: this.#shared.one(row.issuers),
      fails: this.#shared.one(row.fails),
      open: this.#shared.one(row.open),
    });
    this.counts[row.standing] = (this.counts[row.standing] ?? 0) + 1;
    if (row.hasKey) this.keys += 1;
  }

  /**
   * A row for what could not be judged outside of the core's own answers.
   * @param {Job} job
   * @param {string} message
   */
  #fail(job, message) {
    const number = "numbers" in job ? (job.numbers[0] ?? 0) : job.number;
    const { name, file } = this.#input(number);
    const { offset, length, line } = "numbers" in job ? { offset: 0, length: file.size, line: 1 } : job.block;
    this.#take(job, unread(number, { source: name, line, offset, bytes: length }, message, "numbers" in job));
  }

  /**
   * @param {number} number
   * @returns {NamedFile}
   */
  #input(number) {
    const input = this.inputs[number];
    if (!input) throw new Error(`expected an input ${number} of ${this.inputs.length}`);
    return input;
  }
}

/**
 * @param {number} number
 * @param {{ source: string, line: number, offset: number, bytes: number }} place
 * @param {string} message
 * @returns {import("./records.js").Judgements}
 */
function unread(number, place, message, isWhole = false) {
  const line = unreadLine(place, message);
  return { rows: [rowOf(number, line, isWhole)], lines: new Blob([JSON.stringify(line), "\n"]), streams: [], setAside: [] };
}

/**
 * A job to be done anew: its bytes have gone to a worker.
 * @param {Job} job
 * @returns {Job}
 */
function withoutBytes(job) {
  if ("numbers" in job) return job;
  const { offset, length, line, skipped } = job.block;
  return { number: job.number, block: { offset, length, line, skipped } };
}

/** @param {unknown} error */
function wordsOf(error) {
  return error instanceof Error ? error.message : String(error);
}
