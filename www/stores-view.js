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
  const groups = acceptances.map(({ leaf, host, answers }) =>
    h(
      "tbody",
      {},
      h("tr", {}, h("th", { scope: "rowgroup", colspan: 2 }, named(leaf), host && h("span", { class: "hint" }, ` for ${host}`))),
      ...answers.map(({ store, acceptance, words }) => {
        const { state, word } = ANSWERS[acceptance];
        const { kind, sign } = STATES[state];
        return h(
          "tr",
          {},
          h("th", { scope: "row" }, store),
          h("td", { class: kind }, h("p", { class: "store-answer" }, h("span", { class: "sign", "aria-hidden": "true" }, `${sign} `), word), h("p", {}, ...quoted(sentence(words)))),
        );
      }),
    ),
  );
  return h(
    "table",
    { class: "stores" },
    h("caption", {}, "Which client accepts which chain, on the date judged. The first store decides."),
    h("thead", {}, h("tr", {}, ...["Store", "Its answer"].map((name) => h("th", { scope: "col" }, name)))),
    ...groups,
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
    { class: "sheet", id: "sheet", "data-open": "sheet" },
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
