// @ts-check
// Two reports side by side: what got worse, what is gone, what got better, rule by rule.

import { compared } from "./compare.js";
import { instantWords } from "./dates.js";
import { fill, h, quoted } from "./dom.js";
import { rootsWords } from "./roots.js";
import { STATES, capital, count, sentence, stateOf, tallyWords, withoutList } from "./words.js";

/** @typedef {import("intransit").Report} Report */
/** @typedef {import("./compare.js").Change} Change */
/** @typedef {{ key: string, label: string, report: () => Promise<Report | undefined> }} Candidate */

const CHANGES = /** @type {Record<Change, { kind: string, sign: string, word: string }>} */ ({
  worse: { kind: "fail", sign: "▼", word: "worse" },
  new: { kind: "unknown", sign: "+", word: "only in the second" },
  gone: { kind: "unknown", sign: "?", word: "gone, which is no pass" },
  other: { kind: "warn", sign: "≠", word: "otherwise different" },
  better: { kind: "pass", sign: "▲", word: "better" },
  same: { kind: "none", sign: "=", word: "unchanged" },
});

/**
 * @param {Element} root
 * @param {readonly Candidate[]} candidates What there is to compare, in the order of time as far as it is known.
 * @param {(words: string) => void} announce
 */
export function renderComparison(root, candidates, announce) {
  const [first, second] = candidates;
  const title = h("h1", { id: "compare-title", tabindex: "-1" }, "Compare two reports");
  if (!first || !second) {
    return fill(
      root,
      title,
      h("p", { class: "lead" }, first ? `One is here: ${first.label}. Drop the other one, or evidence to judge.` : "Drop two reports that were saved as JSON, or evidence."),
    );
  }
  const result = h("div", { class: "comparison" });
  const choice = (/** @type {string} */ id, /** @type {Candidate} */ chosen) => {
    const select = h("select", { id, onchange: () => void draw() }, ...candidates.map(({ key, label }) => h("option", { value: key }, label)));
    select.value = chosen.key;
    return select;
  };
  const before = choice("before", first);
  const after = choice("after", second);
  const swap = () => {
    [before.value, after.value] = [after.value, before.value];
    void draw();
  };
  fill(
    root,
    title,
    h("p", { class: "hint" }, "Each is judged by the policy and as at the day that are chosen now; a saved report stays as it was saved."),
    h(
      "div",
      { class: "compare-choice" },
      h("div", { class: "field" }, h("label", { for: "before" }, "Before"), before),
      h("div", { class: "field" }, h("label", { for: "after" }, "After"), after),
      h("button", { type: "button", onclick: swap }, "Swap"),
    ),
    result,
  );
  let drawn = 0;
  void draw();

  async function draw() {
    const number = (drawn += 1);
    const report = (/** @type {HTMLSelectElement} */ select) => candidates.find(({ key }) => key === select.value)?.report();
    const [one, two] = await Promise.all([report(before), report(after)]);
    if (number !== drawn) return;
    if (!one || !two) {
      fill(result, h("p", { class: "notice" }, "One of the two cannot be judged by itself, so there is nothing to compare."));
      return;
    }
    const found = compared(one, two);
    announce(changesWords(found.tally));
    fill(
      result,
      h("div", { class: "sides" }, side("Before", one), side("After", two)),
      caution(one, two),
      h("ul", { class: "tally", "aria-label": "Changes" }, ...Object.entries(CHANGES).map(([name, { kind, sign, word }]) => {
        const number = found.tally[/** @type {Change} */ (name)];
        return h("li", { class: number > 0 ? kind : "zero" }, h("span", {}, h("span", { class: "sign", "aria-hidden": "true" }, sign), h("strong", {}, number), ` ${word}`));
      })),
      ...found.rules.map((rule) => ruleView(rule)).filter((element) => element !== null),
      unchanged(found.rules),
    );
  }
}

