// @ts-check
// What the chosen roots say of each chain: every path from the leaf upwards, where it ends, and what keeps it from being
// trusted.

import { dayWords } from "./dates.js";
import { h, quoted, unseen } from "./dom.js";
import { rootsWords } from "./roots.js";
import { STATES, certificateName, commonName, count, sentence } from "./words.js";

/** @typedef {import("intransit").Report} Report */
/** @typedef {import("intransit").ChainAnswer} ChainAnswer */
/** @typedef {import("intransit").PathAnswer} PathAnswer */
/** @typedef {import("intransit").Failure} Failure */
/** @typedef {(sha256: string) => void} Open */
/** @typedef {{ report: Report, open: Open }} View */

/** More paths than this are folded. */
const FIRST = 3;
/** More chains than this are folded. */
const FEW = 4;

/** Reasons that are about the link to the issuer, and not about the certificate itself. */
const OF_LINKS = ["signatureBad", "signatureUnsupported", "nameChaining"];

/**
 * @param {Report} report
 * @param {Open} open Opens a certificate.
 */
export function chainsView(report, open) {
  const { roots, chains = [], certificates } = report;
  if (certificates.length === 0) return null;
  const verified = chains.filter(({ trusted }) => trusted).length;
  const lead = roots
    ? `${verified} of ${count(chains.length, "chain")} verified against ${rootsWords(roots)}. Revocation is the matter of certificate-revoked.`
    : "No roots were chosen, so no chain was verified. They are chosen beside the policy.";
  return h(
    "div",
    { class: "chains" },
    h("h3", {}, "Chains"),
    h("p", { class: "hint" }, lead),
    ...chains.map((chain) => chainView(chain, { report, open }, chains.length <= FEW)),
  );
}

/**
 * @param {ChainAnswer} chain
 * @param {View} view
 * @param {boolean} isOpen
 */
function chainView(chain, view, isOpen) {
  const { leaf, host, paths, trusted, nearestMiss, advice = [], stopped, disagreements = [] } = chain;
  // Verified for no host is not yet verified for the one that is meant.
  const state = trusted && host ? "passed" : !trusted && failed(chain, view.report) ? "mustFix" : "undecided";
  const { kind, sign } = STATES[state];
  const word = trusted ? "verified" : "not verified";
  const drawn = paths.map((path, index) => pathView(path, index, chain, view));
  const rest = drawn.splice(FIRST);
  return h(
    "details",
    { class: `endpoint chain-answer ${kind}`, "data-open": `chain ${leaf} ${host ?? ""}`, open: isOpen },
    h(
      "summary",
      {},
      h("span", { class: "sign", "aria-hidden": "true" }, `${sign} `),
      h("span", { class: "endpoint-name" }, nameOf(leaf, view.report)),
      " ",
      h("span", { class: "finding-where" }, `${word}${host ? ` for ${host}` : ", host not known"} · ${count(paths.length, "path")}`),
    ),
    !trusted && nearestMiss && h("p", { class: "miss" }, h("strong", {}, "Nearest miss: "), ...quoted(sentence(nearestMiss))),
    ...advice.map((words) => h("p", { class: "chain-advice" }, h("strong", {}, "What to do: "), ...quoted(words))),
    trusted && !host && h("p", { class: "chain-advice" }, "A chain is verified for a host, and nothing says which host this one is for."),
    h("ol", { class: "paths" }, ...drawn),
    rest.length > 0 && h("details", { class: "rest" }, h("summary", {}, count(rest.length, "more path")), h("ol", { class: "paths", start: FIRST + 1 }, ...rest)),
    ...[...(stopped ? [`Not every path was looked at: ${stopped}.`] : []), ...disagreements.map(sentence)].map((words) => h("p", { class: "hint" }, ...quoted(words))),
  );
}

/**
 * Whether the chain was found to be bad, and not only not shown to be good.
 * @param {ChainAnswer} chain
 * @param {Report} report
 */
function failed({ leaf }, { findings }) {
  return findings.some(({ rule, outcome, subject }) => rule === "chain-unproven" && outcome === "fail" && subject.certificate === leaf);
}

/**
 * @param {PathAnswer} path
 * @param {number} index
 * @param {ChainAnswer} chain
 * @param {View} view
 */
