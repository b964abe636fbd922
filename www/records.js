// @ts-check
// In a worker: judges files and lines one by one. Whatever happens to one of them, the others are judged.

import { Records, core, useCore } from "intransit";

import { kindOf } from "./kinds.js";
import { rowOf, unreadLine } from "./rows.js";
import { LONGEST_LINE, bytesOf, isStream, linesOf } from "./streams.js";
import { sizeWords } from "./words.js";

/** @typedef {{ number: number, name: string, file: Blob }} Numbered An input with its number among all. */
/** @typedef {{ number: number, kind: "policy" | "inventory", text: string }} SetAside What is none of the evidence. */

/**
 * What came of some inputs. `lines` are the verdict lines of the rows, as text.
 * @typedef {object} Judgements
 * @property {import("./rows.js").Row[]} rows
 * @property {Blob} lines
 * @property {number[]} streams Files of records that are too large to be read at once.
 * @property {SetAside[]} setAside
 */

/** Files of records that are larger are handed back, to be read in blocks. */
const SMALL_STREAM = 1024 * 1024;
/** The same as in the core: an input that is larger is not read. */
const LARGEST = 256 * 1024 * 1024;

/** @type {Records | undefined} */
let records;

/**
 * Takes a compiled core, if there is one, and what to judge by.
 * @param {object | undefined} module
 * @param {import("intransit").CheckOptions} options
 */
export function prepare(module, options) {
  if (module) useCore(module);
  records = new Records(options);
  return core();
}

/**
 * Judges files, each as one report; those that have a record on each line, line by line.
 * @param {readonly Numbered[]} inputs
 * @returns {Promise<Judgements>}
 */
export async function judgeFiles(inputs) {
  const written = new Written();
  for (const input of inputs) {
    const place = { source: input.name, line: 1, offset: 0, bytes: input.file.size };
    try {
      await judgeFile(input, place, written);
    } catch (error) {
      written.unread(input.number, place, readingProblem(error), true);
    }
  }
  return written.done();
}

/**
 * Judges whole lines of a file.
 * @param {number} number
 * @param {string} name
 * @param {{ offset: number, line: number, bytes: Uint8Array }} block
 */
export function judgeLines(number, name, block) {
  const written = new Written();
  addLines(number, name, block, written);
  return written.done();
}

/**
 * @param {Numbered} input
 * @param {{ source: string, line: number, offset: number, bytes: number }} place
 * @param {Written} written
 */
async function judgeFile({ number, name, file }, place, written) {
  if (file.size > LONGEST_LINE && isStream(await bytesOf(file.slice(0, LONGEST_LINE + 1)), false)) {
    written.streams.push(number);
    return;
  }
  if (file.size > LARGEST) {
    return written.unread(number, place, `the input has ${sizeWords(file.size)}; expected at most ${LARGEST >> 20} MiB`, true);
  }
  const bytes = await bytesOf(file);
  if (isStream(bytes, true)) {
    if (bytes.length > SMALL_STREAM) written.streams.push(number);
    else addLines(number, name, { offset: 0, line: 1, bytes }, written);
    return;
  }
  const { kind, text } = kindOf({ name, content: bytes });
  if (kind === "policy" || kind === "inventory") {
    written.setAside.push({ number, kind, text });
  } else if (kind === "report") {
    written.unread(number, place, "found a report that intransit made, which is no evidence; drop it alone to compare with it", true);
  } else {
    written.judged(number, place, true, () => judge().document(name, bytes));
  }
}

/**
 * @param {number} number
 * @param {string} name
 * @param {{ offset: number, line: number, bytes: Uint8Array }} block
 * @param {Written} written
 */
function addLines(number, name, block, written) {
  for (const { line, offset, bytes } of linesOf(block)) {
    const place = { source: name, line, offset, bytes: bytes.length };
    written.judged(number, place, false, () => judge().line(name, place, bytes));
  }
}

function judge() {
  if (!records) throw new Error("expected `prepare` before anything is judged");
  return records;
}

/** @param {unknown} error */
function readingProblem(error) {
  const isGone = error instanceof DOMException && (error.name === "NotReadableError" || error.name === "NotFoundError");
  if (isGone) return "the file cannot be read: it is gone, or was changed after it was chosen";
  return `the file cannot be read: ${error instanceof Error ? error.message : String(error)}`;
}

/** Rows and lines as they are made. */
class Written {
  /** @type {import("./rows.js").Row[]} */
  rows = [];
  /** @type {string[]} */
  lines = [];
  /** @type {number[]} */
  streams = [];
  /** @type {SetAside[]} */
  setAside = [];

  /**
   * @param {number} number
   * @param {{ source: string, line: number, offset: number, bytes: number }} place
   * @param {boolean} isWhole
   * @param {() => string} judged
   */
  judged(number, place, isWhole, judged) {
    try {
      const line = judged();
      this.rows.push(rowOf(number, JSON.parse(line), isWhole));
      this.lines.push(line, "\n");
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.unread(number, place, `intransit failed on it, which is a fault of its own: ${why}`, isWhole);
    }
  }

  /**
   * @param {number} number
   * @param {{ source: string, line: number, offset: number, bytes: number }} place
   * @param {string} message
   * @param {boolean} isWhole
   */
  unread(number, place, message, isWhole) {
    const line = unreadLine(place, message);
    this.rows.push(rowOf(number, line, isWhole));
    this.lines.push(JSON.stringify(line), "\n");
  }

  /** @returns {Judgements} */
  done() {
    // A blob: the browser may keep it on disk.
    return { rows: this.rows, lines: new Blob(this.lines), streams: this.streams, setAside: this.setAside };
  }
}
