// What the JavaScript wrapper adds to the core: names, times, bytes, offsets, and a new instance after a stop.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { Records, catalogue, check, core, render, useCore, utf16Range } from "intransit";

const chain = readFileSync(new URL("../cases/pki/chain.pem", import.meta.url));

/** The smallest report that is one. */
const REPORT = JSON.stringify([
  { id: "TLS1_2", ip: "a.example/192.0.2.1", port: "443", severity: "OK", finding: "offered" },
]);

test("inputs are text, bytes, or several with names", () => {
  for (const [input, options, names] of [
    [REPORT, {}, ["input"]],
    [REPORT, { name: "scan.json" }, ["scan.json"]],
    [new TextEncoder().encode(REPORT), {}, ["input"]],
    [Buffer.from(REPORT), {}, ["input"]],
    [[{ name: "one", content: REPORT }, { name: "two", content: Buffer.from(REPORT) }], {}, ["one", "two"]],
  ]) {
    const answer = check(input, options);
    assert.equal(answer.ok, true, JSON.stringify(answer));
    assert.deepEqual(answer.report.sources.map((source) => source.name), names);
    for (const source of answer.report.sources) {
      assert.equal(source.sha256, createHash("sha256").update(REPORT).digest("hex"));
    }
  }
});

test("chains are verified against chosen roots, ML-DSA among them", () => {
  const pki = (file) => readFileSync(new URL(`../cases/pki/${file}`, import.meta.url), "utf8");
  const options = { host: "mail.example.com", now: "2026-11-22T10:00:00Z" };
  for (const [file, roots, trusted] of [
    ["chain-without-root.pem", pki("chain-root.pem"), true],
    ["ml-dsa-chain.pem", pki("ml-dsa-root.pem"), true],
    ["ml-dsa-chain.pem", pki("chain-root.pem"), false],
    ["chain.pem", "mozilla", false],
  ]) {
    const answer = check(pki(file), { ...options, roots });
    assert.equal(answer.ok, true, JSON.stringify(answer));
    assert.deepEqual(answer.report.chains.map((chain) => chain.trusted), [trusted], file);
  }
  const refused = check(pki("chain.pem"), { ...options, roots: pki("chain-leaf.pem"), rootsName: "mine.pem" });
  assert.equal(refused.ok, false);
  assert.match(refused.diagnostics[0].message, /^the roots `mine.pem`: the certificate [0-9a-f]{64} is no root/);
});

test("several stores are laid side by side, as text and as bytes", () => {
  const read = (file) => readFileSync(new URL(`../cases/${file}`, import.meta.url));
  const root = read("pki/chain-root.pem");
  const options = { host: "mail.example.com", now: "2026-11-22T10:00:00Z" };
  const answers = (roots) => {
    const answer = check(read("pki/chain-without-root.pem"), { ...options, roots });
    assert.equal(answer.ok, true, JSON.stringify(answer));
    return (answer.report.acceptances ?? []).flatMap((chain) => chain.answers.map((one) => [one.store, one.acceptance]));
  };
  const p7b = { name: "export.p7b", content: read("stores/two-roots-der.p7b") };
  assert.deepEqual(answers([{ name: "ours.pem", content: root }, "mozilla", p7b]), [["ours.pem", "accepts"], ["Mozilla", "refuses"], ["export.p7b", "refuses"]]);
  assert.deepEqual(answers(root), []);
  const again = check(chain, { ...options, roots: ["mozilla", "mozilla"] });
  assert.match(again.diagnostics[0].message, /the roots `mozilla` were chosen twice/);
});

test("a hand-off sheet is written, and compared", () => {
  const pki = (file) => readFileSync(new URL(`../cases/pki/${file}`, import.meta.url), "utf8");
  const options = { host: "mail.example.com", now: "2026-11-22T10:00:00Z", roots: pki("chain-root.pem") };
  const { report } = check(pki("chain.pem"), options);
  const sheet = render(report, "sheet");
  const compared = (file) => check(pki(file), { ...options, sheet }).report.findings.filter(({ rule, subject }) => rule === "sheet-mismatch" && subject.certificate);
  assert.deepEqual(compared("chain.pem").map(({ outcome }) => outcome), ["pass"]);
  assert.deepEqual(compared("rsa-2048.pem").map(({ outcome }) => outcome), ["fail"]);
});