function pathView(path, index, { store }, view) {
  const { certificates, endsIn, trusted } = path;
  const { kind, sign } = trusted ? STATES.passed : STATES.mustFix;
  const title = trusted ? "trusted path" : `not trusted: ${ENDS[endsIn.kind]}`;
  return h(
    "li",
    { class: `path ${trusted ? kind : ""}` },
    h("p", { class: "path-title" }, h("span", { class: "sign", "aria-hidden": "true" }, `${trusted ? sign : "✖"} `), `Path ${index + 1}, ${title}`),
    h("ol", { class: "path-steps" }, ...certificates.map((sha256, position) => step(sha256, position, path, view)), ...end(path, store, view)),
  );
}

const ENDS = {
  root: "it ends at a root of the store",
  selfIssued: "it ends at a certificate that issued itself",
  missing: "the issuer is missing",
  broken: "the last link does not hold",
  tooLong: "it is too long",
};

/**
 * A certificate of a path, below it what is wrong with it, above it the link to the one before.
 * @param {string} sha256
 * @param {number} position
 * @param {PathAnswer} path
 * @param {View} view
 */
function step(sha256, position, { certificates, failures, endsIn }, { report, open }) {
  const certificate = report.certificates.find((one) => one.sha256 === sha256);
  const own = failures.filter((failure) => failure.certificate === sha256 && !OF_LINKS.includes(failure.kind) && failure.kind !== "issuerMissing");
  const below = certificates[position - 1];
  const isLast = position === certificates.length - 1;
  const role = position === 0 ? "Leaf" : isLast && endsIn.kind === "selfIssued" ? "Self-issued" : "Issuing CA";
  return h(
    "li",
    { class: own.length > 0 ? "step fail" : "step" },
    below !== undefined && link(failures, below),
    h(
      "div",
      { class: "box" },
      h("p", { class: "step-role" }, role),
      certificate ? h("button", { type: "button", class: "link", onclick: () => open(sha256) }, nameOf(sha256, report), unseen(", show the certificate")) : nameOf(sha256, report),
      certificate?.notBefore && certificate.notAfter && h("p", { class: "hint" }, `${dayWords(certificate.notBefore)} to ${dayWords(certificate.notAfter)}`),
      reasons(own),
    ),
  );
}

/**
 * What stands above the last certificate, if it is none of those shown.
 * @param {PathAnswer} path
 * @param {import("intransit").StoreReference} store
 * @param {View} view
 */
function end({ certificates, endsIn, failures }, store, { report, open }) {
  const { kind, name, sha256 = "" } = endsIn;
  const last = certificates.at(-1) ?? "";
  const isKnown = report.certificates.some((one) => one.sha256 === sha256);
  if (kind === "root") {
    const own = failures.filter(({ certificate }) => certificate === sha256 && sha256 !== last);
    const called = commonName(name);
    return [
      h(
        "li",
        { class: own.length > 0 ? "step end fail" : "step end pass" },
        link(failures, last),
        h(
          "div",
          { class: "box" },
          h("p", { class: "step-role" }, `Root CA, in the store ${store.name}`),
          isKnown ? h("button", { type: "button", class: "link", onclick: () => open(sha256) }, called, unseen(", show the certificate")) : called,
          h("p", { class: "hint" }, "SHA-256 ", h("code", {}, sha256.slice(0, 16)), unseen(" and so on"), "…"),
          reasons(own),
        ),
      ),
    ];
  }
  if (kind !== "missing") return [];
  return [
    h(
      "li",
      { class: "step end missing" },
      link(failures, last),
      h("div", { class: "box" }, h("p", { class: "step-role" }, "Missing issuer"), commonName(name), h("p", { class: "hint" }, `Neither shown nor in the store ${store.name}`)),
    ),
  ];
}

/**
 * The link between a certificate and the one above it.
 * @param {readonly Failure[]} failures
 * @param {string} below
 */
function link(failures, below) {
  const wrong = failures.filter(({ certificate, kind }) => certificate === below && OF_LINKS.includes(kind));
  return h("div", { class: wrong.length > 0 ? "step-link fail" : "step-link" }, h("span", { "aria-hidden": "true" }, "↓ "), "issued by", reasons(wrong));
}

/** @param {readonly Failure[]} failures */
function reasons(failures) {
  return failures.length > 0 && h("ul", { class: "step-reasons" }, ...failures.map(({ words }) => h("li", {}, h("span", { "aria-hidden": "true" }, "✖ "), ...quoted(sentence(words)))));
}

/**
 * @param {string} sha256
 * @param {Report} report
 */
function nameOf(sha256, { certificates }) {
  const certificate = certificates.find((one) => one.sha256 === sha256);
  return certificate ? certificateName(certificate) : sha256.slice(0, 16);
}
