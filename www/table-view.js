// @ts-check
// Thousands of verdicts: what they come to, and a table to filter, sort and group. A row opens the whole report.

import { arrange, repeated } from "./arrange.js";
import { MOST_ROWS } from "./batch.js";
import { dayWords } from "./dates.js";
import { fill, h, quoted, unseen } from "./dom.js";
import { Grid } from "./grid-view.js";
import { STANDINGS } from "./rows.js";
import { summary } from "./summary.js";
import { capital, commonName, count, sizeWords } from "./words.js";

/** @typedef {import("./rows.js").Row} Row */
/** @typedef {import("./arrange.js").Wish} Wish */

/**
 * What the table's buttons do, and what it has to know.
 * @typedef {object} Wiring
 * @property {(rows: readonly Row[]) => void} open Shows the report on some rows.
 * @property {() => void} cancel
 * @property {() => void} goOn
 * @property {(format: "csv" | "lines") => void} save
 * @property {(rule: string) => string} titleOf
 * @property {() => { policy: string, roots: string, at: string, hasInventory: boolean }} basis What is judged by.
 * @property {number} most As many rows can be judged together.
 */

/** Each column as it is sorted; those of a phone are chosen from a list. @type {[import("./arrange.js").SortKey, string][]} */
const COLUMNS = [
  ["standing", "Verdict"],
  ["input", "Input"],
  ["subject", "Endpoint"],
  ["mustFix", "Must fix"],
  ["shouldFix", "Should fix"],
  ["undecided", "Undecided"],
  ["issuer", "Issuer"],
];

/** @type {[import("./arrange.js").GroupKey, string][]} */
const GROUPS = [
  ["", "Nothing"],
  ["standing", "Verdict"],
  ["rule", "Rule"],
  ["issuer", "Issuer"],
  ["host", "Host"],
];

/** Milliseconds between the last letter in the filter and what it finds. */
const PAUSE = 150;

/** The part of the page that shows a batch. */
export class TableView {
  /** @type {Wish} */
  #wish = { text: "", standing: undefined, sort: { by: "standing", isDown: false }, group: "" };
  /** @type {Set<string>} */
  #open = new Set();
  /** @type {import("./arrange.js").Arranged} */
  #arranged = { rows: [], groups: undefined };
  /** @type {import("./batch.js").Batch} */
  #batch;
  #wiring;
  /** How many endpoints stand in several of these rows. @type {{ rows: readonly Row[], length: number, endpoints: number } | undefined} */
  #repeated;
  #latest = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  #seal = h("span", { class: "seal", "aria-hidden": "true" });
  #title = h("h1", { id: "many-title", tabindex: "-1" });
  #line = h("p", { class: "answer-line" });
  #answer = h("div", { class: "answer unknown" }, this.#seal, h("div", {}, this.#title, this.#line));
  #tally = h("ul", { class: "standings", "aria-label": "Show only" });
  #words = h("p", { class: "many-words" });
  #bar = h("progress", { "aria-label": "Judging" });
  #stop = h("button", { type: "button", onclick: () => this.#wiring.cancel() }, "Cancel");
  #goOn = h("button", { type: "button", onclick: () => this.#wiring.goOn() }, "Judge the rest");
  #progress = h("div", { class: "many-progress" }, this.#words, this.#bar, this.#stop, this.#goOn);
  #key = h("div", { class: "key-warning", hidden: true }, h("h2", {}, "There were private keys among these inputs"), h("p", {}));
  #hints = h("div", { class: "many-hints" });
  #shown = h("p", { class: "many-shown", role: "status" });
  #together = h("button", { type: "button", class: "quiet", onclick: () => this.#wiring.open(this.#arranged.rows) });
  #filter = h("input", { id: "many-filter", type: "search", placeholder: "Host, file, issuer, rule", spellcheck: "false", autocomplete: "off", autocapitalize: "off" });
  #group = h("select", { id: "many-group" }, ...GROUPS.map(([value, label]) => h("option", { value }, label)));
  #sort = h("select", { id: "many-sort" }, ...COLUMNS.map(([value, label]) => h("option", { value }, label)));
  /** @type {Grid<Row>} */
  #grid;

