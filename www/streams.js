// @ts-check
// Files with a record on each line: how they are told from others, and how they are read without holding them.

/** The most bytes of one line, with its end; the same as on the command line. */
export const LONGEST_LINE = 16 * 1024 * 1024;
/** Bytes that are read at once. */
const BLOCK = 256 * 1024;
/** Enough to see the first two lines of most files. */
const HEAD = 1024 * 1024;

const LINE_FEED = 10;
const OPENERS = [0x7b, 0x5b];

/**
 * Whether the first two lines that are not blank are JSON documents of their own.
 * @param {Uint8Array} bytes The start of a file.
 * @param {boolean} isWhole Whether it is all of it.
 */
export function isStream(bytes, isWhole) {
  let seen = 0;
  for (let start = 0; start < bytes.length && seen < 2; ) {
    const found = bytes.indexOf(LINE_FEED, start);
    const end = found < 0 ? bytes.length : found;
    const line = bytes.subarray(start, end);
    start = end + 1;
    if (isBlank(line)) continue;
    // A second line that is cut off can only be looked at by how it begins.
    const isCut = found < 0 && !isWhole;
    if (isCut ? seen === 0 || !OPENERS.includes(line[0] ?? 0) : !isDocument(line)) return false;
    seen += 1;
  }
  return seen === 2;
}

/**
 * How many records a file has, a line for each; 0 where it has none. Counting ends behind `enough`.
 * @param {Blob} file
 * @param {number} enough
 */
export async function recordsIn(file, enough) {
  const head = await bytesOf(file.slice(0, HEAD));
  if (!isStream(head, head.length === file.size)) return 0;
  let lines = 0;
  for (let at = 0; at < file.size && lines <= enough; at += HEAD) {
    lines += lineFeeds(at === 0 ? head : await bytesOf(file.slice(at, at + HEAD)));
  }
  return Math.max(lines, 2);
}

/**
 * Whole lines of a file: where they stand, and how many there are. `skipped` is one line that is too long to be read.
 * @typedef {{ offset: number, length: number, line: number, bytes?: Uint8Array<ArrayBuffer>, skipped?: boolean }} Block
 */

/** A file in blocks of whole lines. */
export class Blocks {
  #file;
  #offset = 0;
  #line = 1;

  /** @param {Blob} file */
  constructor(file) {
    this.#file = file;
  }

  /**
   * The next block; nothing at the end.
   * @returns {Promise<Block | undefined>}
   */
  async next() {
    const { size } = this.#file;
    const offset = this.#offset;
    for (let length = BLOCK; offset < size; length *= 2) {
      const bytes = await bytesOf(this.#file.slice(offset, offset + length));
      const isEnd = offset + bytes.length >= size;
      const end = isEnd ? bytes.length : bytes.lastIndexOf(LINE_FEED) + 1;
      if (end > 0) return this.#block(bytes.length === end ? bytes : bytes.slice(0, end));
      if (length >= LONGEST_LINE) return this.#skip(bytes.length);
    }
    return undefined;
  }

  /**
   * @param {Uint8Array<ArrayBuffer>} bytes
   * @returns {Block}
   */
  #block(bytes) {
    const block = { offset: this.#offset, length: bytes.length, line: this.#line, bytes };
    this.#offset += bytes.length;
    this.#line += lineFeeds(bytes);
    return block;
  }

  /**
   * Goes on behind a line of which `length` bytes are known.
   * @param {number} length
   * @returns {Promise<Block>}
   */
  async #skip(length) {
    const block = { offset: this.#offset, length, line: this.#line, skipped: true };
    for (let at = this.#offset + length; at < this.#file.size; at += BLOCK) {
      const bytes = await bytesOf(this.#file.slice(at, at + BLOCK));
      const end = bytes.indexOf(LINE_FEED);
      block.length += end < 0 ? bytes.length : end + 1;
      if (end >= 0) break;
    }
    this.#offset += block.length;
    this.#line += 1;
    return block;
  }
}

/**
 * The lines of a block with their ends, without those that are blank.
 * @param {{ offset: number, line: number, bytes: Uint8Array }} block
 * @returns {Generator<{ offset: number, line: number, bytes: Uint8Array }>}
 */
export function* linesOf({ offset, line, bytes }) {
  let number = line;
  for (let start = 0; start < bytes.length; number += 1) {
    const found = bytes.indexOf(LINE_FEED, start);
    const end = found < 0 ? bytes.length : found + 1;
    const one = bytes.subarray(start, end);
    if (!isBlank(one)) yield { offset: offset + start, line: number, bytes: one };
    start = end;
  }
}

/** @param {Blob} blob */
export async function bytesOf(blob) {
  return new Uint8Array(await blob.arrayBuffer());
}

/** @param {Uint8Array} bytes */
function lineFeeds(bytes) {
  let count = 0;
  for (let at = bytes.indexOf(LINE_FEED); at >= 0; at = bytes.indexOf(LINE_FEED, at + 1)) count += 1;
  return count;
}

/** @param {Uint8Array} line */
function isBlank(line) {
  const start = line[0] === 0xef && line[1] === 0xbb && line[2] === 0xbf ? 3 : 0;
  for (let at = start; at < line.length; at += 1) {
    const byte = /** @type {number} */ (line[at]);
    if (byte !== 0x20 && (byte < 0x09 || byte > 0x0d || byte === 0x0b)) return false;
  }
  return true;
}

/** @param {Uint8Array} line */
function isDocument(line) {
  try {
    const value = JSON.parse(new TextDecoder().decode(line));
    return typeof value === "object" && value !== null;
  } catch {
    return false;
  }
}
