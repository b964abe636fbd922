// @ts-check
// What could not be decided, by cause: ten rules that lack the same thing are one piece of work, with its command.

import { commandLine, h, quoted, unseen } from "./dom.js";
import { ruleView } from "./rule-view.js";
import { STATES, capital, count, reasonWords, sentence } from "./words.js";

/** @typedef {import("intransit").Finding} Finding */
/** @typedef {import("intransit").RuleSummary} RuleSummary */
/** @typedef {{ cause: string, reasons: string[], findings: Finding[] }} Group */

const SHOWN = 6;
/** So many rules that differ in nothing but their name are listed without being asked for. */
const FEW = 3;

/**
 * Unknown findings with the same gaps together, the heaviest group first.
 * @param {readonly Finding[]} findings
 * @returns {Group[]}
 */
export function grouped(findings) {
  /** @type {Map<string, Group>} */
  const groups = new Map();
  for (const finding of findings) {
    const gaps = finding.gaps ?? [];
    const cause = [...new Set(gaps.map((gap) => gap.detail))].join("; ") || finding.summary;
    const group = groups.get(cause) ?? { cause, reasons: [], findings: [] };
    for (const { reason } of gaps) if (!group.reasons.includes(reason)) group.reasons.push(reason);
    group.findings.push(finding);
    groups.set(cause, group);
  }
  const weight = (/** @type {Group} */ group) => group.findings.filter((finding) => finding.level === "error").length;
  return [...groups.values()].sort((a, b) => weight(b) - weight(a) || b.findings.length - a.findings.length);
}

/**
 * The commands of a group, those that decide most of it first.
 * @param {Group} group
 * @returns {{ command: string, decides: number }[]}
 */
export function commands({ findings, reasons }) {
  if (reasons.length > 0 && reasons.every((reason) => reason === "unsupported")) return [];
  /** @type {Map<string, number>} */
  const tally = new Map();
  for (const { decideBy = [] } of findings) for (const command of decideBy) tally.set(command, (tally.get(command) ?? 0) + 1);
  return [...tally].map(([command, decides]) => ({ command, decides })).sort((a, b) => b.decides - a.decides);
}

/**
 * @param {Group} group
 * @param {(id: string) => RuleSummary | undefined} rule
 * @param {{ show: import("./finding-view.js").Show, declare: (name: import("./settings-view.js").Stated) => void }} view
 */
export function undecidedView(group, rule, { show, declare }) {
  const { kind, sign, word } = STATES.undecided;
  const { findings, reasons, cause } = group;
  const isAbsent = findings.every(wasNotShown);
  const offer = declarable(findings);
  return h(
    "article",
    { class: `cause ${kind}` },
    h("span", { class: "sign", "aria-hidden": "true" }, sign),
    h("h3", {}, unseen(`${word}: `), ...quoted(sentence(cause))),
    reasons.length > 0 && !isAbsent && h("p", { class: "hint" }, sentence(reasons.map(reasonWords).join("; "))),
    ...waiting(findings, rule, show, offer !== null),
    ...decide(group, offer !== null),
    offer && h("button", { type: "button", class: "quiet", onclick: () => declare(offer.name) }, offer.label),
  );
}

/**
 * @param {Group} group
 * @param {boolean} hasOffer Whether the reader can state what is missing.
 */
function decide(group, hasOffer) {
  // What the reader can state here needs no command line.
  const [first, ...others] = commands(group).filter(({ command }) => !hasOffer || !command.startsWith("intransit-probe "));
  const total = group.findings.length;
  if (!first && hasOffer) return [];
  if (!first) {
    const { reasons } = group;
    const words = reasons.includes("unsupported") ? "There is nothing for you to run: no command decides it in this version." : reasons.includes("notStated") ? "There is nothing to run: it has to be stated." : "No command here decides it: what is missing has to be added as evidence.";
    return [h("p", { class: "decide" }, words)];
  }
  const all = ["", "it", "both"][total] ?? `all ${total}`;
  const share = first.decides < total ? `${first.decides} of these ${total}` : all;
  return [
    h("p", { class: "decide" }, `To decide ${share}, run:`),
    commandLine(first.command),
    others.length > 0 &&
      h(
        "details",
        { class: "rest" },
        h("summary", {}, `or ${count(others.length, "other command")}`),
        ...others.map((one) => commandLine(one.command)),
      ),
  ];
}

/**
 * What the reader can say, where that would decide it.
 * @param {readonly Finding[]} findings
 */
