// @ts-check
// A table of verdicts as CSV (RFC 4180), for spreadsheets. As in the CSV of a single report, an apostrophe stands in
// front of what a spreadsheet would run, at the start of a cell and behind each `;` in it.

import { STANDINGS } from "./rows.js";
import { Slices } from "./slices.js";

/** @typedef {import("./rows.js").Row} Row */

const SEPARATOR = " | ";

/** @type {[string, (row: Row, name: string) => string | number][]} */
const COLUMNS = [
  ["input", (_, name) => name],
  ["line", ({ line }) => (line > 0 ? line : "")],
  ["verdict", ({ standing }) => STANDINGS[standing]?.id ?? ""],
  ["mustFix", ({ mustFix }) => mustFix],
  ["shouldFix", ({ shouldFix }) => shouldFix],
  ["undecided", ({ undecided }) => undecided],
  ["accepted", ({ accepted }) => accepted],
  ["passed", ({ passed }) => passed],
  ["subjects", ({ subjects }) => subjects.join(SEPARATOR)],
  ["subjectCount", ({ subjectCount }) => subjectCount],
  ["issuers", ({ issuers }) => issuers.join(SEPARATOR)],
  ["failedRules", ({ fails }) => fails.join(SEPARATOR)],
  ["undecidedRules", ({ open }) => open.join(SEPARATOR)],
  ["problem", ({ problem }) => problem],
];

/**
 * The rows with a line of column names; `more` stands in every row.
 * @param {readonly Row[]} rows
 * @param {(row: Row) => string} nameOf
 * @param {Record<string, string>} more
 */
export async function csv(rows, nameOf, more) {
  const slices = new Slices();
  const rest = Object.values(more);
  const parts = [record([...COLUMNS.map(([name]) => name), ...Object.keys(more)])];
  for (const row of rows) {
    const name = nameOf(row);
    parts.push(record([...COLUMNS.map(([, value]) => value(row, name)), ...rest]));
    if (slices.isOver()) await slices.rest();
  }
  return new Blob(parts, { type: "text/csv" });
}

/** @param {readonly (string | number)[]} cells */
function record(cells) {
  return `${cells.map((cell) => (typeof cell === "number" ? String(cell) : text(cell))).join(",")}\r\n`;
}

/** @param {string} words */
function text(words) {
  const cell = guarded(words.replaceAll("\t", " ").replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, "\ufffd"));
  return /[",;]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

/**
 * The cell with nothing in it that a spreadsheet would run. The full-width signs are run by Excel in Japanese.
 * @param {string} cell
 */
function guarded(cell) {
  return cell.replace(/(^|;)(\s*)(?=[=+\-@'＝＋－＠])/g, "$1$2'");
}
