// @ts-check
// A table of any length: only the rows in sight, and the one with the focus, are in the document. It is a grid of the
// ARIA kind, or a tree grid where rows are grouped: one stop of the Tab key, arrow keys inside.

import { fill, h } from "./dom.js";

/**
 * @template Row
 * @typedef {object} Column
 * @property {string} id
 * @property {string} label
 * @property {(row: Row) => import("./dom.js").Child[]} cell
 * @property {string} [direction] `ascending` or `descending` where the rows are in its order.
 */

/**
 * What stands on a line: a row, or the head of a group.
 * @template Row
 * @typedef {{ row: Row, level: number, group?: undefined } | { row?: undefined, group: { key: string, isOpen: boolean, cell: () => import("./dom.js").Child[] } }} Line
 */

/** Lines above and below those in sight: a fast finger finds them there. */
const MARGIN = 8;

/** @template Row */
export class Grid {
  /** @type {readonly Column<Row>[]} */
  #columns = [];
  /** @type {readonly Line<Row>[]} */
  #lines = [];
  /** The elements in the document, by the index of their line. @type {Map<number, HTMLElement>} */
  #drawn = new Map();
  /** The cell that takes the focus; line -1 is the head. */
  #active = { line: 0, column: 0 };
  #height = 44;
  #head = h("div", { class: "grid-row grid-head", role: "row", "aria-rowindex": "1" });
  #ruler = h("div", { class: "grid-row grid-ruler", "aria-hidden": "true" });
  #body = h("div", { class: "grid-body", role: "rowgroup" });
  #table = h("div", { role: "grid" }, h("div", { role: "rowgroup", class: "grid-top" }, this.#head), this.#body);
  element = h("div", { class: "grid" }, this.#ruler, this.#table);

  /**
   * @param {string} label
   * @param {{ open: (row: Row) => void, toggle: (key: string) => void, sort: (column: string) => void }} wiring
   */
  constructor(label, wiring) {
    this.wiring = wiring;
    this.#table.setAttribute("aria-label", label);
    this.element.addEventListener("scroll", () => this.#draw(), { passive: true });
    this.element.addEventListener("keydown", (event) => this.#key(event));
    this.element.addEventListener("click", (event) => this.#click(event));
    this.element.addEventListener("focusin", (event) => this.#follow(event.target));
    new ResizeObserver(() => this.#resize()).observe(this.element);
  }

  /**
   * @param {readonly Column<Row>[]} columns
   * @param {readonly Line<Row>[]} lines
   * @param {boolean} isGrouped
   */
  show(columns, lines, isGrouped) {
    const hadFocus = this.element.contains(document.activeElement);
    const before = this.#lines[this.#active.line];
    this.#columns = columns;
    this.#lines = lines;
    if (before && this.#active.line >= 0) this.#active.line = Math.max(0, placeOf(lines, before, this.#active.line));
    this.#table.setAttribute("role", isGrouped ? "treegrid" : "grid");
    this.#table.setAttribute("aria-rowcount", String(lines.length + 1));
    this.#table.setAttribute("aria-colcount", String(columns.length));
    fill(this.#head, ...columns.map((column, at) => this.#headCell(column, at)));
    for (const element of this.#drawn.values()) element.remove();
    this.#drawn.clear();
    this.#resize();
    if (hadFocus) this.#cell()?.focus({ preventScroll: true });
  }

  /** Puts the focus where it was. */
  focus() {
    this.#reveal();
    this.#cell()?.focus({ preventScroll: true });
  }

  /** Goes to the first line. */
  toTop() {
    this.#active = { line: 0, column: this.#active.column };
    this.element.scrollTop = 0;
  }

  #resize() {
    this.#height = this.#ruler.offsetHeight || this.#height;
    this.#body.style.height = `${this.#lines.length * this.#height}px`;
    for (const [line, element] of this.#drawn) this.#place(line, element);
    this.#draw();
  }

  #draw() {
    const { scrollTop, clientHeight } = this.element;
    const first = Math.max(0, Math.floor(scrollTop / this.#height) - MARGIN);
    const last = Math.min(this.#lines.length, Math.ceil((scrollTop + clientHeight) / this.#height) + MARGIN);
    const isWanted = (/** @type {number} */ line) => (line >= first && line < last) || line === this.#active.line;
    for (const [line, element] of this.#drawn) {
      if (isWanted(line)) continue;
      element.remove();
      this.#drawn.delete(line);
    }
    for (let line = first; line < last; line += 1) if (!this.#drawn.has(line)) this.#line(line);
    if (this.#lines[this.#active.line] && !this.#drawn.has(this.#active.line)) this.#line(this.#active.line);
    // In the order of their lines, as they are read aloud; none that is there is moved, because it would lose the focus.
    let next = this.#body.firstChild;
    for (const [, element] of [...this.#drawn].sort(([one], [other]) => one - other)) {
      if (element === next) next = next.nextSibling;
      else this.#body.insertBefore(element, next);
    }
    this.#mark();
  }

  /** @param {number} at */
  #line(at) {
    const line = /** @type {Line<Row>} */ (this.#lines[at]);
    const shared = { role: "row", "aria-rowindex": String(at + 2), "data-line": String(at) };
    const element = line.group
      ? h("div", { ...shared, class: "grid-row grid-group", "aria-level": "1", "aria-expanded": String(line.group.isOpen) },
          h("div", { role: "gridcell", class: "grid-cell", "aria-colindex": "1", "aria-colspan": String(this.#columns.length), tabindex: "-1" }, line.group.cell()))
      : h("div", { ...shared, class: line.level > 1 ? "grid-row grid-inner" : "grid-row", "aria-level": line.level > 1 && String(line.level) },
          ...this.#columns.map(({ id, cell }, column) => h("div", { role: "gridcell", class: `grid-cell cell-${id}`, "aria-colindex": String(column + 1), tabindex: "-1" }, cell(line.row))));
    this.#drawn.set(at, element);
    this.#place(at, element);
  }

  /**
   * @param {number} at
   * @param {HTMLElement} element
   */
  #place(at, element) {
    element.style.transform = `translateY(${at * this.#height}px)`;
  }

  /**
   * @param {Column<Row>} column
   * @param {number} at
   */
  #headCell({ id, label, direction }, at) {
    const sign = direction === "ascending" ? "▲" : direction === "descending" ? "▼" : "";
    return h(
      "div",
      { role: "columnheader", class: `grid-cell cell-${id}`, "aria-colindex": String(at + 1), "aria-sort": direction ?? "none" },
      h("button", { type: "button", class: "grid-sort", tabindex: "-1" }, label, h("span", { class: "grid-direction", "aria-hidden": "true" }, sign)),
    );
  }

  /** The element of the active cell that takes the focus. */
  #cell() {
    const { line, column } = this.#active;
    const row = line < 0 ? this.#head : this.#drawn.get(line);
    const cell = row?.children[Math.min(column, row.children.length - 1)];
    const target = cell?.querySelector("button") ?? cell;
    return target instanceof HTMLElement ? target : undefined;
  }

  /** One element of the grid takes part in the order of the Tab key. */
  #mark() {
    for (const element of this.#table.querySelectorAll("[tabindex='0']")) element.setAttribute("tabindex", "-1");
    (this.#cell() ?? this.#head.querySelector("button"))?.setAttribute("tabindex", "0");
  }

  /** @param {EventTarget | null} target */
  #follow(target) {
    const cell = target instanceof Element ? target.closest(".grid-cell") : null;
    const row = cell?.parentElement;
    if (!cell || !row) return;
    this.#active = { line: row === this.#head ? -1 : Number(row.getAttribute("data-line")), column: [...row.children].indexOf(cell) };
    this.#mark();
  }

  /** @param {MouseEvent} event */
  #click({ target }) {
    const cell = target instanceof Element ? target.closest(".grid-cell") : null;
    const row = cell?.parentElement;
    if (!cell || !row || getSelection()?.toString()) return;
    this.#follow(cell);
    this.#act();
  }

  /** Opens, unfolds or sorts, by what has the focus. */
  #act() {
    const { line, column } = this.#active;
    const found = this.#lines[line];
    if (line < 0) this.wiring.sort(this.#columns[column]?.id ?? "");
    else if (found?.group) this.wiring.toggle(found.group.key);
    else if (found) this.wiring.open(found.row);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const { line, column } = this.#active;
    const last = this.#lines.length - 1;
    const page = Math.max(1, Math.floor(this.element.clientHeight / this.#height) - 2);
    const isWhole = event.ctrlKey || event.metaKey;
    const group = this.#lines[line]?.group;
    /** @type {Record<string, () => void>} */
    const keys = {
      ArrowDown: () => this.#go(Math.min(last, line + 1), column),
      ArrowUp: () => this.#go(Math.max(-1, line - 1), column),
      PageDown: () => this.#go(Math.min(last, line + page), column),
      PageUp: () => this.#go(Math.max(0, line - page), column),
      ArrowRight: () => (group ? !group.isOpen && this.#act() : this.#aside(1)),
      ArrowLeft: () => (group ? group.isOpen && this.#act() : this.#aside(-1)),
      Home: () => this.#go(isWhole ? 0 : line, 0),
      End: () => this.#go(isWhole ? last : line, this.#columns.length - 1),
      Enter: () => this.#act(),
      " ": () => this.#act(),
    };
    const action = keys[event.key];
    if (!action || event.altKey) return;
    event.preventDefault();
    action();
  }

  /**
   * To the next column that is shown.
   * @param {1 | -1} by
   */
  #aside(by) {
    const row = this.#active.line < 0 ? this.#head : this.#drawn.get(this.#active.line);
    for (let at = this.#active.column + by; at >= 0 && at < this.#columns.length; at += by) {
      const cell = row?.children[at];
      if (cell instanceof HTMLElement && cell.offsetWidth > 0) return this.#go(this.#active.line, at);
    }
  }

  /**
   * @param {number} line
   * @param {number} column
   */
  #go(line, column) {
    this.#active = { line, column };
    this.focus();
  }

  /** Scrolls so that the active line is in sight. */
  #reveal() {
    const top = this.#active.line * this.#height;
    const room = this.element.clientHeight - this.#head.offsetHeight - this.#height;
    const { scrollTop } = this.element;
    if (top < scrollTop) this.element.scrollTop = Math.max(0, top);
    else if (top > scrollTop + room) this.element.scrollTop = top - room;
    this.#draw();
  }
}

/**
 * Where the line stands now that stood at `at`.
 * @template Row
 * @param {readonly Line<Row>[]} lines
 * @param {Line<Row>} before
 * @param {number} at
 */
function placeOf(lines, before, at) {
  const isSame = (/** @type {Line<Row>} */ line) => (before.group ? line.group?.key === before.group.key : line.row === before.row);
  const found = lines.findIndex(isSame);
  return found < 0 ? Math.min(at, lines.length - 1) : found;
}
