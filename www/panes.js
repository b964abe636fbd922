// @ts-check
// Where there is room for one of the two only: the verdict first, the evidence one tap away.

import { fill, h } from "./dom.js";

/** @typedef {"verdict" | "evidence"} Pane */

const NAMES = /** @type {const} */ ({ verdict: "Verdict", evidence: "Evidence" });

/** @param {Element} root */
export function panes(root) {
  const narrow = matchMedia("(max-width: 63.99rem)");
  /** @type {Record<Pane, number>} */
  const scrolled = { verdict: 0, evidence: 0 };
  const buttons = Object.entries(NAMES).map(([name, label]) =>
    h("button", { type: "button", "data-pane": name, onclick: () => choose(/** @type {Pane} */ (name)) }, label),
  );
  fill(root, ...buttons);
  choose("verdict");

  /** @param {Pane} name */
  function choose(name) {
    const before = /** @type {Pane} */ (document.body.dataset.pane ?? "verdict");
    scrolled[before] = scrollY;
    document.body.dataset.pane = name;
    for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset.pane === name));
    if (narrow.matches && before !== name) scrollTo(0, scrolled[name]);
  }

  return { choose, isNarrow: () => narrow.matches };
}
