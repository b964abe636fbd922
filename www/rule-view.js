// @ts-check
// The page of a rule: what it checks, why, how to fix it and whose demand it is.

import { dayWords } from "./dates.js";
import { copyButton, h, leaving, quoted } from "./dom.js";
import { sentence } from "./words.js";

/** @typedef {import("intransit").RuleSummary} RuleSummary */

const PAGES = "https://github.com/intransit/intransit/blob/main/docs/rules";

/**
 * Folded: everything there is to say about a rule.
 * @param {RuleSummary} rule
 * @param {{ isFixShown?: boolean }} [view] Whether the reasons and fixes already stand above it.
 */
export function ruleView(rule, { isFixShown = false } = {}) {
  return h(
    "details",
    { class: "rest rule-page" },
    h("summary", {}, "About the rule ", h("code", {}, rule.id)),
    h("h4", {}, "What it checks"),
    h("p", {}, ...quoted(rule.checks)),
    !isFixShown && [h("h4", {}, "Why it matters"), h("p", {}, ...quoted(rule.why))],
    !isFixShown && rule.fix.length > 0 && [h("h4", {}, "How to fix it"), fixes(rule)],
    h("h4", {}, `Sources; in force since ${dayWords(rule.effective)}`),
    h("ul", { class: "citations" }, ...rule.citations.map(citation)),
    h("p", { class: "leaving" }, leaving(`${PAGES}/${rule.id}.md`, "Its page in the repository"), h("span", { class: "hint", "aria-hidden": "true" }, " ↗ leaves this page")),
  );
}

/** @param {import("intransit").Citation} citation */
export function citation({ document, clause, url, date }) {
  const dated = /^\d/.test(date) ? dayWords(date) : date;
  return h("li", {}, leaving(url, document), `, ${clause} (${dated})`);
}

/** The product that the reader chose last: whoever runs nginx runs it for every finding. */
let product = "";

/** @param {RuleSummary} rule */
export function fixes(rule) {
  const rows = rule.fix.map(({ product: name, text }) => {
    const isAny = name === "any";
    const words = isAny ? h("p", {}, ...quoted(sentence(text))) : h("div", { class: "command" }, h("code", {}, text), copyButton(text, "Copy"));
    return h("div", { class: "fix", "data-product": name }, h("p", { class: "fix-product" }, isAny ? "Any product" : name), words);
  });
  const products = [...new Set(rule.fix.map(({ product: name }) => name))];
  if (products.length === 1) return h("div", { class: "fixes" }, ...rows);
  const chips = products.map((name) =>
    h("button", { type: "button", class: "chip", "data-product": name, onclick: () => choose(name) }, name === "any" ? "Any product" : name),
  );
  const element = h("div", { class: "fixes" }, h("div", { class: "chips", role: "group", "aria-label": "Product" }, ...chips), ...rows);
  prefer(element, product);
  return element;
}

/** @param {string} name */
function choose(name) {
  product = name;
  for (const element of document.querySelectorAll(".fixes")) prefer(element, name);
}

/**
 * Shows one product's fix; the others are there for print.
 * @param {Element} element
 * @param {string} name
 */
function prefer(element, name) {
  const all = [...element.querySelectorAll("[data-product]")];
  const isOffered = all.some((one) => one.getAttribute("data-product") === name);
  const chips = element.querySelectorAll(".chip");
  if (chips.length === 0) return;
  const chosen = isOffered ? name : chips[0]?.getAttribute("data-product");
  for (const one of all) {
    const isChosen = one.getAttribute("data-product") === chosen;
    if (one.matches(".chip")) one.setAttribute("aria-pressed", String(isChosen));
    else one.toggleAttribute("hidden", !isChosen);
  }
}
