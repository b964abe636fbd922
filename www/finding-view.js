// @ts-check
// One finding: what was seen, what is required and since when, why, how to fix it, and where it is said.

import { dayWords } from "./dates.js";
import { h, quoted, unseen } from "./dom.js";
import { waiverView } from "./exceptions-view.js";
import { citation, fixes, ruleView } from "./rule-view.js";
import { STATES, basisWords, flowWords, stateOf, withoutList } from "./words.js";

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
  const { short, items } = withoutList(finding.summary);
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
        h("span", { class: "finding-title" }, !Number.isNaN(number) && `${number}. `, unseen(`${word}: `), ...quoted(short)),
        h("span", { class: "finding-where" }, [finding.subject.label, flowWords(finding.flow)].filter(Boolean).join(" · ")),
      ),
    ),
    h("dl", { class: "facts" }, ...facts(finding, items, rule, show)),
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
 * @param {readonly string[]} items What the summary lists.
 * @param {RuleSummary | undefined} rule
 * @param {Show} show
 */
function facts(finding, items, rule, show) {
  const isFail = finding.outcome === "fail";
  return [
    items.length > 0 && fact("These", h("ul", { class: "plain listed" }, ...items.map((item) => h("li", {}, ...quoted(item))))),
    finding.exception && fact("Exception", waiverView(finding.exception)),
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
    rule && fact("The rule", ruleView(rule, { isFixShown: isFail })),
  ].flat();
}

/** @param {Finding} finding */
function gaps(finding) {
  if (finding.outcome === "unknown" || !finding.gaps?.length) return [];
  return fact("Not shown", h("ul", { class: "plain" }, ...finding.gaps.map((gap) => h("li", {}, ...quoted(gap.detail)))));
}

/**
 * @param {string} term
 * @param {...import("./dom.js").Child} description
 */
function fact(term, ...description) {
  return [h("dt", {}, term), h("dd", {}, ...description)];
}
