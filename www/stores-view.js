// @ts-check
// Which of the chosen stores accepts which chain; and the hand-off sheet, for a partner who has to know the certificate.

import { copyButton, fill, h, quoted } from "./dom.js";
import { STATES, certificateName, sentence } from "./words.js";

/** @typedef {import("intransit").Report} Report */
/** @typedef {import("intransit").Acceptance} Acceptance */
/** @typedef {{ written: (format: string) => Promise<string | undefined>, save: (format: string) => void }} SheetWiring */

/** @type {Record<Acceptance, { state: keyof typeof STATES, word: string }>} */
const ANSWERS = {
  accepts: { state: "passed", word: "accepts" },
  refuses: { state: "mustFix", word: "does not accept" },
  unknown: { state: "undecided", word: "cannot say" },
};

/**
 * A table of stores and chains, where several stores were chosen.
 * @param {Report} report
 */
export function storesView({ acceptances = [], certificates }) {
  if (acceptances.length === 0) return null;
  const named = (/** @type {string} */ sha256) => {
    const certificate = certificates.find((one) => one.sha256 === sha256);
    return certificate ? certificateName(certificate) : sha256.slice(0, 16);
  };
  const rows = acceptances.flatMap(({ leaf, host, answers }) =>
    answers.map(({ store, acceptance, words }, index) => {
      const { state, word } = ANSWERS[acceptance];
      const { kind, sign } = STATES[state];
      return h(
        "tr",
        {},
        index === 0 && h("th", { scope: "rowgroup", rowspan: answers.length }, named(leaf), host && h("span", { class: "hint" }, ` for ${host}`)),
        h("td", {}, store),
        h("td", { class: `store-answer ${kind}` }, h("span", { class: "sign", "aria-hidden": "true" }, `${sign} `), word),
        h("td", {}, ...quoted(sentence(words))),
      );
    }),
  );
  return h(
    "div",
    { class: "stores", tabindex: "0", role: "region", "aria-label": "Stores and chains" },
    h(
      "table",
      {},
      h("caption", {}, "Which client accepts which chain: each store against each chain, on the date judged. The first store decides."),
      h("thead", {}, h("tr", {}, ...["Chain", "Store", "Answer", "Why"].map((name) => h("th", { scope: "col" }, name)))),
      h("tbody", {}, ...rows),
    ),
  );
}

/**
 * The hand-off sheet, written when it is opened.
 * @param {Report} report
 * @param {SheetWiring} wiring
 */
export function sheetView({ certificates }, { written, save }) {
  if (certificates.length === 0) return null;
  const body = h("div", { class: "sheet-body" });
  const view = h(
    "details",
    { class: "sheet", "data-open": "sheet" },
    h("summary", {}, "Hand-off sheet for a partner"),
    h("p", { class: "hint" }, "What a partner who sets up forced TLS needs to know of the certificate. Given with later evidence, it is compared: drop it here then."),
    body,
  );
  view.addEventListener(
    "toggle",
    async () => {
      const text = await written("sheet");
      if (text === undefined) return fill(body, h("p", {}, "It is no longer at hand; judge again."));
      const copy = copyButton(text, "Copy");
      copy.setAttribute("aria-label", "Copy the hand-off sheet");
      copy.classList.remove("quiet");
      fill(
        body,
        h("pre", { tabindex: "0", role: "region", "aria-label": "Hand-off sheet" }, text),
        h("div", { class: "row" }, copy, h("button", { type: "button", onclick: () => save("sheet") }, "Save as text"), h("button", { type: "button", onclick: () => save("sheet-markdown") }, "Save as Markdown")),
      );
    },
    { once: true },
  );
  return view;
}
