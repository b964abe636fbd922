// @ts-check
// Mail partners by direction: what the findings of two rules come to, the words they rest on, and what to set.
// A cell is never better than its findings.

import { commandLine, h, quoted } from "./dom.js";
import { seen } from "./finding-view.js";
import { STATES, capital, stateOf } from "./words.js";

/** @typedef {import("intransit").Report} Report */
/** @typedef {import("intransit").Finding} Finding */

const COLUMNS = [
  { facet: "to", heading: "Mail to it" },
  { facet: "from", heading: "Mail from it" },
];

/**
 * @param {Report} report
 * @param {import("./finding-view.js").Show} show
 */
export function partnersView(report, show) {
  const findings = report.findings.filter(({ subject, facet }) => subject.kind === "mailPartner" && facet !== undefined);
  if (findings.length === 0) return null;
  const names = [...new Set(findings.map(({ subject }) => subject.label))].sort();
  const row = (/** @type {string} */ name) => {
    const of = (/** @type {string} */ facet, /** @type {string} */ rule) =>
      findings.find((finding) => finding.subject.label === name && finding.facet === facet && finding.rule === rule);
    const cells = COLUMNS.map(({ facet }) => h("td", {}, ...cell(of(facet, "forced-tls-missing"), of(facet, "partner-not-authenticated"), show, report.certificates.length > 0)));
    return h("tr", {}, h("th", { scope: "row" }, name), ...cells);
  };
  return h(
    "section",
    { class: "part", id: "partners", "aria-labelledby": "partners-title" },
    h("h2", { id: "partners-title" }, "Partners"),
    h(
      "p",
      { class: "hint" },
      "As the connectors that were shown are set, not as mail has travelled. Transport rules, gateways, smart hosts and hops beyond the other end are not shown.",
    ),
    h(
      "div",
      { class: "table", tabindex: "0", role: "region", "aria-label": "Partners by direction" },
      h(
        "table",
        {},
        h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Partner"), ...COLUMNS.map(({ heading }) => h("th", { scope: "col" }, heading)))),
        h("tbody", {}, ...names.map(row)),
      ),
    ),
  );
}

/**
 * @param {Finding | undefined} forced
 * @param {Finding | undefined} known
 * @returns {{ words: string, finding: Finding | undefined }}
 */
function stateOfCell(forced, known) {
  if (forced?.outcome === "fail") return { words: "not enforced", finding: forced };
  if (forced?.outcome === "pass" && known?.outcome === "pass") return { words: "encrypted, partner verified", finding: known };
  if (forced?.outcome === "pass" && known?.outcome === "fail") return { words: "encrypted only", finding: known };
  if (forced?.outcome === "pass") return { words: "encrypted; partner not determined", finding: known ?? forced };
  if (forced === undefined && known?.outcome === "fail") return { words: "partner not verified", finding: known };
  return { words: "not determined", finding: forced ?? known };
}

/**
 * @param {Finding | undefined} forced
 * @param {Finding | undefined} known
 * @param {import("./finding-view.js").Show} show
 * @param {boolean} hasSheet Whether the page has a hand-off sheet to show.
 */
function cell(forced, known, show, hasSheet) {
  const { words, finding } = stateOfCell(forced, known);
  // A pass of one rule alone leaves the cell open.
  const isOpen = words.includes("not determined");
  const { kind, sign } = STATES[isOpen || !finding ? "undecided" : stateOf(finding)];
  return [
    h("p", { class: kind }, h("span", { class: "sign", "aria-hidden": "true" }, sign), " ", h("strong", {}, words)),
    finding && h("p", {}, ...quoted(finding.summary)),
    ...(finding?.gaps ?? []).map(({ detail }) => h("p", { class: "hint" }, ...quoted(detail))),
    ...(finding?.outcome === "fail" ? remedy(finding, hasSheet) : []),
    ...(finding && finding.evidence.length > 0 ? seen(finding, show) : []),
  ];
}

/**
 * What to set, to be copied, and what to ask the partner for.
 * @param {Finding} finding
 * @param {boolean} hasSheet
 */
function remedy({ required }, hasSheet) {
  const [, command, ask] = /^set `([^`]+)`; (.+)$/.exec(required) ?? [];
  if (!command || !ask) return [h("p", {}, ...quoted(required))];
  return [
    h("p", { class: "remedy" }, "Set, with NAME filled in:"),
    commandLine(command),
    h("p", {}, `${capital(ask)}. `, hasSheet ? ["It stands in a ", h("a", { href: "#sheet", onclick: openSheet }, "hand-off sheet"), "."] : "Its chain, added here, makes a hand-off sheet that says it."),
  ];
}

/** Opens the hand-off sheet, where there is one. */
function openSheet() {
  document.getElementById("sheet")?.setAttribute("open", "");
}
