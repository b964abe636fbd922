// @ts-check
// The verdict and everything under it, most urgent first.

import { dayWords, instantWords } from "./dates.js";
import { fill, h, quoted } from "./dom.js";
import { addressesView } from "./addresses-view.js";
import { chainsView } from "./chains-view.js";
import { certificateView } from "./certificate-view.js";
import { sheetView, storesView } from "./stores-view.js";
import { endpointView } from "./endpoints-view.js";
import { statementsView } from "./exceptions-view.js";
import { findingView } from "./finding-view.js";
import { flowsView } from "./flows-view.js";
import { forecastView } from "./forecast-view.js";
import { partnersView } from "./partners-view.js";
import { rootsWords } from "./roots.js";
import { recordView } from "./record-view.js";
import { keyWarning, placesView, remarksView } from "./remarks-view.js";
import { timelineView } from "./timeline-view.js";
import { grouped, undecidedView } from "./undecided-view.js";
import { wayView } from "./way-view.js";
import { STATES, VERDICTS, count, sentence, stateOf } from "./words.js";

/** @typedef {import("intransit").Report} Report */
/** @typedef {import("intransit").Finding} Finding */
/** @typedef {import("intransit").Span} Span */
/** @typedef {import("./words.js").StateName} StateName */

/**
 * What the verdict's buttons do.
 * @typedef {object} Actions
 * @property {import("./finding-view.js").Show} show Shows the words of a finding.
 * @property {(spans: readonly Span[]) => void} go Shows some words.
 * @property {import("./endpoints-view.js").Reach} reach How to get at the evidence.
 * @property {readonly import("intransit").OutputEntry[]} outputs What the report can be saved as.
 * @property {(format: import("intransit").OutputEntry) => void} save Saves it.
 * @property {import("./stores-view.js").SheetWiring} sheet Writes and saves the hand-off sheet.
 * @property {readonly import("intransit").Diagnostic[]} keys What was refused as a key, and let go of.
 * @property {() => void} backToToday
 * @property {(policy: string) => void} judgeBy Judges by another shipped policy.
 * @property {(name: import("./settings-view.js").Stated) => void} declare Asks for what the evidence does not say.
 */

const REASONS = 2;

/**
 * @param {Element} root
 * @param {Report} report
 * @param {Actions} actions
 */
export function renderVerdict(root, report, actions) {
  const open = openState(root);
  const rule = (/** @type {string} */ id) => report.rules.find((one) => one.id === id);
  const nameOf = (/** @type {number} */ id) => report.sources.find((source) => source.id === id)?.name ?? "input";
  /** @type {Record<StateName, Finding[]>} */
  const by = { mustFix: [], shouldFix: [], undecided: [], passed: [], accepted: [], notApplicable: [] };
  for (const finding of report.findings) by[stateOf(finding)].push(finding);
  const cards = (/** @type {Finding[]} */ list, first = Number.NaN) =>
    list.map((finding, index) => findingView(finding, rule(finding.rule), { show: actions.show, number: first + index }));
  const isFirst = root.childElementCount === 0;

  fill(
    root,
    paperHead(report),
    keyWarning([...actions.keys, ...report.diagnostics]),
    answer(report),
    report.at !== report.now && banner(report, actions),
    ...otherPolicies(report, actions),
    tally(report),
    remarksView(report.diagnostics, (span) => actions.go([span]), nameOf),
    wayView(report, actions),
    partnersView(report, actions.show),
    part("must-fix", "Fix first", by.mustFix, cards(by.mustFix, 1)),
    part("should-fix", by.mustFix.length > 0 ? "Then fix" : "Should fix", by.shouldFix, cards(by.shouldFix, by.mustFix.length + 1)),
    part("undecided", "Could not be decided", by.undecided, grouped(by.undecided).map((group) => undecidedView(group, rule, actions))),
    part("accepted", "Fails that an exception accepts", by.accepted, cards(by.accepted)),
    forecastView(report, actions.reach),
    flowsView(report),
    folded("passed", "Passed", by.passed, cards(by.passed)),
    folded("not-applicable", "Does not apply", by.notApplicable, cards(by.notApplicable)),
    statementsView(report),
    shown(report, actions, root),
    recordView(report, actions),
  );
  restore(root, open);
  if (isFirst) root.querySelector("details.finding.fail")?.setAttribute("open", "");
}

