// @ts-check
// What is kept of a report that was judged among many: its verdict line in short, and where it can be read again.

/** @typedef {import("intransit").VerdictLine} VerdictLine */

/**
 * A report or record that was judged, or could not be.
 * @typedef {object} Row
 * @property {number} file Which of the inputs.
 * @property {number} line Its line, counted from 1; 0 where the whole input is one report.
 * @property {number} offset Bytes of the input before it.
 * @property {number} bytes
 * @property {number} standing Index into `STANDINGS`.
 * @property {number} mustFix
 * @property {number} shouldFix
 * @property {number} undecided
 * @property {number} accepted
 * @property {number} passed
 * @property {readonly string[]} subjects What was shown, at most `MOST_NAMES` of it.
 * @property {number} subjectCount
 * @property {readonly string[]} issuers
 * @property {readonly string[]} fails Ids of the rules that fail.
 * @property {readonly string[]} open Ids of the rules that are undecided.
 * @property {string} problem Why nothing could be read.
 * @property {boolean} hasKey Whether a private key was blanked in it.
 */

/** The most names of one kind that a row keeps: an archive may show thousands of endpoints. */
const MOST_NAMES = 100;
const LONGEST_PROBLEM = 300;

/** How a report may stand, worst first: class, sign and words for one and for several. */
export const STANDINGS = /** @type {const} */ ([
  { id: "nonCompliant", kind: "fail", sign: "✖", word: "Does not meet", several: "do not meet" },
  { id: "unread", kind: "unread", sign: "!", word: "Not read", several: "not read" },
  { id: "indeterminate", kind: "unknown", sign: "?", word: "Not proven", several: "not proven" },
  { id: "compliant", kind: "pass", sign: "✔", word: "Meets", several: "meet" },
]);

/** @param {typeof STANDINGS[number]["id"]} id */
export function standing(id) {
  return STANDINGS.findIndex((one) => one.id === id);
}

/**
 * @param {number} file
 * @param {VerdictLine} line
 * @param {boolean} isWhole Whether it is the whole input.
 * @returns {Row}
 */
export function rowOf(file, line, isWhole) {
  const place = { file, line: isWhole ? 0 : line.record.line, offset: line.record.offset, bytes: line.record.bytes };
  if ("unread" in line) {
    const problem = line.unread.find(({ severity }) => severity === "error") ?? line.unread[0];
    return { ...place, ...NOTHING, problem: (problem?.message ?? "nothing was recognised").slice(0, LONGEST_PROBLEM), hasKey: hasKey(line.unread) };
  }
  const { tally, failed, undecided = [], subjects, issuers = [] } = line;
  return {
    ...place,
    standing: standing(line.verdict),
    mustFix: tally.mustFix,
    shouldFix: tally.shouldFix,
    undecided: tally.undecided,
    accepted: tally.accepted,
    passed: tally.passed,
    subjects: subjects.slice(0, MOST_NAMES),
    subjectCount: subjects.length,
    issuers: issuers.slice(0, MOST_NAMES),
    fails: [...new Set(failed.filter((one) => !one.accepted).map(({ rule }) => rule))],
    open: [...new Set(undecided.map((name) => name.replace(/\/.*/, "")))],
    problem: "",
    hasKey: hasKey(line.diagnostics ?? []),
  };
}

/**
 * The verdict line of what could not be read outside of the core.
 * @param {{ source: string, line: number, offset: number, bytes: number }} record
 * @param {string} message
 * @returns {VerdictLine}
 */
export function unreadLine(record, message) {
  return { schemaVersion: 1, record, unread: [{ code: "unrecognised-input", severity: "error", message }] };
}

const NOTHING = {
  standing: standing("unread"),
  mustFix: 0,
  shouldFix: 0,
  undecided: 0,
  accepted: 0,
  passed: 0,
  subjects: [],
  subjectCount: 0,
  issuers: [],
  fails: [],
  open: [],
};

/** @param {readonly import("intransit").Diagnostic[]} diagnostics */
function hasKey(diagnostics) {
  return diagnostics.some(({ code }) => code === "private-key-blanked");
}

/**
 * The host of an endpoint's name, such as that of `mail.example.com:25 STARTTLS smtp`; all of it where it has no port.
 * @param {string} subject
 */
export function hostOf(subject) {
  return /^\[([^\]]+)\]:\d/.exec(subject)?.[1] ?? /^([^\s:]+):\d/.exec(subject)?.[1] ?? subject;
}

/** Lists that are equal become one list: of thousands of rows many have the same issuer and the same failing rules. */
export class Shared {
  /** @type {Map<string, readonly string[]>} */
  #known = new Map();

  /** @param {readonly string[]} list */
  one(list) {
    const key = list.join("\n");
    const known = this.#known.get(key);
    if (known) return known;
    this.#known.set(key, list);
    return list;
  }
}
