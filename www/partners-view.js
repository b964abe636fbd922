// @ts-check
// Mail partners by direction: what the findings of two rules come to, and for each cell that is not good what to set,
// what to ask for, and the words that it rests on. A cell is never better than its findings.

import { commandLine, h, quoted, unseen } from "./dom.js";
import { seen } from "./finding-view.js";
import { STATES, capital, sentence, stateOf } from "./words.js";

/** @typedef {import("intransit").Report} Report */
/** @typedef {import("intransit").Finding} Finding */
/** @typedef {{ id: string, title: string, words: string, state: keyof typeof STATES, finding: Finding | undefined }} Cell */

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
  const rows = names.map((name, row) => {
    const of = (/** @type {string} */ facet, /** @type {string} */ rule) =>
      findings.find((finding) => finding.subject.label === name && finding.facet === facet && finding.rule === rule);
    const cells = COLUMNS.map(({ facet }) => cell(of(facet, "forced-tls-missing"), of(facet, "partner-not-authenticated"), { id: `partner-${row}-${facet}`, title: `Mail ${facet} ${name}` }));
    return { name, cells };
  });
  const cells = rows.flatMap((row) => row.cells);
  const open = [...cells.filter(({ state }) => state !== "passed" && state !== "undecided"), ...cells.filter(({ state }) => state === "undecided")];
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
      "table",
      { class: "partners" },
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Partner"), ...COLUMNS.map(({ heading }) => h("th", { scope: "col" }, heading)))),
      h("tbody", {}, ...rows.map((row) => h("tr", {}, h("th", { scope: "row" }, row.name), ...row.cells.map(cellView)))),
    ),
    ...open.map((one) => openView(one, show, report.certificates.length > 0)),
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
 * @param {{ id: string, title: string }} place
 * @returns {Cell}
 */
function cell(forced, known, place) {
  const { words, finding } = stateOfCell(forced, known);
  // A pass of one rule alone leaves the cell open.
  const isOpen = words.includes("not determined");
  return { ...place, words, finding, state: isOpen || !finding ? "undecided" : stateOf(finding) };
}

/** @param {Cell} cell */
function cellView({ id, words, state }) {
  const { kind, sign } = STATES[state];
  const inside = [h("span", { class: "sign", "aria-hidden": "true" }, sign), " ", words];
  return h("td", { class: kind }, state === "passed" ? h("span", {}, ...inside) : h("a", { href: `#${id}` }, ...inside));
}

/**
 * A cell that is not good: why, and what to do.
 * @param {Cell} cell
 * @param {import("./finding-view.js").Show} show
 * @param {boolean} hasSheet Whether the page has a hand-off sheet to show.
 */
function openView({ id, title, words, state, finding }, show, hasSheet) {
  const { kind, sign, word } = STATES[state];
  return h(
    "article",
    { class: `cause ${kind}`, id },
    h("span", { class: "sign", "aria-hidden": "true" }, sign),
    h("h3", {}, unseen(`${word}: `), `${title}: ${words}`),
    finding && h("p", {}, ...quoted(finding.summary)),
    ...(finding?.gaps ?? []).map(({ detail }) => h("p", { class: "hint" }, ...quoted(sentence(detail)))),
    ...(finding?.outcome === "fail" ? remedy(finding, hasSheet) : []),
    finding !== undefined && finding.evidence.length > 0 && h("details", { class: "rest" }, h("summary", {}, `The settings it rests on: ${finding.evidence.length}`), ...seen(finding, show)),
  );
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
    h("p", { class: "decide" }, "Set, with NAME filled in:"),
    commandLine(command),
    h("p", {}, `${capital(ask)}. `, ...(hasSheet ? ["The ", h("a", { href: "#sheet", onclick: openSheet }, "hand-off sheet"), " says it of the chain that is here."] : ["Its chain, added here, makes a hand-off sheet that says it."])),
  ];
}

/** Opens the hand-off sheet, where there is one. */
function openSheet() {
  document.getElementById("sheet")?.setAttribute("open", "");
}
