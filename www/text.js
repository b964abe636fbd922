// @ts-check
// Texts of any size: where a span stands in them, and the part of them that is worth showing.

import { utf16Range } from "intransit";

/** The longest text that is shown whole, in UTF-16 code units. */
export const WHOLE = 300_000;
const BEFORE = 10_000;
const WINDOW = 60_000;

/** @typedef {{ start: number, end: number }} Range */
/** @typedef {import("intransit").Span} Span */

/** A text with its lines, found once. */
export class Text {
  /** @param {string} text */
  constructor(text) {
    // Spans do not count a byte order mark.
    this.text = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
    /** @type {Uint32Array | undefined} */
    this.starts = undefined;
  }

  /**
   * Where a span stands, in UTF-16 code units. Its line and column say where it begins, so only its own bytes
   * are counted, not all that stand before it.
   * @param {Span} span
   * @returns {Range}
   */
  range(span) {
    const start = Math.min((this.lineStarts()[span.line - 1] ?? this.text.length) + span.column - 1, this.text.length);
    const length = span.end - span.start;
    const words = this.text.slice(start, start + length);
    return { start, end: start + utf16Range(words, { start: 0, end: length }).end };
  }

  /**
   * The line of an offset, counted from 0.
   * @param {number} offset
   */
  lineAt(offset) {
    const starts = this.lineStarts();
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (/** @type {number} */ (starts[middle]) <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /**
   * What to show so that `offset` is in it: everything, if that is little.
   * @param {number} offset
   * @returns {Range}
   */
  window(offset) {
    const { length } = this.text;
    if (length <= WHOLE) return { start: 0, end: length };
    const start = this.#lineNear(Math.max(0, offset - BEFORE));
    const end = Math.min(length, start + WINDOW);
    return { start, end: end === length ? end : Math.max(this.#lineNear(end), start + WINDOW / 2) };
  }

  /**
   * The same text with the given ranges blanked, line ends kept.
   * @param {Range[]} ranges
   */
  blanked(ranges) {
    let { text } = this;
    for (const { start, end } of ranges) {
      text = text.slice(0, start) + text.slice(start, end).replace(/[^\r\n]/g, "*") + text.slice(end);
    }
    return ranges.length > 0 ? new Text(text) : this;
  }

  lineStarts() {
    if (this.starts) return this.starts;
    let count = 1;
    for (let at = this.text.indexOf("\n"); at >= 0; at = this.text.indexOf("\n", at + 1)) count += 1;
    const starts = new Uint32Array(count);
    for (let line = 1, at = -1; line < count; line += 1) {
      at = this.text.indexOf("\n", at + 1);
      starts[line] = at + 1;
    }
    return (this.starts = starts);
  }

  /**
   * The start of the line of an offset, or the offset itself where the line is so long that it would hide it.
   * @param {number} offset
   */
  #lineNear(offset) {
    const start = /** @type {number} */ (this.lineStarts()[this.lineAt(offset)]);
    return offset - start < BEFORE ? start : offset;
  }
}

/**
 * The text of bytes, decoded as the core decodes them; nothing where they are no text.
 * @param {string | Uint8Array} content
 * @returns {Text | undefined}
 */
export function decoded(content) {
  if (typeof content === "string") return new Text(content);
  const [first, second] = content;
  const label = first === 0xff && second === 0xfe ? "utf-16le" : first === 0xfe && second === 0xff ? "utf-16be" : "utf-8";
  const text = new TextDecoder(label).decode(content);
  return text.includes("\0") ? undefined : new Text(text);
}

/** @typedef {{ content: string | Uint8Array, text: Text | undefined }} Shown An input and what may be shown of it. */

/**
 * The words of a span; of a long one, how it begins.
 * @param {Shown | undefined} input
 * @param {Span} span
 */
export function wordsAt(input, span) {
  if (!input?.text) return "";
  const { start, end } = input.text.range(span);
  return input.text.text.slice(start, Math.min(end, start + 80));
}

/**
 * The bytes of a span.
 * @param {Shown | undefined} input
 * @param {Span} span
 */
export function bytesAt(input, span) {
  if (input?.text) {
    const { start, end } = input.text.range(span);
    return new TextEncoder().encode(input.text.text.slice(start, end));
  }
  return input?.content instanceof Uint8Array ? input.content.slice(span.start, span.end) : undefined;
}
