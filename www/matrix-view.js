// @ts-check
// Suites by version, as a matrix: offered and in which place, not offered, or not known. A cell says "not offered"
// only where the report lists every suite of that version.

import { h, unseen } from "./dom.js";
import { versionWords } from "./words.js";

/** @typedef {import("intransit").EndpointSummary} Endpoint */
/** @typedef {import("intransit").SuiteSummary} Suite */
/** @typedef {import("intransit").Span} Span */
/** @typedef {{ label: string, hint: string, version: string | undefined, isComplete: boolean, isOrdered: boolean }} Column */

const CHOOSES = { server: "the server chooses", serverExceptChaCha20: "the server chooses, except ChaCha20", client: "the client chooses" };

/**
 * @param {Endpoint} endpoint
 * @param {{ go: (spans: readonly Span[]) => void, wordsAt: (span: Span) => string }} view
 */
export function matrixView(endpoint, view) {
  if (endpoint.suites.length === 0) return h("p", { class: "hint" }, "None was shown. That does not mean that none is accepted.");
  const columns = columnsOf(endpoint);
  const head = columns.map(({ label, hint }) => h("th", { scope: "col" }, label, h("span", { class: "column-hint" }, hint)));
  return h(
    "div",
    {},
    h(
      "div",
      { class: "table", tabindex: "0", role: "region", "aria-label": `Cipher suites of ${endpoint.label}` },
      h(
        "table",
        { class: "matrix" },
        h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Suite"), ...head, h("th", { scope: "col" }, "Bits"), h("th", { scope: "col" }, "Forward secrecy"))),
        h("tbody", {}, ...rowsOf(endpoint, columns).map((suites) => row(suites, columns, endpoint, view))),
      ),
    ),
    h("p", { class: "hint legend" }, "● offered · 1, 2, 3 offered, by the server’s own preference · – not offered · ? not known"),
  );
}

/**
 * A column for each version that is offered or may be, newest first.
 * @param {Endpoint} endpoint
 * @returns {Column[]}
 */
function columnsOf(endpoint) {
  const has = (/** @type {string | undefined} */ version) => endpoint.suites.some((suite) => suite.version === version);
  const columns = endpoint.versions
    .filter(({ version, offered }) => has(version) || (offered !== false && version !== "SSLv2"))
    .map(({ version }) => {
      const list = endpoint.suiteLists?.find((one) => one.version === version);
      const isComplete = list?.complete ?? false;
      const order = list?.preference;
      const said = [order ? CHOOSES[order] : "order not known", !isComplete && "list not complete"];
      return {
        label: versionWords(version),
        hint: said.filter(Boolean).join("; "),
        version: /** @type {string | undefined} */ (version),
        isComplete,
        isOrdered: order === "server" || order === "serverExceptChaCha20",
      };
    })
    .reverse();
  if (has(undefined)) columns.push({ label: "Some version", hint: "the report does not say which", version: undefined, isComplete: false, isOrdered: false });
  return columns;
}

/**
 * Suites of one name together, in the order of the newest version that has them.
 * @param {Endpoint} endpoint
 * @param {Column[]} columns
 */
function rowsOf({ suites }, columns) {
  /** @type {Map<string, Suite[]>} */
  const rows = new Map();
  for (const { version } of columns) {
    for (const suite of suites) if (suite.version === version) rows.set(suite.name, [...(rows.get(suite.name) ?? []), suite]);
  }
  return [...rows.values()];
}

/**
 * @param {Suite[]} uses
 * @param {Column[]} columns
 * @param {Endpoint} endpoint
 * @param {{ go: (spans: readonly Span[]) => void, wordsAt: (span: Span) => string }} view
 */
function row(uses, columns, { suites }, { go, wordsAt }) {
  const [suite] = uses;
  if (!suite) return null;
  const { name, keyBits, forwardSecrecy } = suite;
  const spans = uses.flatMap(({ span }) => (span ? [span] : []));
  const [first] = spans;
  const said = first ? wordsAt(first) : "";
  const cells = columns.map((column) => {
    const use = uses.find(({ version }) => version === column.version);
    if (!use) return column.isComplete ? cell("absent", "–", "not offered") : cell("not-known", "?", "not known");
    if (!column.isOrdered) return cell("offered", "●", "offered");
    const place = suites.filter(({ version }) => version === column.version).indexOf(use) + 1;
    return cell("offered", String(place), `offered, choice ${place} of the server`);
  });
  return h(
    "tr",
    {},
    h("th", { scope: "row", title: said && `In the report: ${said}` }, first ? h("button", { type: "button", class: "link", onclick: () => go(spans) }, name) : name),
    ...cells,
    keyBits === undefined ? cell("not-known", "?", "not known") : h("td", {}, keyBits),
    forwardSecrecy === undefined ? cell("not-known", "?", "not known") : h("td", {}, forwardSecrecy ? "yes" : "no"),
  );
}

/**
 * @param {string} kind
 * @param {string} sign
 * @param {string} words
 */
function cell(kind, sign, words) {
  return h("td", { class: kind, title: words }, h("span", { "aria-hidden": "true" }, sign), unseen(words));
}
