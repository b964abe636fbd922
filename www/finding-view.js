// @ts-check
// One finding: what was seen, what is required and since when, why, how to fix it, and where it is said.

import { dayWords } from "./dates.js";
import { copyButton, h, quoted, unseen } from "./dom.js";
import { STATES, basisWords, flowWords, stateOf } from "./words.js";

/** @typedef {import("intransit").Finding} Finding */
/** @typedef {import("intransit").RuleSummary} RuleSummary */
/** @typedef {import("intransit").Span} Span */
/** @typedef {(finding: Finding, chosen?: Span, reveal?: boolean) => void} Show */

const SHOWN = 5;

/**
 * A finding that opens. Opening it highlights its words; "Show me" also goes there.
 * @param {Finding} finding
 * @param {RuleSummary | undefined} rule
 * @param {{ show: Show, number?: number }} view
 */
export function findingView(finding, rule, { show, number = Number.NaN }) {
  const { kind, sign, word } = STATES[stateOf(finding)];
  const element = h(
    "details",
    { class: `finding ${kind}`, "data-finding": finding.id },
    h(
      "summary",
      {},
      h("span", { class: "sign", "aria-hidden": "true" }, sign),
      h(
        "span",
        { class: "finding-head" },
        h("span", { class: "finding-title" }, !Number.isNaN(number) && `${number}. `, unseen(`${word}: `), ...quoted(finding.summary)),
        h("span", { class: "finding-where" }, [finding.subject.label, flowWords(finding.flow)].filter(Boolean).join(" · ")),
      ),
    ),
    h("dl", { class: "facts" }, ...facts(finding, rule, show)),
  );
  element.querySelector("summary")?.addEventListener("click", () => {
    if (!element.open && finding.evidence.length > 0) show(finding);
  });
  return element;
}

/**
 * The places that a finding cites, each with a button that shows it.
 * @param {Finding} finding
 * @param {Show} show
 */
export function seen(finding, show) {
  const rows = finding.evidence.map(({ span, observed }) =>
    h(
      "li",
      {},
      h("span", {}, ...quoted(observed || "these words")),
      h(
        "button",
        { type: "button", class: "quiet show", onclick: () => show(finding, span, true) },
        "Show me",
        unseen(` in the evidence, ${observed}, `),
        h("span", { class: "line-number" }, ` line ${span.line}`),
      ),
    ),
  );
  const rest = rows.splice(SHOWN);
  return [
    h("ul", { class: "seen" }, ...rows),
    rest.length > 0 && h("details", { class: "rest" }, h("summary", {}, `${rest.length} more`), h("ul", { class: "seen" }, ...rest)),
  ];
}

/**
 * @param {Finding} finding
 * @param {RuleSummary | undefined} rule
 * @param {Show} show
 */
function facts(finding, rule, show) {
  const isFail = finding.outcome === "fail";
  return [
    finding.evidence.length > 0 &&
      fact(
        "Seen",
        ...seen(finding, show),
        finding.basis !== undefined && h("p", { class: "hint" }, `Basis: ${basisWords(finding.basis)}.`),
      ),
    ...gaps(finding),
    fact(
      "Required",
      h("p", {}, ...quoted(finding.required || (rule?.title ?? "")), rule && `, since ${dayWords(rule.effective)}`),
      rule && h("ul", { class: "citations" }, ...rule.citations.map(citation)),
    ),
    rule && isFail && fact("Why", h("p", {}, rule.why)),
    rule && isFail && rule.fix.length > 0 && fact("How to fix it", fixes(rule)),
    rule && fact("The rule", h("p", {}, ...quoted(rule.checks)), h("p", { class: "hint" }, h("code", {}, rule.id))),
  ].flat();
}

/** @param {Finding} finding */
function gaps(finding) {
  if (finding.outcome === "unknown" || !finding.gaps?.length) return [];
  return fact("Not shown", h("ul", { class: "plain" }, ...finding.gaps.map((gap) => h("li", {}, ...quoted(gap.detail)))));
}

/** @param {import("intransit").Citation} citation */
function citation({ document, clause, url, date }) {
  const dated = /^\d/.test(date) ? dayWords(date) : date;
  return h(
    "li",
    {},
    h("a", { href: url, target: "_blank", rel: "noreferrer noopener" }, document, unseen(" (opens another page)")),
    `, ${clause} (${dated})`,
  );
}

/** The product that the reader chose last: whoever runs nginx runs it for every finding. */
let product = "";

/** @param {RuleSummary} rule */
function fixes(rule) {
  const rows = rule.fix.map(({ product: name, text }) => {
    const isAny = name === "any";
    const words = isAny ? h("p", {}, text) : h("div", { class: "command" }, h("code", {}, text), copyButton(text, "Copy"));
    return h("div", { class: "fix", "data-product": name }, h("p", { class: "fix-product" }, isAny ? "Any product" : name), words);
  });
  if (rows.length === 1) return h("div", { class: "fixes" }, ...rows);
  const chips = rule.fix.map(({ product: name }) =>
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

/**
 * @param {string} term
 * @param {...import("./dom.js").Child} description
 */
function fact(term, ...description) {
  return [h("dt", {}, term), h("dd", {}, ...description)];
}