function declarable(findings) {
  const lacksTime = findings.some(
    (one) => one.rule === "evidence-too-old" && one.gaps?.some((gap) => gap.reason === "notStated"),
  );
  if (lacksTime) return /** @type {const} */ ({ name: "collected", label: "Say when it was collected" });
  const lacksOwnHosts = findings.some((one) => one.subject.kind === "mailHop" && one.gaps?.some((gap) => gap.reason === "notStated"));
  if (lacksOwnHosts) return /** @type {const} */ ({ name: "ownHosts", label: "Say which mail hosts are yours" });
  const lacksHost = findings.some(
    (one) => one.rule === "name-mismatch" && one.subject.certificate && one.gaps?.some((gap) => gap.reason === "notStated"),
  );
  if (lacksHost) return /** @type {const} */ ({ name: "host", label: "Say which host it is for" });
  const lacksRoots = findings.some((one) => one.rule === "chain-unproven" && one.gaps?.some(({ detail }) => detail.startsWith("no roots were chosen")));
  if (lacksRoots) return /** @type {const} */ ({ name: "roots", label: "Choose the roots" });
  return null;
}

/**
 * The findings of a group; what all of them say is said once.
 * @param {readonly Finding[]} findings
 * @param {(id: string) => RuleSummary | undefined} ruleOf
 * @param {import("./finding-view.js").Show} show
 * @param {boolean} hasOffer Whether the reader can state what they wait for: a few words stand for all of them.
 */
function waiting(findings, ruleOf, show, hasOffer) {
  const isAbsent = findings.every(wasNotShown);
  const summary = shared(findings.map((finding) => finding.summary));
  const label = shared(findings.map((finding) => finding.subject.label));
  const isBare =
    findings.length > 1 && summary !== undefined && label !== undefined && !findings.some((finding) => spanOf(finding));
  const rows = findings.map((finding) => {
    const rule = ruleOf(finding.rule);
    return h(
      "li",
      { "data-finding": finding.id },
      h("span", { class: "waiting-rule" }, capital(rule?.title ?? finding.rule)),
      label === undefined && h("span", { class: "finding-where" }, finding.subject.label),
      summary === undefined && h("span", { class: "waiting-words" }, ...quoted(finding.summary)),
      !isBare && showButton(finding, show),
      rule && h("span", { class: "on-paper hint" }, `${rule.id}: ${rule.citations.map(({ document, clause }) => `${document}, ${clause}`).join("; ")}`),
      rule && ruleView(rule),
    );
  });
  const isLong = (isBare || hasOffer) && rows.length > FEW;
  const rest = isLong ? [] : rows.splice(SHOWN);
  const list = h("ul", { class: "waiting" }, ...rows);
  return [
    label !== undefined && !isAbsent && h("p", { class: "finding-where" }, label),
    summary !== undefined && !isAbsent && h("p", { class: "waiting-words" }, ...quoted(summary)),
    isLong ? h("details", { class: "rest", "data-open": `waiting ${findings[0]?.id}` }, h("summary", {}, isBare ? `${count(rows.length, "rule")} wait for it` : `${count(rows.length, "answer")} wait for it`), list) : list,
    rest.length > 0 && h("details", { class: "rest" }, h("summary", {}, `${rest.length} more`), h("ul", { class: "waiting" }, ...rest)),
  ];
}

/**
 * @param {Finding} finding
 * @param {import("./finding-view.js").Show} show
 */
function showButton(finding, show) {
  const span = spanOf(finding);
  return (
    span &&
    h(
      "button",
      { type: "button", class: "quiet show", onclick: () => show(finding, span, true) },
      "Show me",
      unseen(`: ${finding.summary}`),
      h("span", { class: "line-number" }, ` line ${span.line}`),
    )
  );
}

/**
 * What all of them are, if they are the same.
 * @param {string[]} words
 */
function shared(words) {
  return words.every((one) => one === words[0]) ? words[0] : undefined;
}

/**
 * The first words that a finding or its gaps point at.
 * @param {Finding} finding
 */
function spanOf(finding) {
  return finding.evidence[0]?.span ?? finding.gaps?.find((gap) => gap.words?.length)?.words?.[0];
}

/**
 * Whether a finding stands for a subject that was expected and not shown; its cause then says everything.
 * @param {Finding} finding
 */
function wasNotShown({ subject }) {
  return subject.label.startsWith("no ");
}
