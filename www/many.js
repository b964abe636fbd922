// @ts-check
// Thousands of inputs at once: judges them, keeps the table up to date, and hands out what a row stands for.

import { csv } from "./batch-export.js";
import { Batch } from "./batch.js";
import { Cancelled } from "./judge.js";
import { download } from "./record-view.js";
import { recordsIn } from "./streams.js";
import { TableView } from "./table-view.js";
import { count } from "./words.js";

/** @typedef {import("intransit").NamedInput} NamedInput */
/** @typedef {import("./rows.js").Row} Row */
/** @typedef {import("./batch.js").NamedFile} NamedFile */

/**
 * As many inputs are judged together, each with a tab of its own; of more, each is judged on its own, as a row. Forty
 * reports of one estate still belong side by side. Fifty come to two thousand findings, and the page is held up for
 * more than a second until they are drawn.
 */
export const MOST_TOGETHER = 50;

/** Milliseconds between two looks at how far a batch is. */
const LOOK = 250;
/** The rows are arranged anew at most for a fifth of the time. */
const SHARE = 5;

/**
 * @typedef {object} Wiring
 * @property {() => import("intransit").CheckOptions} options How to judge, as it is chosen.
 * @property {() => { policy: string, roots: string, at: string, hasInventory: boolean }} basis
 * @property {(aside: import("./records.js").SetAside, name: string) => void} settle Takes what is none of the evidence.
 * @property {(inputs: NamedInput[]) => void} show Shows the report on some inputs.
 * @property {() => void} refuse The options cannot be used.
 * @property {(rule: string) => string} titleOf
 * @property {(headline: string) => void} concluded There is an answer, or as much of it as was judged.
 * @property {(words: string) => void} announce
 * @property {(message: string) => void} notify
 */

/** A batch with its table. */
export class Many {
  #batch;
  #view;
  #wiring;
  #runs = 0;
  /** Whether something else judges by now than what the rows were judged by. */
  isStale = false;
  /** What the rows are judged by. @type {import("intransit").CheckOptions} */
  options = {};

  /**
   * @param {Element} root
   * @param {Wiring} wiring
   */
  constructor(root, wiring) {
    this.#wiring = wiring;
    this.#batch = new Batch(wiring.settle);
    this.#view = new TableView(root, this.#batch, {
      open: (rows) => void this.#open(rows),
      cancel: () => this.#batch.stop(),
      goOn: () => void this.#run(),
      save: (format) => void this.#save(format),
      titleOf: wiring.titleOf,
      basis: wiring.basis,
      most: MOST_TOGETHER,
    });
  }

  /** Whether there is a table. */
  get isOn() {
    return this.#batch.inputs.length > 0;
  }

  get headline() {
    return this.#view.headline;
  }

  /** @param {readonly NamedFile[]} files */
  add(files) {
    this.#batch.add(files);
    if (this.#batch.state !== "running") void this.#run();
  }

  /**
   * Judges everything by what is chosen now: at once, or when the table is shown again.
   * @param {boolean} isShown
   */
  again(isShown) {
    if (!this.isOn) return;
    this.isStale = true;
    if (isShown) this.show();
  }

  /** Before the table is shown again. */
  show() {
    if (!this.isStale) return;
    this.#batch.reset();
    void this.#run();
  }

  clear() {
    this.#runs += 1;
    this.#batch.clear();
    this.isStale = false;
    this.#view.forget();
  }

  focus() {
    this.#view.focus();
  }

  focusRow() {
    this.#view.focusRow();
  }

  async #run() {
    const run = (this.#runs += 1);
    const isCurrent = () => run === this.#runs;
    const batch = this.#batch;
    if (batch.rows.length === 0) this.options = this.#wiring.options();
    this.isStale = false;
    this.#wiring.announce(`Judging ${count(batch.total, "input")}, each on its own.`);
    const running = batch.run(this.options);
    void this.#watch(isCurrent);
    try {
      await running;
    } catch (error) {
      if (!isCurrent() || error instanceof Cancelled) return;
      return this.#wiring.refuse();
    }
    if (!isCurrent()) return;
    this.#view.update();
    await this.#view.arrange();
    if (isCurrent()) this.#wiring.concluded(`${batch.state === "finished" ? "" : "Stopped. "}${this.#view.headline}`);
  }

  /**
   * Shows how far the batch is, as long as it runs.
   * @param {() => boolean} isCurrent
   */
  async #watch(isCurrent) {
    let next = 0;
    while (isCurrent() && this.#batch.state === "running") {
      this.#view.update();
      const started = performance.now();
      if (started >= next) {
        await this.#view.arrange();
        next = started + SHARE * (performance.now() - started) + LOOK;
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK));
    }
  }

  /** @param {readonly Row[]} rows */
  async #open(rows) {
    try {
      this.#wiring.show(await Promise.all(rows.map((row) => this.#input(row))));
    } catch {
      this.#wiring.notify("The input cannot be read again: it is gone, or was changed after it was judged.");
    }
  }

  /**
   * The input that a row stands for.
   * @param {Row} row
   * @returns {Promise<NamedInput>}
   */
  async #input({ file, line, offset, bytes }) {
    const input = this.#batch.inputs[file];
    if (!input) throw new Error(`expected an input ${file}`);
    const part = line > 0 ? input.file.slice(offset, offset + bytes) : input.file;
    const name = line > 0 ? `${input.name}, line ${line}` : input.name;
    return { name, content: new Uint8Array(await part.arrayBuffer()) };
  }

  /** @param {"csv" | "lines"} format */
  async #save(format) {
    const batch = this.#batch;
    const { policy, roots } = this.#wiring.basis();
    const now = instant(this.options.now);
    const at = instant(this.options.at) || now;
    const nameOf = (/** @type {Row} */ row) => batch.inputs[row.file]?.name ?? "input";
    const words = { policy, roots: roots || "none", at, now, judged: batch.state === "finished" ? "all inputs" : "not all inputs" };
    const blob = format === "csv" ? await csv(batch.rows, nameOf, words) : batch.lines();
    download(blob, `intransit-verdicts-${at.slice(0, 10)}.${format === "csv" ? "csv" : "ndjson"}`, blob.type);
  }
}

/**
 * Whether there is more than can be judged together.
 * @param {readonly Blob[]} files
 * @param {number} besides How many inputs there are already.
 */
export async function areMany(files, besides) {
  if (files.length + besides > MOST_TOGETHER) return true;
  let records = files.length + besides;
  for (const file of files) {
    try {
      records += Math.max(0, (await recordsIn(file, MOST_TOGETHER)) - 1);
    } catch {
      // It cannot be read, and whoever reads it says so.
    }
    if (records > MOST_TOGETHER) return true;
  }
  return false;
}

/** @param {Date | string | undefined} time */
function instant(time) {
  return time instanceof Date ? time.toISOString() : (time ?? "");
}