test("times are dates or RFC 3339, and a wrong one is a diagnostic", () => {
  for (const [options, message] of [
    [{ at: new Date(0), now: "2026-11-22T10:00:00Z", collected: "2026-11-22" }, undefined],
    [{ at: "yesterday" }, "option `at`: expected a time as 2026-11-22T10:00:00Z or a date as 2026-11-22, found `yesterday`"],
    [{ collected: new Date(Number.NaN) }, /^option `collected`: expected a time .* found `Invalid Date`$/],
  ]) {
    const answer = check(REPORT, options);
    assert.equal(answer.ok, message === undefined);
    if (!answer.ok) {
      assert.equal(answer.diagnostics[0].code, "invalid-option");
      if (typeof message === "string") assert.equal(answer.diagnostics[0].message, message);
      else assert.match(answer.diagnostics[0].message, message);
    }
  }
});

test("what cannot be read is an answer, not an exception", () => {
  for (const [input, expected] of [
    ["", /is empty; expected PEM or DER certificates/],
    ["<html>", /found a web page, `<html>`; expected/],
    ["{}", /which is no report that intransit knows/],
  ]) {
    const answer = check(input);
    assert.equal(answer.ok, false, input);
    assert.match(answer.diagnostics[0].message, expected);
  }
});

test("a policy is a pack's id, an object or its text", () => {
  const own = { id: "own", version: "1", rules: [{ rule: "obsolete-protocol", level: "error" }] };
  for (const [policy, id] of [["baseline-1.0", "baseline"], [own, "own"], [JSON.stringify(own), "own"]]) {
    const answer = check(REPORT, { policy });
    assert.equal(answer.ok, true, JSON.stringify(answer));
    assert.equal(answer.report.policy.id, id);
    assert.equal(answer.report.verdict, "indeterminate");
  }
  const refused = check(REPORT, { policy: { ...own, rulez: [] } });
  assert.equal(refused.ok, false);
  assert.match(refused.diagnostics[0].message, /did you mean `rules`/);
});

test("arguments of other types throw", () => {
  for (const [input, options, message] of [
    ["a", { polcy: "x" }, /found `polcy`/],
    ["a", { ownHosts: "mx.example.net" }, /expected an array of strings as the option `ownHosts`, found "mx.example.net"/],
    ["a", { host: 5 }, /expected a string as the option `host`, found 5/],
    ["a", { policy: 5 }, /expected a string or an object as the option `policy`, found 5/],
    ["a", { roots: 5 }, /expected text, bytes or an array of stores as the option `roots`, found 5/],
    [1, {}, /expected text or a Uint8Array as the content of `input`, found number/],
    [[{ name: "n", content: null }], {}, /as the content of `n`, found object/],
  ]) {
    assert.throws(() => check(input, options), { name: "TypeError", message });
  }
});

test("spans become offsets of a string", () => {
  for (const [text, words] of [
    ["plain text", "text"],
    ["zwölf Boxkämpfer", "Boxkämpfer"],
    ["€ and 🔒 and more", "and more"],
    ["🔒🔒", "🔒"],
    ["", ""],
  ]) {
    const at = text.lastIndexOf(words);
    const bytes = (part) => new TextEncoder().encode(part).length;
    const start = bytes(text.slice(0, at));
    const span = { start, end: start + bytes(words) };
    assert.deepEqual(utf16Range(text, span), { start: at, end: at + words.length }, text);
    assert.deepEqual(utf16Range(`\ufeff${text}`, span), { start: at + 1, end: at + 1 + words.length }, text);
  }
  assert.deepEqual(utf16Range("ab", { start: 1, end: 9 }), { start: 1, end: 2 });
});

