// Judging a mass scan line by line against jq selecting from the same file: records for each second of CPU time, and
// the most memory. jq looks at one member; a judgement reads all of them, asks every rule, and writes what it found.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { KINDS, write } from "./lib/records.mjs";
import { figures, median, ratio, table, target } from "./lib/rounds.mjs";

const RECORDS = 100_000;
const ROUNDS = 3;
const MOST_MB = 64;
const SELECTIONS = {
  tlsx: 'select(.tls_version == "tls10") | {host, port, tls_version}',
  ssllabs: 'select([.endpoints[].details.protocols[].version] | index("1.0")) | {host, port}',
};

const root = new URL("../", import.meta.url);
const probe = process.env.PROBE ?? new URL("target/release/intransit-probe", root).pathname;
const judge = ["check", "--stream", "--now", "2026-11-22T10:00:00Z"];

/** Runs a program with its output thrown away: its CPU time in seconds, its peak memory in MB, what it said. */
function measure(program, words) {
  const nowhere = openSync("/dev/null", "w");
  const { error, stderr } = spawnSync("/usr/bin/time", ["-f", "%U %S %M", program, ...words], {
    encoding: "utf8",
    stdio: ["ignore", nowhere, "pipe"],
  });
  if (error) throw error;
  const lines = stderr.trimEnd().split("\n");
  const [user, system, kilobytes] = lines.pop().split(" ").map(Number);
  return { time: user + system, memory: kilobytes / 1000, said: lines.join("\n") };
}

const answers = (program, words) => spawnSync(program, words).status === 0;
const missing = [["jq", ["--version"]], ["/usr/bin/time", ["true"]]].filter((one) => !answers(...one));
if (missing.length > 0) {
  console.log(`SKIPPED: judging a stream: no ${missing.map(([program]) => program).join(", no ")} on this machine`);
} else {
  const version = spawnSync("jq", ["--version"], { encoding: "utf8" }).stdout.trim();
  console.log(`judging ${RECORDS} records line by line, against ${version} selecting from them`);
  const folder = mkdtempSync(join(tmpdir(), "intransit-stream-"));
  try {
    const rows = [["", "bytes", "intransit/CPU s", "jq/CPU s", "intransit is", "intransit MB", "jq MB"]];
    const results = [];
    for (const kind of Object.keys(KINDS)) {
      const file = join(folder, `${kind}.ndjson`);
      const bytes = write(kind, RECORDS, file);
      const rounds = Array.from({ length: ROUNDS }, () => ({
        ours: measure(probe, [...judge, file]),
        theirs: measure("jq", ["-c", SELECTIONS[kind], file]),
      }));
      const { said } = rounds[0].ours;
      assert.match(said, new RegExp(`^${RECORDS} records: `, "m"), said);
      if (!/, 0 not read$/m.test(said)) {
        console.log(`SKIPPED: this build does not read ${kind}: ${said}`);
        continue;
      }
      const of = (who, what) => rounds.map((round) => round[who][what]);
      const [ours, theirs] = [of("ours", "time"), of("theirs", "time")];
      const against = ratio(ours, theirs);
      const memory = Math.max(...of("ours", "memory"));
      results.push({ kind, against, memory });
      const each = (times) => (RECORDS / median(times)).toFixed(0);
      const most = figures(Math.max(...of("theirs", "memory")));
      rows.push([kind, String(bytes), each(ours), each(theirs), against.words, figures(memory), most]);
    }
    table(rows);
    for (const { kind, against, memory } of results) {
      target(`${kind} records for each second of CPU time`, against.middle, 10);
      console.log(`${memory <= MOST_MB ? "met" : "MISSED"}: ${kind}: ${figures(memory)} MB, at most ${MOST_MB} MB wanted`);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}