/** @param {Record<Change, number>} tally */
function changesWords(tally) {
  const parts = Object.entries(CHANGES).flatMap(([name, { word }]) => (tally[/** @type {Change} */ (name)] > 0 ? [`${tally[/** @type {Change} */ (name)]} ${word}`] : []));
  return `Compared: ${parts.join(", ")}.`;
}

/**
 * @param {string} title
 * @param {Report} report
 */
function side(title, { headline, tally, now, policy, sources }) {
  return h(
    "div",
    { class: "side" },
    h("h2", {}, title),
    h("p", {}, h("strong", {}, headline)),
    h("p", {}, tallyWords(tally)),
    h("p", { class: "hint" }, `${sources.map(({ name }) => name).join(", ")}; ${policy.id} ${policy.version}, judged on ${instantWords(now)}`),
  );
}

/**
 * What else may explain a change.
 * @param {Report} before
 * @param {Report} after
 */
function caution(before, after) {
  const reasons = [];
  if (before.policy.sha256 !== after.policy.sha256) reasons.push("They were judged by different policies, so a change may come from the policy and not from the service.");
  if (before.roots?.sha256 !== after.roots?.sha256) reasons.push(`Their chains were verified against different roots: ${rootsOf(before)} and ${rootsOf(after)}.`);
  if (before.at !== after.at) reasons.push(`They were judged as at different instants: ${instantWords(before.at)} and ${instantWords(after.at)}.`);
  if (before.generator !== after.generator) reasons.push(`They come from ${before.generator} and ${after.generator}; rules may have changed between these.`);
  return reasons.length > 0 ? h("ul", { class: "notice plain" }, ...reasons.map((reason) => h("li", {}, reason))) : null;
}

/** @param {Report} report */
function rootsOf({ roots }) {
  return roots ? rootsWords(roots) : "none";
}

/** @param {ReturnType<typeof compared>["rules"][number]} rule */
function ruleView({ id, title, rows }) {
  const changed = rows.filter(({ change }) => change !== "same");
  if (changed.length === 0) return null;
  return h(
    "section",
    { class: "compared", "data-rule": id },
    h("h2", {}, capital(title), " ", h("code", { class: "hint" }, id)),
    h("ul", {}, ...changed.map(rowView)),
  );
}

/** @param {import("./compare.js").Row} row */
function rowView({ change, label, words, before, after }) {
  const { kind, sign, word } = CHANGES[change];
  return h(
    "li",
    { class: kind, "data-change": change },
    h("span", { class: "sign", "aria-hidden": "true" }, sign),
    h(
      "div",
      {},
      h("p", {}, h("strong", {}, `${capital(word)}: `), label),
      h("p", {}, words),
      h("dl", { class: "facts" }, ...said("Before", before), ...said("After", after)),
    ),
  );
}

/**
 * @param {string} term
 * @param {import("intransit").Finding | undefined} finding
 */
function said(term, finding) {
  if (!finding) return [h("dt", {}, term), h("dd", { class: "hint" }, "no such finding")];
  const { sign, word } = STATES[stateOf(finding)];
  const { short, items } = withoutList(finding.summary);
  return [
    h("dt", {}, term),
    h("dd", {}, h("strong", {}, `${sign} ${word}. `), ...quoted(sentence(short)), items.length > 0 && h("ul", { class: "plain listed" }, ...items.map((item) => h("li", {}, ...quoted(item))))),
  ];
}

/** @param {ReturnType<typeof compared>["rules"]} rules */
function unchanged(rules) {
  const rows = rules.flatMap(({ title, rows }) => rows.filter(({ change }) => change === "same").map((row) => ({ title, ...row })));
  if (rows.length === 0) return null;
  return h(
    "details",
    { class: "fold" },
    h("summary", {}, h("h2", {}, "Unchanged", h("span", { class: "count" }, ` ${count(rows.length, "finding")}`))),
    h("ul", { class: "plain" }, ...rows.map(({ title, label, after }) => h("li", {}, `${after ? capital(STATES[stateOf(after)].word) : ""}: ${title}, ${label}`))),
  );
}
