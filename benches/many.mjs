// Thousands of reports dropped on the page: how long until all are judged, how long the page's own thread was ever
// held up, and what is kept. The files lie on disk; the page is the one file, from file://. Nothing else judges as
// many reports in a browser, so what it is held against is the native command over the same bytes, and the limit of
// 50 milliseconds that people notice.

import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";

import { launch, open } from "../tests/browser/chromium.mjs";
import { reportFile } from "../tests/browser/reports.mjs";
import { PAGE } from "../tests/browser/visit.mjs";
import { write } from "./lib/records.mjs";
import { table } from "./lib/rounds.mjs";

const REPORTS = 10_000;
const RECORDS = 100_000;
const LIMIT = 50;
const folder = mkdtempSync(join(tmpdir(), "intransit-many-"));

/** Writes the inputs; their paths, or a folder's, and the bytes in them. */
const inputs = {
  [`${REPORTS.toLocaleString("en")} reports, a file each`]: () => {
    const reports = join(folder, "reports");
    mkdirSync(reports);
    let bytes = 0;
    for (let number = 0; number < REPORTS; number += 1) {
      const { name, content } = reportFile(number);
      writeFileSync(join(reports, name), content);
      bytes += Buffer.byteLength(content);
    }
    return { paths: reports, bytes, count: REPORTS };
  },
  [`${RECORDS.toLocaleString("en")} records of tlsx, one file`]: () => {
    const path = join(folder, "records.ndjson");
    write("tlsx", RECORDS, path);
    return { paths: path, bytes: statSync(path).size, count: RECORDS };
  },
};

/** In the page: marks the moment at which it hears of the files, and measures the gaps between two turns of its thread. */
function watch() {
  globalThis.gap = 0;
  let last = performance.now();
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    const now = performance.now();
    gap = Math.max(gap, now - last);
    last = now;
    setTimeout(() => port2.postMessage(undefined), 1);
  };
  port2.postMessage(undefined);
  const heard = () => {
    performance.mark("heard");
    last = performance.now();
    gap = 0;
  };
  // The field for a folder is not in the document: what is set up first hears of it first.
  const listen = EventTarget.prototype.addEventListener;
  EventTarget.prototype.addEventListener = function (type, ...rest) {
    if (type === "change" && this.type === "file") listen.call(this, type, heard, { once: true });
    return listen.call(this, type, ...rest);
  };
  for (const field of document.querySelectorAll("input[type=file]")) listen.call(field, "change", heard, { capture: true, once: true });
}

/**
 * Records the tasks of the page's thread. The answer ends that and gives, for what lies between two marks, the longest
 * task by the clock and by the CPU time it took: on a busy machine only the latter is the page's own.
 */
async function trace(browser) {
  const session = await browser.newBrowserCDPSession();
  const events = [];
  session.on("Tracing.dataCollected", ({ value }) => {
    for (const event of value) if (event.dur > 2000 || event.ph === "M" || event.cat.includes("user_timing")) events.push(event);
  });
  const traceConfig = { includedCategories: ["toplevel", "blink.user_timing"], excludedCategories: ["*"] };
  await session.send("Tracing.start", { transferMode: "ReportEvents", traceConfig });
  return async (first, last) => {
    const complete = new Promise((resolve) => session.once("Tracing.tracingComplete", resolve));
    await session.send("Tracing.end");
    await complete;
    const mark = (name) => events.find((event) => event.name === name && event.cat.includes("user_timing"));
    const { pid, tid } = mark(first);
    const tasks = events.filter((event) => event.name === "ThreadControllerImpl::RunTask" && event.pid === pid && event.tid === tid);
    if (tasks.length === 0) throw new Error("expected tasks of the page's thread in the trace, found none");
    const between = (from, to) => tasks.filter(({ ts }) => ts >= from.ts && (!to || ts < to.ts));
    const clock = ({ dur }) => dur;
    // The clock of a thread is coarse and may run ahead of the one on the wall.
    const cpu = ({ dur, tdur }) => Math.min(dur, tdur);
    const longest = (some, time) => Math.max(0, ...some.map(time)) / 1000;
    const handed = tasks.find(({ ts, dur }) => ts <= mark(first).ts && ts + dur >= mark(first).ts);
    return {
      own: handed ? (handed.ts + handed.dur - mark(first).ts) / 1000 : 0,
      handed: handed ? (mark(first).ts - handed.ts) / 1000 : 0,
      judging: { clock: longest(between(mark(first), mark(last)), clock), cpu: longest(between(mark(first), mark(last)), cpu) },
      use: { clock: longest(between(mark(last)), clock), cpu: longest(between(mark(last)), cpu) },
    };
  };
}