/**
 * What is said when there is no report: nothing was recognised, or an option cannot be used.
 * @param {Element} root
 * @param {readonly import("intransit").Diagnostic[]} diagnostics
 * @param {{ go: Actions["go"], nameOf: (source: number) => string, formats: Element, settings: readonly { name: string, text: string }[] }} view
 */
export function renderRefusal(root, diagnostics, { go, nameOf, formats, settings }) {
  const isRead = !diagnostics.some(({ code }) => code === "invalid-option" || code === "invalid-policy");
  const [headline, advice] = isRead
    ? ["Nothing here can be judged", "Nothing in the input was recognised as evidence. That says nothing about the service."]
    : ["Not judged", "The policy, the roots, the date or the host cannot be used as it stands."];
  fill(
    root,
    keyWarning(diagnostics),
    h(
      "div",
      { class: "answer unknown" },
      h("span", { class: "seal", "aria-hidden": "true" }, STATES.undecided.sign),
      h("div", {}, h("h1", { id: "headline", tabindex: "-1" }, headline), h("p", { class: "answer-line" }, advice)),
    ),
    remarksView(diagnostics, (span) => go([span]), nameOf),
    ...settings.map((file) => placesView(file, diagnostics)),
    isRead && formats,
  );
}

/**
 * What the first page of the printed report says of its own identity.
 * @param {Report} report
 */
function paperHead({ policy, now, generator, sources, resultSha256 }) {
  const evidence = sources.length === 1 ? sources.map(({ name, sha256 }) => `Evidence ${name}, SHA-256 ${sha256}`) : [`Evidence: ${count(sources.length, "input")}, each with its SHA-256 at the end`];
  const lines = [`Policy ${policy.title}, ${policy.id} ${policy.version}; judged on ${instantWords(now)} by ${generator}`, ...evidence, `Result SHA-256 ${resultSha256}`];
  return h("div", { class: "paper" }, ...lines.map((line) => h("p", {}, line)));
}

/** @param {Report} report */
function answer(report) {
  const { kind, sign } = VERDICTS[report.verdict];
  const reasons = report.verdict === "indeterminate" ? [...new Set(report.reasons)] : [];
  const what = [
    report.endpoints.length > 0 && count(report.endpoints.length, "endpoint"),
    report.certificates.length > 0 && count(report.certificates.length, "certificate"),
    count(report.sources.length, "input"),
  ];
  return h(
    "div",
    { class: `answer ${kind}` },
    h("span", { class: "seal", "aria-hidden": "true" }, sign),
    h(
      "div",
      {},
      h("h1", { id: "headline", tabindex: "-1" }, withoutInstant(report)),
      h("p", { class: "answer-line" }, `Judged as at ${dayWords(report.at)} · ${what.filter(Boolean).join(" · ")}`),
      report.certificates.length > 0 && h("p", { class: "answer-line" }, report.roots ? `Chains verified against ${rootsWords(report.roots)}` : "No roots chosen: no chain was verified"),
      reasons.length > 0 && h("ul", { class: "reasons" }, ...reasons.slice(0, REASONS).map((reason) => h("li", {}, ...quoted(reason)))),
    ),
  );
}

/**
 * The headline; the banner says the instant where it is not now.
 * @param {Report} report
 */
function withoutInstant({ headline }) {
  return headline.replace(/ \(judged as at [^)]*\)$/, "");
}

/**
 * @param {Report} report
 * @param {Actions} actions
 */
function banner(report, { backToToday }) {
  return h(
    "p",
    { class: "banner" },
    h("strong", {}, `Judged as at ${instantWords(report.at)}, not today.`),
    " The age of the evidence still counts from today. ",
    h("button", { type: "button", class: "quiet", onclick: backToToday }, "Back to today"),
  );
}

/**
 * What was shown and is not judged by this policy, with the one that does.
 * @param {Report} report
 * @param {Actions} actions
 */
function otherPolicies({ notes = [] }, { judgeBy }) {
  return notes.flatMap((note) => {
    const [, words = "", id] = /^(.+ which this policy does not judge); `([\w.-]+)` does$/.exec(note) ?? [];
    if (!id) return [];
    return [h("p", { class: "banner" }, `${sentence(words)} `, h("button", { type: "button", class: "quiet", onclick: () => judgeBy(id) }, `Judge by ${id}`))];
  });
}