  /**
   * @param {Element} root
   * @param {import("./batch.js").Batch} batch
   * @param {Wiring} wiring
   */
  constructor(root, batch, wiring) {
    this.#batch = batch;
    this.#wiring = wiring;
    this.#grid = new Grid("Verdicts", {
      open: (row) => wiring.open([row]),
      toggle: (key) => this.#toggle(key),
      sort: (column) => this.#sortBy(column),
    });
    this.#filter.addEventListener("input", () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#change({ text: this.#filter.value }), PAUSE);
    });
    this.#group.addEventListener("change", () => {
      this.#open.clear();
      this.#change({ group: /** @type {Wish["group"]} */ (this.#group.value) });
    });
    this.#sort.addEventListener("change", () => this.#change({ sort: { by: /** @type {Wish["sort"]["by"]} */ (this.#sort.value), isDown: false } }));
    fill(this.#tally, ...STANDINGS.map((_, at) => this.#standingButton(at)));
    const save = (/** @type {"csv" | "lines"} */ format, /** @type {string} */ label) =>
      h("button", { type: "button", class: "quiet", onclick: () => wiring.save(format) }, label);
    fill(
      root,
      this.#answer,
      this.#progress,
      this.#key,
      this.#tally,
      this.#hints,
      h(
        "div",
        { class: "many-tools" },
        h("div", { class: "field many-find" }, h("label", { for: "many-filter" }, "Filter"), this.#filter),
        h("div", { class: "field" }, h("label", { for: "many-group" }, "Group by"), this.#group),
        h("div", { class: "field many-sort" }, h("label", { for: "many-sort" }, "Sort by"), this.#sort),
        h("div", { class: "many-save" }, save("csv", "Save as CSV"), save("lines", "Save verdict lines")),
      ),
      h("div", { class: "many-found" }, this.#shown, this.#together),
      this.#grid.element,
    );
  }

  /** Puts the focus on the answer. */
  focus() {
    this.#title.focus({ preventScroll: true });
  }

  /** Puts the focus on the row that was opened. */
  focusRow() {
    this.#grid.focus();
  }

  /** The answer in one sentence. */
  get headline() {
    return this.#title.textContent ?? "";
  }

  /** Forgets what the reader wished for. */
  forget() {
    this.#wish = { text: "", standing: undefined, sort: { by: "standing", isDown: false }, group: "" };
    this.#open.clear();
    this.#filter.value = "";
    this.#group.value = "";
    this.#sort.value = "standing";
    this.#arranged = { rows: [], groups: undefined };
    this.#grid.toTop();
    this.#list();
  }

  /** Shows how far the batch is, and what it comes to so far. */
  update() {
    const batch = this.#batch;
    const { counts, state } = batch;
    const { policy, roots, at, hasInventory } = this.#wiring.basis();
    const { kind, sign, headline } = summary(counts, state === "finished", policy);
    this.#answer.className = `answer ${kind}`;
    setText(this.#seal, sign);
    setText(this.#title, state === "running" ? `So far: ${headline}` : headline);
    setText(this.#line, `Judged as at ${dayWords(at)} · ${count(batch.total, "input")}, ${sizeWords(batch.bytes)} · each report on its own · ${roots ? `chains verified against ${roots}` : "no roots chosen: no chain is verified"}`);
    this.#updateProgress();
    this.#key.hidden = batch.keys === 0;
    setText(/** @type {HTMLElement} */ (this.#key.lastElementChild), `${count(batch.keys, "input")} had one in it. It is blanked, was not judged and has not left this page. If it came by mail, chat or ticket, others may have it.`);
    for (const [at, item] of [...this.#tally.children].entries()) this.#updateStanding(at, item);
    const hints = [
      hasInventory && "Each report is judged by the inventory on its own: what only another report shows counts as not shown.",
    ];
    if (state === "running") fill(this.#hints, ...hints.map((words) => words && h("p", {}, words)));
    else void this.#updateHints(hints);
  }

  /** Arranges the rows anew; answers once they are shown. */
  async arrange() {
    const latest = (this.#latest += 1);
    const arranged = await arrange(this.#batch.rows, this.#wish, { nameOf: (row) => this.nameOf(row), titleOf: this.#wiring.titleOf }, () => latest !== this.#latest);
    if (!arranged) return;
    this.#arranged = arranged;
    this.#list();
  }

  /**
   * What a row's input is called.
   * @param {Row} row
   */
  nameOf({ file }) {
    return this.#batch.inputs[file]?.name ?? "input";
  }

  #updateProgress() {
    const { state, inputsDone, total, bytesDone, bytes, latest, rows } = this.#batch;
    const isRunning = state === "running";
    this.#progress.hidden = state === "finished";
    this.#progress.classList.toggle("is-over", !isRunning);
    this.#bar.hidden = !isRunning;
    this.#stop.hidden = !isRunning;
    this.#goOn.hidden = state !== "stopped";
    this.#bar.max = Math.max(1, bytes);
    this.#bar.value = Math.min(bytesDone, bytes);
    const done = `${inputsDone.toLocaleString("en")} of ${count(total, "input")}`;
    const records = rows.length > inputsDone ? `, ${count(rows.length, "record")}` : "";
    if (isRunning) fill(this.#words, `Judging: ${done}${records}, ${sizeWords(bytesDone)} of ${sizeWords(bytes)}. `, h("span", { class: "hint" }, latest));
    else if (state === "stopped") fill(this.#words, h("strong", {}, "Stopped."), ` ${done} were judged to their end. The rest was not looked at, and says nothing.`);
    else fill(this.#words, ...quoted(`The page holds at most ${MOST_ROWS.toLocaleString("en")} rows, and stopped there. \`intransit-probe check --stream\` judges any number.`));
  }

  /** @param {readonly (string | false)[]} hints */
  async #updateHints(hints) {
    const { rows } = this.#batch;
    if (this.#repeated?.rows !== rows || this.#repeated.length !== rows.length) {
      const endpoints = await repeated(rows, () => rows !== this.#batch.rows);
      if (endpoints === undefined) return;
      this.#repeated = { rows, length: rows.length, endpoints };
    }
    const several = this.#repeated.endpoints;
    if (several === 0) return fill(this.#hints, ...hints.map((words) => words && h("p", {}, words)));
    const words = `${count(several, "endpoint")} ${several === 1 ? "stands" : "stand"} in more than one report. Here each report is judged apart: what one shows does not complete or contradict another. Filter by the endpoint, then judge those reports together.`;
    fill(this.#hints, h("p", {}, words), ...hints.map((hint) => hint && h("p", {}, hint)));
  }

  /** @param {number} at */
  #standingButton(at) {
    const { kind, sign, several } = /** @type {typeof STANDINGS[number]} */ (STANDINGS[at]);
    const choose = () => this.#change({ standing: this.#wish.standing === at ? undefined : at });
    return h(
      "li",
      { class: kind },
      h("button", { type: "button", class: "many-standing", "aria-pressed": "false", onclick: choose }, h("span", { class: "sign", "aria-hidden": "true" }, sign), h("strong", {}, "0"), ` ${several}`),
    );
  }

  /**
   * @param {number} at
   * @param {Element} item
   */
  #updateStanding(at, item) {
    const number = this.#batch.counts[at] ?? 0;
    item.className = number > 0 ? (STANDINGS[at]?.kind ?? "") : "zero";
    const button = item.querySelector("button");
    button?.setAttribute("aria-pressed", String(this.#wish.standing === at));
    if (button) button.disabled = number === 0 && this.#wish.standing !== at;
    const strong = item.querySelector("strong");
    if (strong) setText(strong, number.toLocaleString("en"));
  }

  /** @param {Partial<Wish>} wish */
  #change(wish) {
    this.#wish = { ...this.#wish, ...wish };
    this.#sort.value = this.#wish.sort.by;
    this.#grid.toTop();
    this.update();
    void this.arrange();
  }

  /** @param {string} column */
  #sortBy(column) {
    const { by, isDown } = this.#wish.sort;
    const found = COLUMNS.find(([id]) => id === column);
    if (found) this.#change({ sort: { by: found[0], isDown: by === found[0] && !isDown } });
  }

  /** @param {string} key */
  #toggle(key) {
    if (!this.#open.delete(key)) this.#open.add(key);
    this.#list();
  }

  /** Hands the arranged rows to the grid. */
  #list() {
    const { rows, groups } = this.#arranged;
    /** @type {import("./grid-view.js").Line<Row>[]} */
    const lines = groups ? [] : rows.map((row) => ({ row, level: 1 }));
    for (const group of groups ?? []) {
      const isOpen = this.#open.has(group.key);
      lines.push({ group: { key: group.key, isOpen, cell: () => groupCell(group, isOpen) } });
      if (isOpen) for (const row of group.rows) lines.push({ row, level: 2 });
    }
    this.#grid.show(this.#columns(), lines, groups !== undefined);
    // Read aloud are answers to the reader's wishes, not every step of the work.
    this.#shown.setAttribute("aria-live", this.#batch.state === "running" ? "off" : "polite");
    const all = this.#batch.rows.length;
    const isPart = rows.length < all;
    const found = isPart ? `${rows.length.toLocaleString("en")} of ${count(all, "report")}` : count(all, "report");
    const note = groups && (this.#wish.group === "rule" || this.#wish.group === "host") ? ". A report stands in each group that it belongs to" : "";
    setText(this.#shown, `${found}${groups ? `, in ${count(groups.length, "group")}` : ""}${note}`);
    this.#together.hidden = !isPart || rows.length < 2 || rows.length > this.#wiring.most;
    setText(this.#together, `Judge these ${rows.length} together`);
  }

  /** @returns {import("./grid-view.js").Column<Row>[]} */
  #columns() {
    const { by, isDown } = this.#wish.sort;
    /** @type {Record<string, (row: Row) => import("./dom.js").Child[]>} */
    const cells = {
      standing: standingCell,
      input: (row) => inputCell(row, this.nameOf(row)),
      subject: subjectCell,
      mustFix: ({ mustFix }) => numberCell(mustFix, "fail", "must fix"),
      shouldFix: ({ shouldFix }) => numberCell(shouldFix, "warn", "should fix"),
      undecided: ({ undecided }) => numberCell(undecided, "unknown", "undecided"),
      issuer: ({ issuers }) => someOf(issuers.map(commonName), issuers.length),
    };
    // Counts come largest first, and verdicts worst first.
    const isDescending = ["mustFix", "shouldFix", "undecided"].includes(by) !== isDown;
    return COLUMNS.map(([id, label]) => ({ id, label, cell: cells[id] ?? (() => []), ...(id === by && { direction: isDescending ? "descending" : "ascending" }) }));
  }
}

/** @param {Row} row */
function standingCell({ standing }) {
  const { kind, sign, word } = STANDINGS[standing] ?? STANDINGS[1];
  return [h("span", { class: `standing ${kind}` }, h("span", { class: "sign", "aria-hidden": "true" }, sign), word)];
}

/**
 * @param {Row} row
 * @param {string} name
 */
function inputCell({ line }, name) {
  const words = line > 0 ? `${name}, line ${line.toLocaleString("en")}` : name;
  return [h("button", { type: "button", class: "link grid-open", tabindex: "-1", title: words }, words)];
}

/** @param {Row} row */
function subjectCell({ subjects, subjectCount, problem }) {
  return problem === "" ? someOf(subjects, subjectCount) : [h("span", { class: "grid-problem", title: problem }, problem)];
}

/**
 * The first name, and how many there are besides it.
 * @param {readonly string[]} names
 * @param {number} all
 */
function someOf(names, all) {
  const [first] = names;
  if (first === undefined) return [h("span", { class: "hint" }, "–", unseen("none shown"))];
  return [h("span", { class: "grid-name", title: names.join("\n") }, first), all > 1 && h("span", { class: "hint grid-more" }, ` +${all - 1}`, unseen(" more"))];
}

/**
 * @param {number} number
 * @param {string} kind
 * @param {string} what
 */
function numberCell(number, kind, what) {
  return [h("span", { class: number > 0 ? `grid-number ${kind}` : "grid-number zero" }, number.toLocaleString("en"), h("span", { class: "grid-what" }, ` ${what}`))];
}

/**
 * @param {import("./arrange.js").Group} group
 * @param {boolean} isOpen
 */
function groupCell({ label, rows, counts }, isOpen) {
  const parts = STANDINGS.flatMap(({ kind, several }, at) => ((counts[at] ?? 0) > 0 ? [h("span", { class: `grid-count ${kind}` }, `${(counts[at] ?? 0).toLocaleString("en")} ${several}`)] : []));
  return [
    h("span", { class: "grid-fold", "aria-hidden": "true" }, isOpen ? "▾" : "▸"),
    h("strong", { class: "grid-name", title: label }, capital(commonName(label))),
    h("span", { class: "hint" }, ` ${count(rows.length, "report")}`),
    h("span", { class: "grid-counts" }, ...parts),
  ];
}

/**
 * @param {Element} element
 * @param {string} words
 */
function setText(element, words) {
  if (element.textContent !== words) element.textContent = words;
}
