import { check, version } from "intransit";

import report from "./report.json";

const answer = check(JSON.stringify(report), { now: "2026-11-22" });
console.log(JSON.stringify({ version: version(), verdict: answer.ok && answer.report.verdict }));
