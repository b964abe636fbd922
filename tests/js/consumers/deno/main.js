import { check, version } from "intransit";

const answer = check(await Deno.readFile("report.json"), { now: "2026-11-22" });
console.log(JSON.stringify({ version: version(), verdict: answer.ok && answer.report.verdict }));
