// @ts-check
// The evidence: a tab for each input, what was recognised in it, its text, and the words that a finding rests on.

import { fill, h, quoted, unseen } from "./dom.js";
import { Excerpt } from "./excerpt-view.js";
import { mayBeRoots } from "./roots.js";
import { WHOLE } from "./text.js";
import { sizeWords } from "./words.js";

/** @typedef {import("intransit").Report} Report */
/** @typedef {import("intransit").Span} Span */
/** @typedef {import("./text.js").Text} Text */

/**
 * An input of the page; `text` is what may be shown of it, once it has been read.
 * @typedef {{ key: number, name: string, content: string | Uint8Array, text: Text | undefined }} Held
 */

const PAUSE = 400;

/** The evidence pane. */
export class EvidenceView {
  /** @type {readonly Held[]} */
  #inputs = [];
  /** @type {Report | undefined} */
  #report;
  #current = 0;
  /** @type {readonly Span[]} */
  #spans = [];
  /** @type {Span | undefined} */
  #chosen;
  /** The key of the input that is being edited. @type {number | undefined} */
  #editing;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #excerpt = new Excerpt();
  #tabs = h("div", { class: "tabs", role: "tablist", "aria-label": "Inputs" });
  #recognised = h("div", { class: "recognised" });
  #tools = h("div", { class: "tools" });
  #body = h("div", { class: "evidence-body" });
  #panel = h("div", { class: "panel", role: "tabpanel", id: "evidence-panel" }, this.#recognised, this.#tools, this.#body);

