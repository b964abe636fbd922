// @ts-check
// Two reports, rule by rule: what changed for whom. A finding that is gone has not passed.

import { STATES, stateOf } from "./words.js";

/** @typedef {import("intransit").Report} Report */
/** @typedef {import("intransit").Finding} Finding */
/** @typedef {"worse" | "better" | "other" | "gone" | "new" | "same"} Change */

/**
 * One subject of one rule, before and after.
 * @typedef {object} Row
 * @property {Change} change
 * @property {string} label What it is about.
 * @property {string} words What changed.
 * @property {Finding | undefined} before
 * @property {Finding | undefined} after
 */

/** How bad a state is: what must be fixed, what is not known, what is well. */
const WEIGHTS = { mustFix: 5, shouldFix: 4, accepted: 3, undecided: 2, notApplicable: 1, passed: 1 };
const ORDER = ["worse", "new", "gone", "other", "better", "same"];

/**
 * @param {Report} before
 * @param {Report} after
 * @returns {{ rules: { id: string, title: string, rows: Row[] }[], tally: Record<Change, number> }}
 */
export function compared(before, after) {
  const pairs = paired(before.findings, after.findings);
  /** @type {Map<string, Row[]>} */
  const byRule = new Map();
  const tally = { worse: 0, better: 0, other: 0, gone: 0, new: 0, same: 0 };
  for (const [first, second] of pairs) {
    const one = row(first, second);
    const rule = (second ?? first)?.rule ?? "";
    tally[one.change] += 1;
    byRule.set(rule, [...(byRule.get(rule) ?? []), one]);
  }
  const title = (/** @type {string} */ id) => [...after.rules, ...before.rules].find((rule) => rule.id === id)?.title ?? id;
  const rank = (/** @type {Row[]} */ rows) => Math.min(...rows.map(({ change }) => ORDER.indexOf(change)));
  const rules = [...byRule].map(([id, rows]) => ({
    id,
    title: title(id),
    rows: rows.sort((a, b) => ORDER.indexOf(a.change) - ORDER.indexOf(b.change)),
  }));
  return { rules: rules.sort((a, b) => rank(a.rows) - rank(b.rows)), tally };
}

/**
 * Equal ids first. Then what is left over and unmistakable: the same host behind another address, the same name in
 * a renewed certificate.
 * @param {readonly Finding[]} before
 * @param {readonly Finding[]} after
 * @returns {[Finding | undefined, Finding | undefined][]}
 */
function paired(before, after) {
  const left = new Map(before.map((finding) => [finding.id, finding]));
  /** @type {[Finding | undefined, Finding | undefined][]} */
  const pairs = [];
  /** @type {Finding[]} */
  const fresh = [];
  for (const finding of after) {
    const known = left.get(finding.id);
    if (known && left.delete(finding.id)) pairs.push([known, finding]);
    else fresh.push(finding);
  }
  const firsts = once([...left.values()]);
  const seconds = once(fresh);
  for (const finding of fresh) {
    const other = seconds.get(alike(finding)) && firsts.get(alike(finding));
    if (other) left.delete(other.id);
    pairs.push([other || undefined, finding]);
  }
  return [...pairs, ...[...left.values()].map((finding) => /** @type {[Finding, undefined]} */ ([finding, undefined]))];
}

/**
 * What occurs once, by what makes it alike to one of the other report.
 * @param {readonly Finding[]} findings
 */
function once(findings) {
  /** @type {Map<string, Finding | undefined>} */
  const map = new Map();
  for (const finding of findings) map.set(alike(finding), map.has(alike(finding)) ? undefined : finding);
  return map;
}

/** @param {Finding} finding */
function alike({ rule, facet, subject }) {
  return JSON.stringify([rule, facet ?? "", subject.kind, subject.label.replace(/ \([^()]*\)/g, "")]);
}

/**
 * @param {Finding | undefined} before
 * @param {Finding | undefined} after
 * @returns {Row}
 */
function row(before, after) {
  const label = (after ?? before)?.subject.label ?? "";
  if (!before && after) return { change: "new", label, before, after, words: "Only in the second report." };
  if (!after || !before) return { change: "gone", label, before, after, words: "Not in the second report. That is no pass: it was not looked at, or it is called otherwise." };
  const [from, to] = [stateOf(before), stateOf(after)];
  const by = WEIGHTS[to] - WEIGHTS[from];
  const isSaidAlike = before.summary === after.summary && before.subject.label === after.subject.label;
  if (from === to) return { change: isSaidAlike || to !== "mustFix" && to !== "shouldFix" ? "same" : "other", label, before, after, words: isSaidAlike ? "" : "It still fails, in another way." };
  const words = `${STATES[from].word} → ${STATES[to].word}. ${meaning(from, to)}`.trim();
  const change = by > 0 ? "worse" : by < 0 && to !== "undecided" ? "better" : "other";
  return { change, label, before, after, words };
}

/**
 * @param {import("./words.js").StateName} from
 * @param {import("./words.js").StateName} to
 */
function meaning(from, to) {
  if (to === "undecided") return from === "passed" ? "It is no longer proven." : "The fail is no longer shown; that it is fixed is not shown either.";
  if (to === "passed") return from === "undecided" ? "It is proven now." : "It is fixed.";
  if (to === "mustFix" || to === "shouldFix") return from === "passed" ? "It held before." : "";
  return "";
}
