// @ts-check
// What was shown of each endpoint and certificate, without judgement.

import { dayWords, distanceWords } from "./dates.js";
import { h, unseen } from "./dom.js";
import { count, flowWords, versionWords } from "./words.js";

/** @typedef {import("intransit").Report} Report */
/** @typedef {import("intransit").Span} Span */
/** @typedef {(spans: readonly Span[]) => void} Go */

/**
 * @param {Report["endpoints"][number]} endpoint
 * @param {Report} report
 * @param {Go} go
 */
export function endpointView(endpoint, report, go) {
  const chains = endpoint.chains.map((chain) => chain.map((hash) => certificateName(report, hash)));
  return h(
    "details",
    { class: "endpoint", "data-open": `endpoint ${endpoint.label}` },
    h("summary", {}, h("span", { class: "endpoint-name" }, endpoint.label), h("span", { class: "finding-where" }, flowWords(endpoint.flow))),
    h("h4", {}, "Versions"),
    h("ul", { class: "versions" }, ...endpoint.versions.map(version)),
    h("h4", {}, `Cipher suites, ${endpoint.suitesComplete ? "all that are accepted" : "the list may not be complete"}`),
    suites(endpoint, go),
    h("h4", {}, "Chains"),
    chains.length === 0 && h("p", { class: "hint" }, "No certificate was shown."),
    ...chains.map((names) => h("ol", { class: "chain" }, ...names.map((name) => h("li", {}, name)))),
  );
}

/**
 * @param {Report["certificates"][number]} certificate
 * @param {string} at
 * @param {Go} go
 */
export function certificateView(certificate, at, go) {
  const { subject, issuer, notBefore, notAfter, key, signatureAlgorithm, names, serial, sha256, problems = [], words } = certificate;
  /** @type {[string, import("./dom.js").Child][]} */
  const rows = [
    ["Issuer", issuer],
    ["Valid", notBefore && notAfter && `${dayWords(notBefore)} to ${dayWords(notAfter)}`],
    ["Key", key],
    ["Signature", signatureAlgorithm],
    ["Names", names.join(", ")],
    ["Serial", serial && h("code", {}, serial)],
    ["SHA-256", h("code", {}, sha256)],
    ["Problems", problems.join("; ")],
  ];
  const ends = notAfter && `${Date.parse(notAfter) < Date.parse(at) ? "ended" : "ends"} ${distanceWords(notAfter, at)}`;
  return h(
    "details",
    { class: "endpoint", "data-open": `certificate ${sha256}` },
    h("summary", {}, h("span", { class: "endpoint-name" }, commonName(subject) || sha256.slice(0, 8)), h("span", { class: "finding-where" }, [key, ends].filter(Boolean).join(" · "))),
    h("dl", { class: "facts" }, h("dt", {}, "Subject"), h("dd", {}, subject || "–"), ...rows.flatMap(([term, value]) => (value ? [h("dt", {}, term), h("dd", {}, value)] : []))),
    words.length > 0 && h("button", { type: "button", class: "quiet show", onclick: () => go(words) }, "Show me", unseen(` the certificate of ${subject}`)),
  );
}

/** @param {{ version: string, offered?: boolean }} one */
function version({ version: name, offered }) {
  const [sign, word] = offered === undefined ? ["?", "not known"] : offered ? ["●", "offered"] : ["○", "refused"];
  return h("li", { class: word.replace(" ", "-") }, h("strong", {}, versionWords(name)), h("span", {}, h("span", { "aria-hidden": "true" }, `${sign} `), word));
}

/**
 * @param {Report["endpoints"][number]} endpoint
 * @param {Go} go
 */
function suites(endpoint, go) {
  if (endpoint.suites.length === 0) return h("p", { class: "hint" }, "None was shown.");
  /** @type {Map<string, typeof endpoint.suites>} */
  const byVersion = new Map();
  const known = new Set(endpoint.suites.flatMap(({ name, version }) => (version ? [name] : [])));
  for (const suite of endpoint.suites) {
    // A list without versions repeats what another list has with them.
    if (!suite.version && known.has(suite.name)) continue;
    const name = suite.version ? versionWords(suite.version) : "Version not stated";
    byVersion.set(name, [...(byVersion.get(name) ?? []), suite]);
  }
  const bodies = [...byVersion].map(([name, list]) =>
    h(
      "tbody",
      {},
      h("tr", { class: "group" }, h("th", { colspan: "3", scope: "rowgroup" }, `${name}, ${count(list.length, "suite")}`)),
      ...list.map(({ name: suite, keyBits, forwardSecrecy, span }) =>
        h(
          "tr",
          {},
          h("th", { scope: "row" }, span ? h("button", { type: "button", class: "link", onclick: () => go([span]) }, suite) : suite),
          h("td", {}, keyBits ?? "?"),
          h("td", {}, forwardSecrecy === undefined ? "?" : forwardSecrecy ? "yes" : "no"),
        ),
      ),
    ),
  );
  return h(
    "div",
    { class: "table", tabindex: "0", role: "region", "aria-label": "Cipher suites" },
    h("table", {}, h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Suite"), h("th", { scope: "col" }, "Bits"), h("th", { scope: "col" }, "Forward secrecy"))), ...bodies),
  );
}

/**
 * @param {Report} report
 * @param {string} hash
 */
function certificateName(report, hash) {
  const known = report.certificates.find((one) => one.sha256 === hash);
  if (hash === "") return "a certificate of which only a description was shown";
  return `${commonName(known?.subject ?? "") || hash.slice(0, 8)} (${hash.slice(0, 8)})`;
}

/** @param {string} name */
function commonName(name) {
  return /(?:^|[,+/]\s*)CN=((?:[^,\\]|\\.)+)/.exec(name)?.[1] ?? name;
}