  /**
   * @param {Element} root
   * @param {{ edited: (key: number, text: string) => void, removed: (key: number) => void, trusted: (key: number) => void }} wiring
   */
  constructor(root, wiring) {
    this.wiring = wiring;
    this.#tabs.addEventListener("keydown", (event) => this.#arrow(event));
    fill(root, this.#tabs, this.#panel);
  }

  /**
   * @param {readonly Held[]} inputs
   * @param {Report | undefined} report
   */
  update(inputs, report) {
    this.#inputs = inputs;
    this.#report = report;
    this.#current = Math.min(this.#current, Math.max(0, inputs.length - 1));
    this.#spans = [];
    this.#chosen = undefined;
    this.#draw();
  }

  /**
   * Highlights spans and goes to one of them.
   * @param {readonly Span[]} spans
   * @param {Span} [chosen]
   */
  show(spans, chosen = spans[0]) {
    if (!chosen) return;
    this.#spans = spans;
    this.#chosen = chosen;
    this.#current = chosen.source;
    this.#editing = undefined;
    this.#draw();
  }

  /** Whether somebody is writing in it. */
  isEditing() {
    return this.#editing !== undefined;
  }

  /** Puts the focus on the text. */
  focus() {
    this.#excerpt.element.focus({ preventScroll: true });
  }

  #draw() {
    const held = this.#inputs[this.#current];
    fill(this.#tabs, ...this.#inputs.map((input, index) => this.#tab(input, index)));
    if (!held) return fill(this.#body);
    this.#panel.setAttribute("aria-labelledby", `tab-${held.key}`);
    this.#drawRecognised();
    this.#drawTools(held);
    if (this.#editing === held.key) return;
    if (!held.text) return fill(this.#body, h("p", { class: "no-text" }, this.#report ? "This input is binary: there is no text to show." : "This input was not read."));
    if (this.#excerpt.element.parentNode !== this.#body) fill(this.#body, this.#excerpt.element);
    this.#excerpt.show(held.text, held.name);
    const { text } = held;
    const here = this.#spans.filter((span) => span.source === this.#current).map((span) => text.range(span));
    this.#excerpt.highlight(here, this.#chosen?.source === this.#current ? text.range(this.#chosen) : undefined);
  }

  #drawRecognised() {
    const scans = this.#report?.scans.filter((scan) => scan.source === this.#current) ?? [];
    const lines = scans.map((scan) => h("p", {}, ...quoted(scan.recognised)));
    fill(this.#recognised, ...(lines.length > 0 ? lines : [h("p", {}, this.#report ? "Nothing was recognised in this input." : "")]));
  }

  /** @param {Held} held */
  #drawTools(held) {
    const isEditing = this.#editing === held.key;
    const spans = this.#spans;
    const position = this.#chosen ? spans.indexOf(this.#chosen) : -1;
    const isLong = (held.text?.text.length ?? 0) > WHOLE;
    const step = (/** @type {number} */ by) => {
      const next = spans[(position + by + spans.length) % spans.length];
      if (next) this.show(spans, next);
      this.#tools.querySelector(by > 0 ? ".next" : ".previous")?.dispatchEvent(new Event("refocus"));
    };
    const stepper = (/** @type {string} */ name, /** @type {number} */ by, /** @type {string} */ sign) => {
      const button = h("button", { type: "button", class: `quiet ${name}`, "aria-label": `The ${name} place`, onclick: () => step(by) }, sign);
      button.addEventListener("refocus", () => button.focus());
      return button;
    };
    fill(
      this.#tools,
      spans.length > 1 && [stepper("previous", -1, "‹"), h("span", { class: "position" }, `${position + 1} of ${spans.length}`), stepper("next", 1, "›")],
      spans.length === 1 && h("span", { class: "position" }, "1 place"),
      h("span", { class: "spring" }, held.text && sizeWords(held.text.text.length)),
      held.text && !isEditing && h("button", { type: "button", class: "quiet", disabled: isLong, title: isLong ? "Too long to edit here" : undefined, onclick: () => this.#edit(held) }, "Edit"),
      held.text && !isEditing && mayBeRoots(held.text.text) && h("button", { type: "button", class: "quiet", onclick: () => this.wiring.trusted(held.key) }, "Use as my roots", unseen(` ${held.name}`)),
      isEditing && h("button", { type: "button", onclick: () => this.#done() }, "Done"),
      h("button", { type: "button", class: "quiet", onclick: () => this.wiring.removed(held.key) }, "Remove", unseen(` ${held.name}`)),
    );
  }

  /** @param {Held} held */
  #edit(held) {
    this.#editing = held.key;
    const area = h("textarea", { class: "editor", "aria-label": `Text of ${held.name}`, spellcheck: "false", autocomplete: "off", autocapitalize: "off" });
    area.value = held.text?.text ?? "";
    area.addEventListener("input", () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.wiring.edited(held.key, area.value), PAUSE);
    });
    area.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.#done();
    });
    fill(this.#body, area);
    this.#drawTools(held);
    area.focus();
    area.setSelectionRange(0, 0);
    area.scrollTo(0, 0);
  }

  #done() {
    const area = this.#body.querySelector("textarea");
    const key = this.#editing;
    this.#editing = undefined;
    const held = this.#inputs.find((input) => input.key === key);
    clearTimeout(this.#timer);
    if (area && held && area.value !== held.text?.text) this.wiring.edited(held.key, area.value);
    this.#draw();
    this.focus();
  }

  /**
   * @param {Held} input
   * @param {number} index
   */
  #tab({ key, name }, index) {
    const isCurrent = index === this.#current;
    return h(
      "button",
      {
        type: "button",
        role: "tab",
        id: `tab-${key}`,
        "aria-selected": String(isCurrent),
        "aria-controls": "evidence-panel",
        tabindex: isCurrent ? "0" : "-1",
        onclick: () => this.#choose(index),
      },
      name,
    );
  }

  /** @param {number} index */
  #choose(index) {
    this.#current = index;
    this.#editing = undefined;
    this.#draw();
    const tab = this.#tabs.children[index];
    if (tab instanceof HTMLElement) tab.focus();
  }

  /** @param {KeyboardEvent} event */
  #arrow(event) {
    const last = this.#inputs.length - 1;
    const target = { ArrowLeft: this.#current - 1, ArrowRight: this.#current + 1, Home: 0, End: last }[event.key];
    if (target === undefined) return;
    event.preventDefault();
    this.#choose(target < 0 ? last : target > last ? 0 : target);
  }
}
