// @ts-check
// Rows as the reader wants to see them: some of them, in an order, in groups. Every step is taken in slices.

import { STANDINGS, hostOf } from "./rows.js";
import { Slices, sorted } from "./slices.js";
import { commonName } from "./words.js";

/** @typedef {import("./rows.js").Row} Row */
/** @typedef {"standing" | "input" | "subject" | "mustFix" | "shouldFix" | "undecided" | "issuer"} SortKey */
/** @typedef {"" | "standing" | "rule" | "issuer" | "host"} GroupKey */

/**
 * How to arrange.
 * @typedef {object} Wish
 * @property {string} text What has to stand in a row's input, subjects, issuers or rules.
 * @property {number | undefined} standing
 * @property {{ by: SortKey, isDown: boolean }} sort
 * @property {GroupKey} group
 */

/**
 * Rows that have something in common; `counts` are those of the standings.
 * @typedef {{ key: string, label: string, rows: Row[], counts: number[] }} Group
 */

/** @typedef {{ rows: Row[], groups: Group[] | undefined }} Arranged */

/** What the rows rest on that are arranged. @typedef {{ nameOf: (row: Row) => string, titleOf: (rule: string) => string }} Names */

const byText = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

/**
 * @param {readonly Row[]} rows
 * @param {Wish} wish
 * @param {Names} names
 * @param {() => boolean} isStale Whether nobody waits for the answer any more.
 * @returns {Promise<Arranged | undefined>} Nothing where nobody waits.
 */
export async function arrange(rows, wish, names, isStale) {
  const wanted = await filtered(rows, wish, names, isStale);
  const ordered = wanted && (await sorted(wanted, comparison(wish.sort, names), isStale));
  if (!ordered) return undefined;
  if (wish.group === "") return { rows: ordered, groups: undefined };
  const groups = await grouped(ordered, keysOf(wish.group, names), isStale);
  return groups && { rows: ordered, groups };
}

/**
 * @param {readonly Row[]} rows
 * @param {Wish} wish
 * @param {Names} names
 * @param {() => boolean} isStale
 */
async function filtered(rows, { text, standing }, { nameOf, titleOf }, isStale) {
  const slices = new Slices();
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const found = [];
  for (const row of rows) {
    if (slices.isOver()) {
      await slices.rest();
      if (isStale()) return undefined;
    }
    if (standing !== undefined && row.standing !== standing) continue;
    const texts = () => [nameOf(row), ...row.subjects, ...row.issuers, ...[...row.fails, ...row.open].flatMap((rule) => [rule, titleOf(rule)]), row.problem];
    if (words.length > 0) {
      const all = texts().join("\n").toLowerCase();
      if (!words.every((word) => all.includes(word))) continue;
    }
    found.push(row);
  }
  return found;
}

/**
 * @param {Wish["sort"]} sort
 * @param {Names} names
 * @returns {(one: Row, other: Row) => number}
 */
function comparison({ by, isDown }, { nameOf }) {
  const byInput = (/** @type {Row} */ a, /** @type {Row} */ b) => (a.file === b.file ? a.line - b.line : byText.compare(nameOf(a), nameOf(b)) || a.file - b.file);
  const byWeight = (/** @type {Row} */ a, /** @type {Row} */ b) => b.mustFix - a.mustFix || b.shouldFix - a.shouldFix || b.undecided - a.undecided;
  /** @type {Record<SortKey, (a: Row, b: Row) => number>} */
  const keys = {
    standing: (a, b) => a.standing - b.standing || byWeight(a, b),
    input: byInput,
    subject: (a, b) => byText.compare(a.subjects[0] ?? "\uffff", b.subjects[0] ?? "\uffff"),
    mustFix: (a, b) => b.mustFix - a.mustFix,
    shouldFix: (a, b) => b.shouldFix - a.shouldFix,
    undecided: (a, b) => b.undecided - a.undecided,
    issuer: (a, b) => byText.compare(commonName(a.issuers[0] ?? "\uffff"), commonName(b.issuers[0] ?? "\uffff")),
  };
  const key = keys[by];
  const sign = isDown ? -1 : 1;
  return (a, b) => sign * key(a, b) || byInput(a, b);
}

/**
 * What a row is grouped under: by rule and host it may be several groups.
 * @param {Exclude<GroupKey, "">} group
 * @param {Names} names
 * @returns {(row: Row) => { key: string, label: string }[]}
 */
function keysOf(group, { titleOf }) {
  const plain = (/** @type {string} */ key) => ({ key, label: key });
  switch (group) {
    case "standing":
      return (row) => [{ key: String(row.standing), label: STANDINGS[row.standing]?.word ?? "" }];
    case "rule":
      return (row) => {
        const rules = [...new Set([...row.fails, ...row.open])];
        return rules.length > 0 ? rules.map((rule) => ({ key: rule, label: titleOf(rule) })) : [row.problem === "" ? NO_RULE : NOT_READ];
      };
    case "issuer":
      return (row) => (row.issuers.length > 0 ? row.issuers.map(plain) : [NO_ISSUER]);
    case "host":
      return (row) => (row.subjects.length > 0 ? [...new Set(row.subjects.map(hostOf))].map(plain) : [NO_HOST]);
  }
}

const NO_RULE = { key: "\uffff1", label: "Nothing to fix, nothing undecided" };
const NOT_READ = { key: "\uffff2", label: "Not read" };
const NO_ISSUER = { key: "\uffff1", label: "No certificate was shown" };
const NO_HOST = { key: "\uffff1", label: "No endpoint was shown" };

/**
 * Groups, those with the worst rows first: by how many do not meet, then by how many rows.
 * @param {readonly Row[]} rows
 * @param {(row: Row) => { key: string, label: string }[]} keys
 * @param {() => boolean} isStale
 */
async function grouped(rows, keys, isStale) {
  const slices = new Slices();
  /** @type {Map<string, Group>} */
  const groups = new Map();
  for (const row of rows) {
    if (slices.isOver()) {
      await slices.rest();
      if (isStale()) return undefined;
    }
    for (const { key, label } of keys(row)) {
      let group = groups.get(key);
      if (!group) groups.set(key, (group = { key, label, rows: [], counts: STANDINGS.map(() => 0) }));
      group.rows.push(row);
      group.counts[row.standing] = (group.counts[row.standing] ?? 0) + 1;
    }
  }
  return sorted([...groups.values()], (a, b) => (b.counts[0] ?? 0) - (a.counts[0] ?? 0) || b.rows.length - a.rows.length || byText.compare(a.label, b.label), isStale);
}

/**
 * How many endpoints stand in more than one row.
 * @param {readonly Row[]} rows
 * @param {() => boolean} isStale
 */
export async function repeated(rows, isStale) {
  const slices = new Slices();
  /** @type {Map<string, boolean>} */
  const seen = new Map();
  let count = 0;
  for (const { subjects } of rows) {
    if (slices.isOver()) {
      await slices.rest();
      if (isStale()) return undefined;
    }
    for (const subject of subjects) {
      if (seen.get(subject) === false) count += 1;
      seen.set(subject, seen.has(subject));
    }
  }
  return count;
}
