// @ts-check
// What the reader had to say about the input. These are not findings, and do not look like any.

import { h, quoted } from "./dom.js";
import { sentence } from "./words.js";

/** @typedef {import("intransit").Diagnostic} Diagnostic */

const WORDS = { error: "Not read", warning: "Not understood", info: "Note" };
const SHOWN = 5;

/**
 * A loud warning where a private key was among the input.
 * @param {readonly Diagnostic[]} diagnostics
 */
export function keyWarning(diagnostics) {
  const keys = diagnostics.filter((one) => one.code === "private-key-blanked");
  const [first] = keys;
  if (!first) return null;
  const files = keys.filter(isWholeFile);
  return h(
    "div",
    { class: "key-warning", role: "alert" },
    h("h2", {}, "That contained a private key"),
    ...files.map(({ message, help }) => h("p", {}, ...quoted(sentence(message)), " ", ...quoted(sentence(help ?? "")))),
    h(
      "p",
      {},
      `It is ${files.length === keys.length ? "dropped" : "blanked"} here, was not judged and has not left this page. If it came by mail, chat or ticket, others may have it.`,
    ),
    !isWholeFile(first) && first.help && h("p", {}, sentence(first.help)),
  );
}

/**
 * Whether a file was refused as a whole: it is a key, or a bundle with one.
 * @param {Diagnostic} diagnostic
 */
export function isWholeFile({ code, span }) {
  return code === "private-key-blanked" && span !== undefined && span.start === span.end;
}

/**
 * @param {readonly Diagnostic[]} diagnostics
 * @param {(span: import("intransit").Span) => void} go
 * @param {(source: number) => string} nameOf
 */
export function remarksView(diagnostics, go, nameOf) {
  const others = diagnostics.filter((one) => one.code !== "private-key-blanked");
  if (others.length === 0) return null;
  const serious = others.filter((one) => one.severity !== "info");
  const notes = others.filter((one) => one.severity === "info");
  const rows = serious.map((one) => row(one, go, nameOf));
  const rest = [...rows.splice(SHOWN), ...notes.map((one) => row(one, go, nameOf))];
  return h(
    "section",
    { class: "remarks", "aria-labelledby": "remarks-title" },
    h("h2", { id: "remarks-title" }, "From reading the input"),
    rows.length > 0 && h("ul", {}, ...rows),
    rest.length > 0 &&
      h("details", { class: "rest" }, h("summary", {}, `${rest.length} ${rows.length > 0 ? "more" : rest.length === 1 ? "note" : "notes"}`), h("ul", {}, ...rest)),
  );
}

/**
 * The lines of a policy or an inventory that the remarks name: these are no evidence and have no pane of their own.
 * @param {{ name: string, text: string }} file
 * @param {readonly Diagnostic[]} diagnostics
 */
export function placesView({ name, text }, diagnostics) {
  const lines = text.split(/\r?\n/);
  const places = diagnostics.flatMap(({ message }) => {
    const [, line, column] = /\bline (\d+)(?:,? column (\d+))?/.exec(message) ?? [];
    return line && lines[Number(line) - 1] !== undefined ? [{ line: Number(line), column: Number(column ?? 0) }] : [];
  });
  if (places.length === 0) return null;
  const excerpt = places.slice(0, SHOWN).map(({ line, column }) => {
    const words = lines[line - 1] ?? "";
    const from = Math.max(0, column - 60);
    const mark = column > 0 ? `\n${" ".repeat(String(line).length + 3 + Math.max(0, column - 1 - from))}^` : "";
    return `${line} | ${words.slice(from, from + 100)}${mark}`;
  });
  return h("section", { class: "remarks places", "aria-label": `Places in ${name}` }, h("h2", {}, name), h("pre", { tabindex: "0" }, excerpt.join("\n\n")));
}

/**
 * @param {Diagnostic} diagnostic
 * @param {(span: import("intransit").Span) => void} go
 * @param {(source: number) => string} nameOf
 */
function row({ severity, message, span, help }, go, nameOf) {
  return h(
    "li",
    { class: severity },
    h("span", { class: "remark-kind" }, WORDS[severity]),
    h("span", { class: "remark-words" }, ...quoted(message), help && h("span", { class: "hint" }, ...quoted(help))),
    span &&
      h(
        "button",
        { type: "button", class: "quiet place", onclick: () => go(span) },
        `${nameOf(span.source)}:${span.line}:${span.column}`,
      ),
  );
}
