// @ts-check
// The three flows of data in transit: which of them the inventory names, what shows each, and whether TLS or IPsec is it.

import { h, quoted } from "./dom.js";
import { FLOW_NAMES, STATES, capital, count, flowWords, stateOf, versionWords } from "./words.js";

/** @typedef {import("intransit").Report} Report */
/** @typedef {NonNullable<Report["scope"]["inventory"]>[number]} Expected */

/** Between data centres either of the two protects: Microsoft 365 says "TLS or IPsec". */
const INSIDE = "insideService";

/** @param {Report} report */
export function flowsView(report) {
  const inventory = report.scope.inventory ?? [];
  const tunnels = [...new Set(report.findings.flatMap(({ subject }) => (subject.kind === "tunnel" ? [subject.label] : [])))];
  if (inventory.length + tunnels.length === 0) return null;
  const of = (/** @type {string | undefined} */ flow) => inventory.filter((one) => flowOf(one, report) === flow);
  const unnamed = of(undefined);
  const missing = inventory.filter(({ shownBy, tunnels = [] }) => shownBy.length + tunnels.length === 0).length;
  const hints = [
    inventory.length === 0 && "No inventory names the flows that there are: what is not listed here is not proven.",
    inventory.length > 0 && (missing > 0 ? `${count(missing, "flow")} of the inventory ${missing === 1 ? "was" : "were"} not shown. What was not shown is not proven.` : "Every flow of the inventory was shown. Whether each meets the policy stands with it."),
  ];
  return h(
    "section",
    { class: "part", id: "flows", "aria-labelledby": "flows-title" },
    h("h2", { id: "flows-title" }, "The three flows"),
    ...hints.map((words) => words && h("p", { class: "hint" }, words)),
    ...FLOW_NAMES.map((flow) => flowView(capital(flowWords(flow) ?? flow), [...of(flow).map((one) => expectedView(one, report)), ...(flow === INSIDE ? tunnels.map((label) => tunnelView(label, report)) : [])], inventory.length > 0)),
    unnamed.length > 0 && flowView("The inventory does not say which flow", unnamed.map((one) => expectedView(one, report)), true),
  );
}

/**
 * @param {Expected} expected
 * @param {Report} report
 */
function flowOf({ flow, shownBy }, report) {
  return flow ?? shownBy.map((index) => report.endpoints[index]?.flow).find(Boolean);
}

/**
 * @param {string} title
 * @param {readonly Element[]} flows
 * @param {boolean} hasInventory
 */
function flowView(title, flows, hasInventory) {
  const nothing = hasInventory ? "The inventory names nothing here." : "Nothing was shown here.";
  return h("div", { class: "flow" }, h("h3", {}, title), flows.length === 0 ? h("p", { class: "hint" }, nothing) : h("ul", {}, ...flows));
}

/**
 * A tunnel of IPsec: whether it encrypts, and what goes through it, as the rules found it.
 * @param {string} label
 * @param {Report} report
 */
function tunnelView(label, report) {
  const of = (/** @type {string} */ rule) => report.findings.filter((one) => one.subject.kind === "tunnel" && one.subject.label === label && one.rule === rule);
  // Several tunnels may have one name; the worst one comes first.
  const encrypts = of("tunnel-unencrypted");
  const { kind, sign } = STATES[encrypts[0] ? stateOf(encrypts[0]) : "undecided"];
  const covered = of("tunnel-does-not-cover").filter(({ outcome }) => outcome !== "notApplicable");
  const about = report.findings.filter(({ subject }) => subject.kind === "tunnel" && subject.label === label);
  return h(
    "li",
    { class: kind },
    h("span", { class: "sign", "aria-hidden": "true" }, sign),
    h(
      "div",
      {},
      h("strong", {}, label),
      ...[...new Set(encrypts.map(({ summary }) => summary))].map((summary) => h("p", {}, "IPsec: ", ...quoted(summary))),
      encrypts.length === 0 && h("p", {}, "IPsec: whether it encrypts is not judged by this policy."),
      ...[...new Set(covered.map(({ summary }) => summary))].map((summary) => h("p", {}, ...quoted(summary))),
      covered.length === 0 && h("p", { class: "hint" }, "Which flows must go through it, the policy does not say."),
      h("p", { class: "hint" }, tallyOf(about)),
    ),
  );
}

/**
 * @param {Expected} expected
 * @param {Report} report
 */
function expectedView({ name, anyOf, between = [], shownBy, tunnels = [] }, report) {
  const isShown = shownBy.length + tunnels.length > 0;
  const expected = [...anyOf.map((endpoint) => `a finished scan of ${endpoint}`), ...(between.length > 0 ? [`a list of tunnels between ${between.join(" and ")}`] : [])];
  const [said] = report.findings.filter(({ subject }) => subject.kind === "inventoryFlow" && name.startsWith(subject.label.slice("flow ".length)));
  const { kind, sign } = said ? STATES[stateOf(said)] : isShown ? { kind: "shown", sign: "●" } : STATES.undecided;
  return h(
    "li",
    { class: kind },
    h("span", { class: "sign", "aria-hidden": "true" }, sign),
    h(
      "div",
      {},
      h("strong", {}, name),
      said && h("p", {}, ...quoted(said.summary)),
      h("p", {}, isShown ? "Shown by:" : `Not shown. Expected: ${expected.join(" or ")}.`),
      isShown && h("ul", { class: "plain" }, ...shownBy.map((index) => h("li", {}, `${report.endpoints[index]?.label ?? "?"}: ${findingsOf(index, report)}`, h("span", { class: "hint" }, ` · ${protection(index, report)}`))), ...tunnels.map((tunnel) => h("li", {}, tunnel, h("span", { class: "hint" }, " · IPsec")))),
    ),
  );
}

/**
 * What the rules say of an endpoint and the certificates it presents.
 * @param {number} index
 * @param {Report} report
 */
function findingsOf(index, report) {
  const hashes = new Set(report.endpoints[index]?.chains.flat());
  const about = report.findings.filter(({ subject }) => subject.endpoint === index || (subject.endpoint === undefined && subject.certificate !== undefined && hashes.has(subject.certificate)));
  return tallyOf(about);
}

/** @param {readonly import("intransit").Finding[]} about */
function tallyOf(about) {
  const parts = Object.entries(STATES).flatMap(([state, { word }]) => {
    const number = about.filter((finding) => stateOf(finding) === state).length;
    return number > 0 && state !== "notApplicable" ? [`${number} ${word}`] : [];
  });
  return parts.join(", ") || "no rule speaks of it";
}

/**
 * Which TLS an endpoint was seen to offer.
 * @param {number} index
 * @param {Report} report
 */
function protection(index, report) {
  const offered = (report.endpoints[index]?.versions ?? []).filter((one) => one.offered).map((one) => versionWords(one.version));
  return offered.length > 0 ? `TLS is offered: ${offered.join(", ")}` : "TLS was not shown";
}
