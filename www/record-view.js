// @ts-check
// What a report rests on: the part that makes it evidence for somebody who was not there.

import { instantWords } from "./dates.js";
import { h, quoted } from "./dom.js";
import { sentence, sizeWords } from "./words.js";

/** @typedef {import("intransit").Report} Report */

/** @param {Report} report */
export function recordView(report) {
  const { policy, scope } = report;
  /** @type {[string, import("./dom.js").Child | import("./dom.js").Child[]][]} */
  const rows = [
    ["Policy", [h("p", {}, `${policy.title}, ${policy.id} ${policy.version}`), hash(policy.sha256)]],
    ["Changed in it", list((report.changedSettings ?? []).map(({ setting, from, to }) => `${setting}: ${from} → ${to}`))],
    ["Judged as at", instantWords(report.at)],
    ["Judged on", `${instantWords(report.now)}, by ${report.generator}`],
    ["Evidence", report.sources.map((source) => sourceView(source, report))],
    ["Shown", list(scope.shown)],
    ["Not shown", list(scope.notShown.map(sentence))],
    ["Scope", scope.statement],
  ];
  return h(
    "section",
    { class: "record", id: "record", "aria-labelledby": "record-title" },
    h("h2", { id: "record-title" }, "This report"),
    h("dl", { class: "facts" }, ...rows.flatMap(([term, value]) => (value ? [h("dt", {}, term), h("dd", {}, value)] : []))),
    h(
      "div",
      { class: "row" },
      h("button", { type: "button", onclick: () => print() }, "Print"),
      h("button", { type: "button", onclick: () => save(report) }, "Save as JSON"),
    ),
  );
}

/**
 * @param {Report["sources"][number]} source
 * @param {Report} report
 */
function sourceView({ id, name, sha256, bytes }, report) {
  const scans = report.scans.filter((scan) => scan.source === id);
  return h(
    "div",
    { class: "source" },
    h("p", {}, h("strong", {}, name), `, ${sizeWords(bytes)}, as supplied`),
    ...scans.map((scan) => h("p", {}, ...quoted(scan.recognised), scan.command && [h("br"), h("code", {}, scan.command)])),
    hash(sha256),
  );
}

/** @param {string} sha256 */
function hash(sha256) {
  return h("p", { class: "hint" }, "SHA-256 ", h("code", {}, sha256));
}

/** @param {readonly string[]} lines */
function list(lines) {
  return lines.length > 0 ? h("ul", { class: "plain" }, ...lines.map((line) => h("li", {}, ...quoted(line)))) : null;
}

/** @param {Report} report */
function save(report) {
  const url = URL.createObjectURL(new Blob([`${JSON.stringify(report, null, 2)}\n`], { type: "application/json" }));
  h("a", { href: url, download: `intransit-${report.policy.id}-${report.at.slice(0, 10)}.json` }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
