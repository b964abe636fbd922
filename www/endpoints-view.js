// @ts-check
// What was shown of each endpoint, without judgement.

import { h, unseen } from "./dom.js";
import { matrixView } from "./matrix-view.js";
import { certificateName, flowWords, versionWords } from "./words.js";

/** @typedef {import("intransit").Report} Report */
/** @typedef {import("intransit").EndpointSummary} Endpoint */
/** @typedef {import("intransit").Span} Span */

/**
 * How the views of what was shown reach the evidence.
 * @typedef {object} Reach
 * @property {(spans: readonly Span[]) => void} go Shows some words.
 * @property {(span: Span) => string} wordsAt The words of a span, where there is a text.
 * @property {(span: Span) => Uint8Array | undefined} bytesAt Its bytes.
 */

/**
 * @param {Endpoint} endpoint
 * @param {Report} report
 * @param {Reach} reach
 */
export function endpointView(endpoint, report, reach) {
  const chains = endpoint.chains.map((chain) => chain.map((hash) => chainEntry(report, hash)));
  return h(
    "details",
    { class: "endpoint", "data-open": `endpoint ${endpoint.label}` },
    h("summary", {}, h("span", { class: "endpoint-name" }, endpoint.label), h("span", { class: "finding-where" }, inShort(endpoint))),
    h("h4", {}, "Versions"),
    h("ul", { class: "versions" }, ...endpoint.versions.map(version)),
    h("h4", {}, `Cipher suites, ${endpoint.suitesComplete ? "all that are accepted" : "the list may not be complete"}`),
    matrixView(endpoint, reach),
    h("h4", {}, "Key exchange"),
    ...keyExchange(endpoint, reach),
    h("h4", {}, "Chains"),
    chains.length === 0 && h("p", { class: "hint" }, "No certificate was shown."),
    ...chains.map((names) => h("ol", { class: "chain" }, ...names.map((name) => h("li", {}, name)))),
  );
}

/** @param {Endpoint} endpoint */
function inShort({ versions, flow }) {
  const offered = versions.filter((one) => one.offered).map((one) => versionWords(one.version));
  return [offered.length > 0 ? offered.join(", ") : "no version was seen", flowWords(flow)].filter(Boolean).join(" · ");
}

/** @param {{ version: string, offered?: boolean }} one */
function version({ version: name, offered }) {
  const [sign, word] = offered === undefined ? ["?", "not known"] : offered ? ["●", "accepted"] : ["○", "refused"];
  return h("li", { class: word.replace(" ", "-") }, h("strong", {}, versionWords(name)), h("span", {}, h("span", { "aria-hidden": "true" }, `${sign} `), word));
}

/**
 * @param {Endpoint} endpoint
 * @param {Reach} reach
 */
function keyExchange({ groups = [], groupsComplete, dhParameters = [] }, { go }) {
  const rest = groupsComplete ? "No other group is accepted." : "Whether other groups are accepted is not known.";
  const primes = dhParameters.map(({ bits, name }) => `finite-field Diffie-Hellman, ${bits} bits${name ? ` (${name})` : ""}`);
  return [
    h(
      "ul",
      { class: "groups" },
      ...groups.map(({ name, span }) => h("li", {}, span ? h("button", { type: "button", class: "link", onclick: () => go([span]) }, name, unseen(", show it in the evidence")) : name)),
      ...primes.map((words) => h("li", {}, words)),
    ),
    h("p", { class: "hint" }, groups.length + primes.length > 0 ? rest : "No group was shown. That does not mean that none is accepted."),
  ];
}

/**
 * @param {Report} report
 * @param {string} hash
 */
function chainEntry(report, hash) {
  const known = report.certificates.find((one) => one.sha256 === hash);
  if (hash === "" || !known) return "a certificate of which only a description was shown";
  return `${certificateName(known)} (${hash.slice(0, 8)})`;
}
