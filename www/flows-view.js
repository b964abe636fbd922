// @ts-check
// The three flows of data in transit: which of them the inventory names, what shows each, and what does not.

import { h } from "./dom.js";
import { FLOW_NAMES, STATES, capital, count, flowWords, stateOf } from "./words.js";

/** @typedef {import("intransit").Report} Report */
/** @typedef {NonNullable<Report["scope"]["inventory"]>[number]} Expected */

/** @param {Report} report */
export function flowsView(report) {
  const inventory = report.scope.inventory ?? [];
  if (inventory.length === 0) return null;
  const of = (/** @type {string | undefined} */ flow) => inventory.filter((one) => flowOf(one, report) === flow);
  const unnamed = of(undefined);
  const missing = inventory.filter(({ shownBy, tunnels = [] }) => shownBy.length + tunnels.length === 0).length;
  return h(
    "section",
    { class: "part", id: "flows", "aria-labelledby": "flows-title" },
    h("h2", { id: "flows-title" }, "The three flows"),
    h("p", { class: "hint" }, missing > 0 ? `${count(missing, "flow")} of the inventory ${missing === 1 ? "was" : "were"} not shown. What was not shown is not proven.` : "Every flow of the inventory was shown. Whether each meets the policy stands with it."),
    ...FLOW_NAMES.map((flow) => flowView(capital(flowWords(flow) ?? flow), of(flow), report)),
    unnamed.length > 0 && flowView("The inventory does not say which flow", unnamed, report),
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
 * @param {readonly Expected[]} flows
 * @param {Report} report
 */
function flowView(title, flows, report) {
  return h(
    "div",
    { class: "flow" },
    h("h3", {}, title),
    flows.length === 0 && h("p", { class: "hint" }, "The inventory names nothing here."),
    flows.length > 0 && h("ul", {}, ...flows.map((flow) => expectedView(flow, report))),
  );
}

/**
 * @param {Expected} expected
 * @param {Report} report
 */
function expectedView({ name, anyOf, between = [], shownBy, tunnels = [] }, report) {
  const isShown = shownBy.length + tunnels.length > 0;
  const expected = [...anyOf.map((endpoint) => `a finished scan of ${endpoint}`), ...(between.length > 0 ? [`a list of tunnels between ${between.join(" and ")}`] : [])];
  return h(
    "li",
    { class: isShown ? "shown" : "unknown" },
    h("span", { class: "sign", "aria-hidden": "true" }, isShown ? "●" : "?"),
    h(
      "div",
      {},
      h("strong", {}, name),
      h("p", {}, isShown ? "Shown by:" : `Not shown. Expected: ${expected.join(" or ")}.`),
      isShown && h("ul", { class: "plain" }, ...shownBy.map((index) => h("li", {}, `${report.endpoints[index]?.label ?? "?"}: ${findingsOf(index, report)}`)), ...tunnels.map((tunnel) => h("li", {}, tunnel))),
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
  const parts = Object.entries(STATES).flatMap(([state, { word }]) => {
    const number = about.filter((finding) => stateOf(finding) === state).length;
    return number > 0 && state !== "notApplicable" ? [`${number} ${word}`] : [];
  });
  return parts.join(", ") || "no rule speaks of it";
}
