const { readFileSync } = require("node:fs");

const { check, version } = require("intransit");

const answer = check(readFileSync("report.json"), { now: "2026-11-22" });
console.log(JSON.stringify({ version: version(), verdict: answer.ok && answer.report.verdict }));
