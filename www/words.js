// @ts-check
// What the contract's words are for people, and the sign that goes with each.

/** @typedef {import("intransit").Report} Report */
/** @typedef {import("intransit").Finding} Finding */

/** The four states, the two weights of a fail, and fails that an exception accepts: class, sign and word. */
export const STATES = {
  mustFix: { kind: "fail", sign: "✖", word: "must fix" },
  shouldFix: { kind: "warn", sign: "✖", word: "should fix" },
  undecided: { kind: "unknown", sign: "?", word: "undecided" },
  passed: { kind: "pass", sign: "✔", word: "pass" },
  accepted: { kind: "accepted", sign: "✖", word: "fails, accepted" },
  notApplicable: { kind: "none", sign: "–", word: "does not apply" },
};

/** @typedef {keyof typeof STATES} StateName */

/** What each verdict looks like. */
export const VERDICTS = {
  compliant: { kind: "pass", sign: "✔" },
  nonCompliant: { kind: "fail", sign: "✖" },
  indeterminate: { kind: "unknown", sign: "?" },
};

const FLOWS = {
  clientToService: "clients ↔ service",
  insideService: "inside the service",
  serviceToOther: "service ↔ other mail systems",
};

const BASES = {
  wire: "seen on the wire by the scanner",
  computed: "computed here from the evidence",
  toolSays: "a conclusion of the scanner, which can fail a rule but never pass one",
  declared: "stated by whoever supplied the evidence",
};

const REASONS = {
  notReportedByFormat: "this format cannot show it",
  notAttempted: "it was not tested",
  truncated: "the report ends before it",
  clientLimited: "the scanner's own client could not have seen it",
  blocked: "the server did not answer",
  unsupported: "intransit cannot read or decide it yet",
  failed: "the test failed",
  outdated: "scan again",
  notStated: "nobody has said it",
  contradicted: "one of the reports is wrong, or they reached different servers",
};

/**
 * The state of a finding.
 * @param {Finding} finding
 * @returns {StateName}
 */
export function stateOf(finding) {
  if (finding.exception?.state === "accepted") return "accepted";
  if (finding.outcome === "fail") return finding.level === "error" ? "mustFix" : "shouldFix";
  if (finding.outcome === "unknown") return "undecided";
  return finding.outcome === "pass" ? "passed" : "notApplicable";
}

/**
 * @param {string | undefined} flow
 * @returns {string | undefined}
 */
export function flowWords(flow) {
  return flow && lookUp(FLOWS, flow);
}

/** @param {string} basis */
export function basisWords(basis) {
  return lookUp(BASES, basis);
}

/** @param {string} reason */
export function reasonWords(reason) {
  return lookUp(REASONS, reason);
}

/** The flows in the order of the source document. */
export const FLOW_NAMES = /** @type {(keyof typeof FLOWS)[]} */ (Object.keys(FLOWS));

/**
 * A sentence that ends in a list of suites, taken apart: a long name in bold is no headline.
 * @param {string} summary
 * @returns {{ short: string, items: string[] }}
 */
export function withoutList(summary) {
  const [, lead = "", rest = ""] = /^([^:]+): (.+?)\.?$/s.exec(summary) ?? [];
  const items = rest.split(/[,;] (?=(?:TLS|SSL|[A-Z][A-Za-z0-9]+)_)/);
  const isList = items.filter((item) => /^[A-Za-z0-9]+_[A-Z0-9_]+/.test(item)).length > 1;
  return isList ? { short: `${lead}: ${items.length}.`, items } : { short: summary, items: [] };
}

/**
 * The common name of a subject, or all of it where it has none.
 * @param {string} name
 */
export function commonName(name) {
  return /(?:^|[,+/]\s*)CN=((?:[^,\\]|\\.)+)/.exec(name)?.[1] ?? name;
}

/**
 * What a certificate is called in a list.
 * @param {{ subject: string, sha256: string }} certificate
 */
export function certificateName({ subject, sha256 }) {
  return commonName(subject) || sha256.slice(0, 8);
}

/**
 * "TLS 1.2" for `TLSv1.2`, "SSL 3.0" for `SSLv3`.
 * @param {string} version
 */
export function versionWords(version) {
  const [, family, number] = /^(SSL|TLS)v([\d.]+)$/.exec(version) ?? [];
  return number ? `${family} ${number.includes(".") ? number : `${number}.0`}` : version;
}

/**
 * "3 must fix · 2 should fix · 4 undecided · 11 pass".
 * @param {import("intransit").Tally} tally
 */
export function tallyWords(tally) {
  const parts = [];
  for (const [name, { word }] of Object.entries(STATES)) {
    const count = tally[/** @type {StateName} */ (name)];
    if (name !== "notApplicable" && (name !== "accepted" || count > 0)) parts.push(`${count} ${word}`);
  }
  return parts.join(" · ");
}

/**
 * "1 input", "2 inputs".
 * @param {number} number
 * @param {string} noun
 */
export function count(number, noun) {
  return `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;
}

/**
 * The same words with a capital and a full stop.
 * @param {string} words
 */
export function sentence(words) {
  return `${capital(words).replace(/\.$/, "")}.`;
}

/**
 * The same words with a capital, unless they begin with a name such as `testssl.sh`.
 * @param {string} words
 */
export function capital(words) {
  const [first = ""] = words.split(" ");
  return /[^\p{L},;:'’-]/u.test(first) ? words : words.charAt(0).toUpperCase() + words.slice(1);
}

/** @param {number} bytes */
export function sizeWords(bytes) {
  if (bytes < 1000) return count(bytes, "byte");
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

/**
 * @param {Record<string, string>} table
 * @param {string} key
 */
function lookUp(table, key) {
  return table[key] ?? key;
}
