// @ts-check
// A text with line numbers and highlighted words; of a large one, the part around them.

import { fill, h } from "./dom.js";

/** @typedef {import("./text.js").Text} Text */
/** @typedef {import("./text.js").Range} Range */

/** Shows one text at a time. */
export class Excerpt {
  /** @type {Text | undefined} */
  #text;
  /** @type {Range} */
  #window = { start: 0, end: 0 };
  /** @type {readonly Range[]} */
  #ranges = [];
  /** @type {Range | undefined} */
  #chosen;
  /** @type {HTMLElement[]} */
  #lines = [];
  /** Lines that have highlighted words. @type {Set<number>} */
  #painted = new Set();
  #pre = h("pre", {});
  #earlier = h("button", { type: "button", class: "quiet", onclick: () => this.#move(this.#window.start - 1) }, "Show what is before");
  #later = h("button", { type: "button", class: "quiet", onclick: () => this.#move(this.#window.end + 1) }, "Show what follows");
  element = h("div", { class: "excerpt", tabindex: "0", role: "region" }, this.#earlier, this.#pre, this.#later);

  /**
   * @param {Text} text
   * @param {string} name
   */
  show(text, name) {
    this.element.setAttribute("aria-label", `Text of ${name}`);
    if (text === this.#text) return;
    this.#text = text;
    this.#ranges = [];
    this.#chosen = undefined;
    this.#draw(text.window(0));
    this.element.scrollTo(0, 0);
  }

  /**
   * Highlights ranges and scrolls to one of them.
   * @param {readonly Range[]} ranges
   * @param {Range | undefined} chosen
   */
  highlight(ranges, chosen) {
    const text = this.#text;
    if (!text) return;
    this.#ranges = ranges;
    this.#chosen = chosen;
    if (chosen && !(chosen.start >= this.#window.start && chosen.start < this.#window.end)) this.#draw(text.window(chosen.start));
    else this.#paint();
    this.#scroll();
  }

  /** @param {number} offset */
  #move(offset) {
    if (!this.#text) return;
    this.#draw(this.#text.window(offset));
    this.element.scrollTo(0, 0);
    this.element.focus();
  }

  /** @param {Range} window */
  #draw(window) {
    const text = /** @type {Text} */ (this.#text);
    this.#window = window;
    const first = text.lineAt(window.start);
    const lines = text.text.slice(window.start, window.end).split("\n");
    // A final line end is the end of a line, not the start of an empty one.
    if (lines.length > 1 && lines.at(-1) === "") lines.pop();
    this.#lines = lines.map((line, index) => h("span", { class: "line", "data-line": first + index + 1 }, `${line}\n`));
    this.#painted.clear();
    this.#earlier.hidden = window.start === 0;
    this.#later.hidden = window.end === text.text.length;
    this.#pre.style.setProperty("--digits", String(String(first + lines.length).length));
    fill(this.#pre, ...this.#lines);
    this.#paint();
  }

  /** Redraws the lines that had highlighted words or have some now. */
  #paint() {
    const text = /** @type {Text} */ (this.#text);
    const first = text.lineAt(this.#window.start);
    /** @type {Map<number, Range[]>} */
    const byLine = new Map();
    for (const range of this.#ranges) {
      if (range.end <= this.#window.start || range.start >= this.#window.end) continue;
      const last = text.lineAt(Math.max(range.start, Math.min(range.end, this.#window.end) - 1)) - first;
      for (let line = Math.max(0, text.lineAt(range.start) - first); line <= last; line += 1) {
        byLine.set(line, [...(byLine.get(line) ?? []), range]);
      }
    }
    for (const line of this.#painted) if (!byLine.has(line)) this.#fillLine(line, []);
    for (const [line, ranges] of byLine) this.#fillLine(line, ranges);
    this.#painted = new Set(byLine.keys());
  }

  /**
   * @param {number} index
   * @param {Range[]} ranges
   */
  #fillLine(index, ranges) {
    const text = /** @type {Text} */ (this.#text);
    const element = this.#lines[index];
    if (!element) return;
    const start = Math.max(this.#window.start, text.lineStarts()[text.lineAt(this.#window.start) + index] ?? 0);
    const words = element.textContent ?? "";
    /** @type {(Node | string)[]} */
    const parts = [];
    let at = 0;
    for (const range of ranges.toSorted((a, b) => a.start - b.start)) {
      const from = Math.max(at, range.start - start);
      const to = Math.min(words.length - 1, range.end - start);
      if (to <= from) continue;
      const isChosen = range.start === this.#chosen?.start && range.end === this.#chosen.end;
      parts.push(words.slice(at, from), h("mark", { class: isChosen ? "chosen" : undefined }, words.slice(from, to)));
      at = to;
    }
    element.replaceChildren(...parts, words.slice(at));
  }

  #scroll() {
    const mark = this.#pre.querySelector("mark.chosen") ?? this.#pre.querySelector("mark");
    if (!mark) return;
    const box = this.element.getBoundingClientRect();
    const { top, height } = mark.getBoundingClientRect();
    this.element.scrollBy(0, top - box.top - Math.max(24, (box.height - height) / 3));
  }
}
