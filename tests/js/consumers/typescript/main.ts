import { check, render, utf16Range, version, type CheckAnswer, type Diagnostic, type Report } from "intransit";

import report from "./report.json" with { type: "json" };

declare const console: { log(line: string): void };

const input = { name: "report.json", content: new Uint8Array() };
const unread: CheckAnswer = check([input], { at: new Date(), policy: "baseline-1.0" });
const diagnostics: Diagnostic[] = unread.ok ? [] : unread.diagnostics;
const answer = check(JSON.stringify(report), { now: "2026-11-22" });
const judged: Report | undefined = answer.ok ? answer.report : undefined;
const words: string = judged ? render(judged, "markdown") : "";
const end: number = utf16Range(words, { start: 0, end: 1 }).end;
if (diagnostics.length !== 1 || end !== 1) throw new Error(words);
console.log(JSON.stringify({ version: version(), verdict: judged?.verdict }));

export function refused(): void {
  // @ts-expect-error: no such option
  check("", { polcy: "x" });
  // @ts-expect-error: numbers are not evidence
  check(1);
  // @ts-expect-error: a refusal has no report
  if (!answer.ok) answer.report;
}
