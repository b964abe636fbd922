// @ts-check
// What a report rests on: the part that makes it evidence for somebody who was not there.

import { instantWords } from "./dates.js";
import { commandLine, factList, h, quoted } from "./dom.js";
import { rootsWords } from "./roots.js";
import { capital, sentence, sizeWords } from "./words.js";

/** @typedef {import("intransit").Report} Report */

/**
 * @param {Report} report
 * @param {{ outputs: readonly import("intransit").OutputEntry[], save: (format: import("intransit").OutputEntry) => void }} view
 */
export function recordView(report, { outputs, save }) {
  const { policy, scope } = report;
  /** @type {[string, import("./dom.js").Child | import("./dom.js").Child[]][]} */
  const rows = [
    ["Policy", [h("p", {}, `${policy.title}, ${policy.id} ${policy.version}`), hash(policy.sha256)]],
    ["Changed in it", list((report.changedSettings ?? []).map(({ setting, from, to }) => `${setting}: ${from} → ${to}`))],
    ["Roots", report.roots ? [h("p", {}, `${sentence(capital(rootsWords(report.roots)))} ${sentence(report.roots.source)}`), hash(report.roots.sha256)] : "None were chosen: no chain was verified."],
    ["Stores", list((report.stores ?? []).map(({ name, sha256 }) => `${name}, SHA-256 \`${sha256}\``))],
    ["Judged as at", instantWords(report.at)],
    ["Judged on", `${instantWords(report.now)}, by ${report.generator}`],
    ["Evidence", report.sources.map((source) => sourceView(source, report))],
    ["Shown", list(scope.shown)],
    ["Not shown", list(scope.notShown.map(sentence))],
    ["Scope", scope.statement],
    ["Repeat it", [h("p", {}, "With the same files, this command gives the same result:"), commandLine(report.reproduce), hash(report.resultSha256)]],
  ];
  return h(
    "section",
    { class: "record", id: "record", "aria-labelledby": "record-title" },
    h("h2", { id: "record-title" }, "This report"),
    factList(rows),
    h("div", { class: "on-paper" }, h("h3", {}, "Sources"), h("ul", { class: "plain" }, ...sources(report).map(([url, document]) => h("li", {}, `${document}: ${url}`)))),
    h("h3", {}, "Take it with you"),
    h(
      "div",
      { class: "row" },
      h("button", { type: "button", onclick: () => print() }, "Print or save as PDF"),
      ...outputs.map((output) => h("button", { type: "button", "data-format": output.id, onclick: () => save(output) }, capital(output.title))),
    ),
  );
}

/**
 * The documents that the rules follow, each address once: on paper a link shows only its words.
 * @param {Report} report
 */
function sources({ rules }) {
  return [...new Map(rules.flatMap(({ citations }) => citations.map(({ url, document }) => /** @type {[string, string]} */ ([url, document]))))].sort(([, a], [, b]) => a.localeCompare(b));
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

/**
 * Hands a text to the reader as a file.
 * @param {string | Blob} text
 * @param {string} name
 * @param {string} mediaType
 */
export function download(text, name, mediaType) {
  const url = URL.createObjectURL(new Blob([text], { type: mediaType }));
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/**
 * "intransit-m365-in-transit-mail.example.com-2026-11-22.md".
 * @param {Report} report
 * @param {string} extension
 */
export function fileName({ policy, endpoints, at }, extension) {
  const [only] = endpoints;
  const host = endpoints.length === 1 && only ? /^[^\s:(]+/.exec(only.label)?.[0] : undefined;
  const parts = ["intransit", policy.id, host, at.slice(0, 10)].filter(Boolean);
  return `${parts.join("-").replace(/[^A-Za-z0-9.-]+/g, "_")}.${extension}`;
}