const ANCHORS = { mustFix: "must-fix", shouldFix: "should-fix", undecided: "undecided", passed: "passed", accepted: "accepted", notApplicable: "not-applicable" };

/** @param {Report} report */
function tally(report) {
  const entries = /** @type {[StateName, typeof STATES[StateName]][]} */ (Object.entries(STATES));
  const items = entries
    .filter(([name]) => name !== "notApplicable" && (name !== "accepted" || report.tally.accepted > 0))
    .map(([name, { kind, sign, word }]) => {
      const number = report.tally[name];
      const inside = [h("span", { class: "sign", "aria-hidden": "true" }, sign), h("strong", {}, number), ` ${word}`];
      return h("li", { class: number > 0 ? kind : "zero" }, number > 0 ? h("a", { href: `#${ANCHORS[name]}` }, ...inside) : h("span", {}, ...inside));
    });
  return h("ul", { class: "tally", "aria-label": "Findings" }, ...items);
}

/**
 * @param {string} id
 * @param {string} title
 * @param {Finding[]} findings
 * @param {Element[]} cards
 */
function part(id, title, findings, cards) {
  if (findings.length === 0) return null;
  return h("section", { id, class: "part", "aria-labelledby": `${id}-title` }, h("h2", { id: `${id}-title` }, title, h("span", { class: "count" }, ` ${findings.length}`)), ...cards);
}

/**
 * @param {string} id
 * @param {string} title
 * @param {Finding[]} findings
 * @param {Element[]} cards
 */
function folded(id, title, findings, cards) {
  if (findings.length === 0) return null;
  return h("section", { id, class: "part" }, h("details", { class: "fold", "data-open": id }, h("summary", {}, h("h2", {}, title, h("span", { class: "count" }, ` ${findings.length}`))), ...cards));
}

/**
 * @param {Report} report
 * @param {Actions} actions
 * @param {Element} root
 */
function shown(report, { reach, sheet }, root) {
  if (report.endpoints.length + report.certificates.length === 0) return null;
  return h(
    "section",
    { class: "part", "aria-labelledby": "shown-title" },
    h("h2", { id: "shown-title" }, "What was shown"),
    report.endpoints.length > 0 && h("h3", {}, "Endpoints"),
    ...report.endpoints.map((endpoint) => endpointView(endpoint, report, reach)),
    chainsView(report, (sha256) => reveal(root, sha256)),
    storesView(report),
    sheetView(report, sheet),
    addressesView(report),
    timelineView(report.certificates, report.at, ({ sha256 }) => reveal(root, sha256)),
    report.certificates.length > 0 && h("h3", {}, "Certificates"),
    ...report.certificates.map((certificate) => certificateView(certificate, report.at, reach)),
  );
}

/**
 * Opens a certificate and goes to it.
 * @param {Element} root
 * @param {string} sha256
 */
function reveal(root, sha256) {
  const element = root.querySelector(`[data-sha256="${sha256}"]`);
  if (!(element instanceof HTMLDetailsElement)) return;
  element.open = true;
  element.scrollIntoView({ block: "start" });
  element.querySelector("summary")?.focus({ preventScroll: true });
}

/**
 * What is open, so that judging again does not close it under the reader, and what has the focus.
 * @param {Element} root
 */
function openState(root) {
  const keys = new Set([...root.querySelectorAll("details[open]")].map(key));
  const focused = document.activeElement;
  const holder = focused && root.contains(focused) ? focused.closest("[data-finding], [data-open]") : null;
  return { keys, focused: holder && key(holder) };
}

/**
 * @param {Element} root
 * @param {ReturnType<typeof openState>} state
 */
function restore(root, { keys, focused }) {
  for (const element of root.querySelectorAll("details")) if (key(element) !== "" && keys.has(key(element))) element.open = true;
  if (!focused) return;
  const holder = [...root.querySelectorAll("[data-finding], [data-open]")].find((element) => key(element) === focused);
  holder?.querySelector("summary")?.focus({ preventScroll: true });
}

/** @param {Element} element */
function key(element) {
  return element.getAttribute("data-finding") ?? element.getAttribute("data-open") ?? "";
}
