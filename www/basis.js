// @ts-check
// What is no evidence: the policy, the inventory and the roots that judge it, and reports to compare with. Each is a chip.

import { fill, h, unseen } from "./dom.js";

/** @typedef {import("intransit").Report} Report */
/** @typedef {{ name: string, text: string }} TextFile */
/** @typedef {import("intransit").NamedInput} NamedInput */
/** @typedef {{ key: string, name: string, report: Report }} Saved */

const WORDS = { policy: "Policy", inventory: "Inventory", roots: "Roots", store: "Store beside", sheet: "Hand-off sheet", report: "Report to compare with" };

/** The files that are held, and their chips. */
export class Basis {
  /** @type {TextFile | undefined} */
  policy;
  /** @type {TextFile | undefined} */
  inventory;
  /** @type {NamedInput | undefined} */
  roots;
  /** Stores that are laid beside the one that decides. @type {readonly NamedInput[]} */
  stores = [];
  /** @type {TextFile | undefined} */
  sheet;
  /** @type {readonly Saved[]} */
  saved = [];
  #last = 0;

  /**
   * @param {Element} root
   * @param {() => void} changed Called when the reader has taken one away.
   */
  constructor(root, changed) {
    this.root = root;
    this.changed = changed;
  }

  /**
   * @param {string} name
   * @param {Report} report
   */
  save(name, report) {
    this.#last += 1;
    this.saved = [...this.saved, { key: `saved-${this.#last}`, name, report }];
  }

  /**
   * Lays a store beside the others; one of the same name takes the place of the older.
   * @param {NamedInput} store
   */
  addStore(store) {
    this.stores = [...this.stores.filter(({ name }) => name !== store.name), store];
  }

  clear() {
    this.policy = undefined;
    this.inventory = undefined;
    this.roots = undefined;
    this.stores = [];
    this.sheet = undefined;
    this.saved = [];
  }

  /** @param {{ isPolicyUsed: boolean, areRootsUsed: boolean }} chosen Whether the policy and the roots are those that are chosen. */
  draw({ isPolicyUsed, areRootsUsed }) {
    const { policy, inventory, roots, stores, sheet, saved } = this;
    const chips = [
      policy && this.#chip("policy", policy.name, isPolicyUsed ? "" : ", not chosen", () => (this.policy = undefined)),
      inventory && this.#chip("inventory", inventory.name, "", () => (this.inventory = undefined)),
      roots && this.#chip("roots", roots.name, areRootsUsed ? "" : ", not chosen", () => (this.roots = undefined)),
      ...stores.map((one) => this.#chip("store", one.name, "", () => (this.stores = this.stores.filter((other) => other !== one)))),
      sheet && this.#chip("sheet", sheet.name, "", () => (this.sheet = undefined)),
      ...saved.map((one) => this.#chip("report", one.name, "", () => (this.saved = this.saved.filter((other) => other !== one)))),
    ];
    fill(this.root, ...chips);
    this.root.toggleAttribute("hidden", chips.every((chip) => !chip));
  }

  /**
   * @param {keyof typeof WORDS} kind
   * @param {string} name
   * @param {string} more
   * @param {() => void} remove
   */
  #chip(kind, name, more, remove) {
    const removed = () => {
      remove();
      this.changed();
    };
    return h(
      "li",
      { class: "basis-chip", "data-kind": kind },
      h("span", {}, `${WORDS[kind]}: `, h("strong", {}, name), more),
      h("button", { type: "button", class: "quiet", onclick: removed }, "Remove", unseen(` ${WORDS[kind].toLowerCase()} ${name}`)),
    );
  }
}