/** Memory of the page's process in MB: of its own scripts, and of all that it holds. */
async function memory(page) {
  const session = await page.context().newCDPSession(page);
  await session.send("HeapProfiler.collectGarbage");
  const { usedSize } = await session.send("Runtime.getHeapUsage");
  await session.detach();
  return usedSize / 1e6;
}

/** What the reader does while it judges and after; each has to be answered in time. */
async function use(page) {
  const started = Date.now();
  await page.getByLabel("Filter").fill("host7 issuing");
  await page.locator(".many-shown", { hasText: " of " }).waitFor();
  await page.getByLabel("Filter").fill("");
  await page.locator(".many-shown", { hasText: /^[\d,]+ reports$/ }).waitFor();
  await page.getByRole("columnheader", { name: "Endpoint" }).click();
  for (const group of ["rule", "host", ""]) {
    await page.getByLabel("Group by").selectOption(group);
    await page.locator(".many-shown", { hasText: group ? "group" : /^[\d,]+ reports$/ }).waitFor();
  }
  for (let step = 1; step <= 20; step += 1) {
    await page.locator(".grid").evaluate((grid, part) => (grid.scrollTop = part * grid.scrollHeight), step / 20);
    await page.waitForTimeout(20);
  }
  return Date.now() - started;
}

const browser = await launch();
const rows = [];
for (const [what, prepare] of Object.entries(inputs)) {
  const { paths, bytes, count } = prepare();
  // Not as the tests visit it: those stop the clock.
  const { page } = await open(browser, PAGE);
  await page.locator(".formats li").first().waitFor();
  const before = await memory(page);
  await page.evaluate(watch);
  const ended = await trace(browser);
  const isFolder = statSync(paths).isDirectory();
  const [chooser] = await Promise.all([
    page.waitForEvent("filechooser"),
    page.getByRole("button", { name: isFolder ? "Choose a folder…" : "Choose files…" }).click(),
  ]);
  await chooser.setFiles(paths);
  await page.locator(".many-progress").waitFor({ state: "visible" });
  await page.waitForFunction(() => document.querySelector(".many-progress")?.hidden, undefined, { timeout: 600_000 });
  const judge = await page.evaluate(() => {
    performance.mark("judged");
    return performance.now() - performance.getEntriesByName("heard")[0].startTime;
  });
  await page.locator(".many-shown", { hasText: count.toLocaleString("en") }).waitFor();
  await use(page);
  const gap = await page.evaluate(() => gap);
  const tasks = await ended("heard", "judged");
  const kept = (await memory(page)) - before;
  await page.close();
  rows.push({ what, bytes, count, judge, gap, kept, ...tasks });
}
const version = browser.version();
await browser.close();

/** Seconds of the native command over the same records. */
function native() {
  if (!process.env.PROBE) return undefined;
  const started = Date.now();
  const path = join(folder, "records.ndjson");
  try {
    execFileSync(process.env.PROBE, ["check", "--stream", "--now", "2026-11-22T12:00:00Z", path], { stdio: "ignore" });
  } catch (error) {
    // It ends with the worst record's code; 2 is for a command line that it does not know.
    if (error.status === 2) throw error;
  }
  return (Date.now() - started) / 1000;
}

const seconds = (milliseconds) => `${(milliseconds / 1000).toFixed(1)} s`;
const ms = (number) => `${number.toFixed(0)} ms`;
const load = loadavg()[0];
console.log(`many reports on the page, Chromium ${version}, ${cpus().length} cores, load ${load.toFixed(1)}`);
table([
  ["", "MB", "judged in", "a second", "kept, MB", "longest task: judging", "in use", "by CPU time: judging", "in use", "longest gap"],
  ...rows.map(({ what, bytes, count, judge, kept, own, judging, use: inUse, gap }) => [
    what,
    (bytes / 1e6).toFixed(0),
    seconds(judge),
    ((count * 1000) / judge).toFixed(0),
    kept.toFixed(1),
    ms(Math.max(own, judging.clock)),
    ms(inUse.clock),
    ms(judging.cpu),
    ms(inUse.cpu),
    ms(gap),
  ]),
]);
console.log("From the moment at which the page hears of the files. A gap is the time between two turns of the page's thread;");
console.log(`it includes waiting for a core. Before that, the browser itself takes ${rows.map(({ handed }) => ms(handed)).join(" and ")} in one task to hand them over.`);
const alone = native();
if (alone !== undefined) console.log(`The native command over the same records: ${alone.toFixed(1)} s.`);
for (const { what, judging, use: inUse } of rows) {
  const worst = Math.max(judging.cpu, inUse.cpu);
  console.log(`${worst <= LIMIT ? "met" : "MISSED"}: ${what}: the longest task takes ${ms(worst)} of CPU time, at most ${LIMIT} ms wanted`);
}
rmSync(folder, { recursive: true });