test("a report is written in every format of the catalogue", () => {
  const { report } = check(chain, { now: "2026-11-22", name: "<b>.pem" });
  for (const { id, extension, mediaType } of catalogue().outputs) {
    assert.match(extension, /^(sheet\.)?[a-z]+$/, id);
    assert.match(mediaType, /^(text|application)\//, id);
    // A sheet is for a partner, whom our policy does not concern.
    assert.ok(render(report, id).includes(id.startsWith("sheet") ? report.resultSha256 : report.policy.sha256), id);
  }
  assert.deepEqual(JSON.parse(render(report, "json")), report);
  assert.ok(!render(report, "html").includes("<b>.pem"));
  assert.throws(() => render(report, "pdf"), { message: /^there is no output format `pdf`; expected one of `text`, / });
  assert.throws(() => render({}, "html"), Error);
});

test("a result's hash is that of JSON.stringify", () => {
  const { report } = check(chain, { now: "2026-11-22", name: "é 🔒 \u2028 \u009b \u007f \u0001 \" \\ \t" });
  const { reproduce, resultSha256, ...result } = report;
  assert.equal(resultSha256, createHash("sha256").update(JSON.stringify(result)).digest("hex"));
  assert.match(reproduce, /^intransit-probe check --policy m365-in-transit-1\.0 --at 2026-11-22T00:00:00Z /);
});

test("after a stop the next call starts a new instance", async () => {
  const { Instance } = WebAssembly;
  let instances = 0;
  WebAssembly.Instance = function (module, imports) {
    instances += 1;
    const { exports } = new Instance(module, imports);
    const stops = () => {
      throw new WebAssembly.RuntimeError("unreachable");
    };
    return { exports: instances === 1 ? { ...exports, version: stops } : exports };
  };
  try {
    // The core's own modules, apart from the ones that the other tests have started.
    const { check, version } = await fresh();
    assert.throws(version, /^Error: intransit stopped \(unreachable\); the next call starts it again$/);
    assert.equal(typeof version(), "string");
    assert.equal(check(REPORT).ok, true);
    assert.equal(instances, 2);
  } finally {
    WebAssembly.Instance = Instance;
  }
});

test("records are judged one by one, as check judges each", () => {
  const options = { now: "2026-11-22T10:00:00Z", policy: "baseline-1.0" };
  const records = new Records(options);
  const answer = check(REPORT, { ...options, name: "a.json" });
  const document = JSON.parse(records.document("a.json", REPORT));
  assert.deepEqual(document.record, { source: "a.json", line: 1, offset: 0, bytes: REPORT.length });
  const line = JSON.parse(records.line("a.ndjson", { line: 7, offset: 2 ** 40 }, new TextEncoder().encode(`${REPORT}\n`)));
  assert.deepEqual(line.record, { source: "a.ndjson", line: 7, offset: 2 ** 40, bytes: REPORT.length + 1 });
  for (const one of [document, line]) {
    assert.equal(one.verdict, answer.report.verdict);
    assert.deepEqual(one.tally, answer.report.tally);
    assert.equal(one.headline, answer.report.headline);
  }
  for (const bad of ["{}{}", "<html>", ""]) assert.ok(JSON.parse(records.line("x", { line: 1, offset: 0 }, bad)).unread.length > 0, bad);
  assert.throws(() => new Records({ policy: "none-1.0" }), /there is no policy `none-1.0`/);
  assert.throws(() => new Records({ polcy: "x" }), TypeError);
});

test("a core that was compiled elsewhere is taken, and nothing else", async () => {
  const other = await fresh();
  other.useCore(core());
  assert.equal(other.core(), core());
  assert.equal(other.check(REPORT).ok, true);
  assert.throws(() => useCore({}), TypeError);
});

/** The package once more, with a state of its own. */
async function fresh() {
  const { cpSync, mkdtempSync, rmSync, writeFileSync } = await import("node:fs");
  const { tmpdir } = await import("node:os");
  const { dirname, join } = await import("node:path");
  const { fileURLToPath, pathToFileURL } = await import("node:url");
  const folder = mkdtempSync(join(tmpdir(), "intransit-"));
  try {
    cpSync(dirname(fileURLToPath(import.meta.resolve("intransit"))), folder, { recursive: true });
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
    return await import(pathToFileURL(join(folder, "intransit.js")).href);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
