// Reading scan reports against parsing their JSON alone, on the same bytes: natively against serde_json, as
// WebAssembly against V8's JSON.parse. What reading means stands in native/src/lib.rs: everything up to the evidence.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

import { figures, median, quartiles, race, ratio, table, target } from "./lib/rounds.mjs";

const root = new URL("../", import.meta.url);
const cases = "tests/cases/formats/";
const FILES = [
  "testssl-3.0.8/modern-pretty.json",
  "testssl-3.0.8/modern-flat.json",
  "testssl-3.3dev/smtp-pretty.json",
  "testssl-3.3dev/pq-flat.json",
  "sslyze-5.2.0/go.json",
  "sslyze-5.2.0/smtp.json",
  "sslyze-6.3.1/go_pq.json",
  "sslyze-6.3.1/multi.json",
  "ssllabs-v2/host.json",
  "ssllabs-v3/go-client.json",
  "ssllabs-v3/two-addresses.json",
].map((name) => cases + name);

const middle = (ratios) => quartiles(ratios)[1];
const micro = (time) => `${figures(time)} µs`;

console.log("reading a report natively, against serde_json::from_str::<Value> with arbitrary_precision");
const binary = process.env.NATIVE_READ ?? new URL("target/benches/release/read", root).pathname;
const printed = execFileSync(binary, FILES, { cwd: root, encoding: "utf8", maxBuffer: 1 << 26 });
const rows = [["", "bytes", "intransit", "serde_json", "intransit is"]];
const natively = printed.trim().split("\n").map((line) => JSON.parse(line));
assert.equal(natively.length, FILES.length);
for (const { file, bytes, ours, theirs } of natively) {
  const times = [ours, theirs].map((all) => micro(median(all) / 1000));
  rows.push([file.slice(cases.length), String(bytes), ...times, ratio(ours, theirs).words]);
}
table(rows);
const least = (all) => Math.min(...all);
const native = natively.map(({ ours, theirs }) => ratio(ours, theirs).middle);
console.log(`median of the files ${figures(middle(native))}×`);
target("the worst file, natively", least(native), 1);

console.log(`\nreading a report as WebAssembly in Node ${process.version}, against JSON.parse (CPU time)`);
const { initSync, read } = await import("../dist/bench/bindings.js");
initSync({ module: readFileSync(new URL("dist/bench/bindings_bg.wasm", root)) });
const inNode = [["", "intransit", "JSON.parse of bytes", "of a string", "against bytes", "against a string"]];
const ratios = [];
for (const file of FILES) {
  const bytes = readFileSync(new URL(file, root));
  const text = bytes.toString("utf8");
  assert.ok(read(bytes) > 0, file);
  const times = race({
    ours: () => read(bytes),
    bytes: () => JSON.parse(bytes.toString("utf8")),
    text: () => JSON.parse(text),
  });
  const against = [ratio(times.ours, times.bytes), ratio(times.ours, times.text)];
  ratios.push(against[0].middle);
  inNode.push([file.slice(cases.length), ...Object.values(times).map((all) => micro(median(all))), ...against.map(({ words }) => words)]);
}
table(inNode);
console.log(`median of the files ${figures(middle(ratios))}×`);
target("the worst file, as WebAssembly", least(ratios), 0.8);
