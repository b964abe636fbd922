// Hundreds of inputs at once: a table instead of one verdict, judged by several workers.

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { write } from "../../benches/lib/records.mjs";
import { BROKEN_EACH, reportFile, reportFiles } from "./reports.mjs";
import { choose, headline, sample } from "./visit.mjs";
import { visitTests } from "./visit-tests.mjs";

const visitTest = visitTests();
const COUNT = 200;
const BROKEN = COUNT / BROKEN_EACH;

const title = (page) => page.locator("#many-title").innerText();
const rows = (page) => page.locator(".grid-body > .grid-row");
const shown = (page) => page.locator(".many-shown").innerText();
const tally = async (page) => (await page.locator(".standings strong").allInnerTexts()).map((words) => Number(words.replaceAll(",", "")));

/** Waits until everything is judged. */
async function judged(page, words = /^(?!So far)/) {
  await page.locator(".many-progress").waitFor({ state: "hidden", timeout: 60_000 });
  await page.locator("#many-title").filter({ hasText: words }).waitFor();
}

/** Hands over so many files and waits for the table. */
async function table(page, files = reportFiles(COUNT)) {
  await choose(page, ...files);
  await judged(page);
}

/** Waits until only the worker is left that judges what is opened. */
async function workersEnd(page) {
  for (let tries = 0; page.workers().length > 1; tries += 1) {
    assert.ok(tries < 50, "the workers end with the work");
    await page.waitForTimeout(50);
  }
}

/** The text of what the page hands over for saving. */
async function saved(page, label) {
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: label }).click()]);
  return { name: download.suggestedFilename(), text: readFileSync(await download.path(), "utf8") };
}

visitTest("more inputs than can be shown together become a table, with one bad input as a row", {}, async ({ page }) => {
  await table(page);
  assert.match(await title(page), /^\d+ of 200 do not meet M365 in transit$/);
  const counts = await tally(page);
  assert.equal(counts.reduce((sum, count) => sum + count, 0), COUNT);
  assert.deepEqual(counts.slice(1), [BROKEN, COUNT / 4 - BROKEN / 2, 0], "every second broken file stands in the place of one that is not proven");
  assert.equal(await shown(page), "200 reports");
  assert.equal(await page.locator("[role=grid]").getAttribute("aria-rowcount"), "201");
  assert.ok((await rows(page).count()) < 60, "only the rows in sight are in the document");
  await page.getByRole("button", { name: /not read/ }).click();
  assert.equal(await rows(page).count(), BROKEN);
  assert.match(await rows(page).first().innerText(), /Not read[^]*broken-49\.json[^]*found a web page/);
  assert.match(await page.locator(".many-hints").innerText(), /^1 endpoint stands in more than one report\. Here each report is judged apart/);
  await workersEnd(page);
});

visitTest("as many as can be shown together are judged together", {}, async ({ page }) => {
  await choose(page, ...reportFiles(12));
  assert.match(await headline(page), /^Does not meet/);
  assert.equal(await page.locator("#evidence [role=tab]").count(), 12);
  await page.getByRole("button", { name: "Add evidence" }).click();
  const added = reportFiles(COUNT).slice(12).map(({ name, content }) => ({ name, mimeType: "text/plain", buffer: Buffer.from(content) }));
  await page.locator("dialog input[type=file]").setInputFiles(added);
  await judged(page);
  assert.equal(await shown(page), "200 reports", "those that were there are rows as well");
});

visitTest("the table is filtered, sorted and grouped", {}, async ({ page }) => {
  await table(page);
  const first = () => rows(page).first().innerText();
  assert.match(await first(), /Does not meet/);
  await page.getByLabel("Filter").fill("host10 xml");
  await page.locator(".many-shown", { hasText: "of 200" }).waitFor();
  for (const words of await rows(page).allInnerTexts()) assert.match(words, /scan-\d+\.xml[^]*host10/);
  await page.getByLabel("Filter").fill("");
  await page.locator(".many-shown", { hasText: /^200 reports$/ }).waitFor();

  const header = page.getByRole("columnheader", { name: "Input" });
  await header.click();
  assert.equal(await header.getAttribute("aria-sort"), "ascending");
  assert.match(await first(), /broken-49/);
  await header.click();
  assert.equal(await header.getAttribute("aria-sort"), "descending");
  assert.match(await first(), /scan-198/);

  await page.getByLabel("Group by").selectOption("standing");
  await page.locator(".many-shown", { hasText: "in 3 groups" }).waitFor();
  const group = rows(page).filter({ hasText: "Not read" });
  assert.equal(await group.getAttribute("aria-expanded"), "false");
  await group.click();
  assert.equal(await rows(page).count(), 3 + BROKEN);
  assert.equal(await page.locator("[role=treegrid] [aria-level='2']").count(), BROKEN);
  for (const [value, label] of [["rule", "TLS 1.0"], ["issuer", "weak.example.test"], ["host", "host3.example"]]) {
    await page.getByLabel("Group by").selectOption(value);
    await page.locator(".grid-group").first().waitFor();
    await page.getByLabel("Filter").fill(label);
    await page.locator(".grid-group", { hasText: value === "rule" ? "" : label }).first().waitFor();
    await page.getByLabel("Filter").fill("");
  }
});

visitTest("a row opens the whole report, and there is a way back to it", {}, async ({ page }) => {
  await table(page);
  const row = rows(page).nth(3);
  const name = await row.locator(".grid-open").innerText();
  const counts = (await row.locator(".grid-number").allInnerTexts()).map((words) => Number.parseInt(words, 10));
  await row.click();
  assert.match(await headline(page), /^Does not meet/);
  assert.equal(await page.locator("#evidence [role=tab]").innerText(), name);
  const found = await page.locator("#verdict .tally strong").allInnerTexts();
  assert.deepEqual(found.slice(0, 3).map(Number), counts, "the report says what its row says");
  await page.getByRole("button", { name: "Back to the table" }).click();
  assert.equal(await page.evaluate(() => document.activeElement?.closest("[role=row]")?.getAttribute("aria-rowindex")), "5");
  assert.equal(await shown(page), "200 reports");
  await rows(page).nth(4).click();
  await headline(page);
  await page.getByRole("button", { name: /^Remove/ }).click();
  assert.ok(await page.locator("#many").isVisible(), "taking the only input away leads back");
});

visitTest("reports of one endpoint are judged together when asked for", {}, async ({ page }) => {
  await table(page);
  await page.getByLabel("Filter").fill("scan-1 json mail.example.test");
  const together = page.getByRole("button", { name: /^Judge these \d+ together$/ });
  await together.waitFor();
  const number = Number(/\d+/.exec(await together.innerText())?.[0]);
  assert.ok(number > 1 && number <= 50);
  await together.click();
  await headline(page);
  assert.equal(await page.locator("#evidence [role=tab]").count(), number);
});

visitTest("another policy judges everything anew, also while a report is open", {}, async ({ page }) => {
  await table(page, reportFiles(60));
  await page.locator("#policy").selectOption("baseline-1.0");
  await judged(page, /Baseline/);
  await rows(page).first().click();
  await headline(page);
  await page.locator("#policy").selectOption({ index: 0 });
  await page.getByRole("heading", { level: 1, name: /M365/ }).waitFor();
  await page.getByRole("button", { name: "Back to the table" }).click();
  await judged(page, /M365/);
});

visitTest("a policy and an inventory among the files judge all of them", {}, async ({ page }) => {
  const policy = { name: "ours.json", content: '{"id":"ours","version":"1","extends":"baseline-1.0"}' };
  const flows = { name: "flows.csv", content: "name,flow,endpoints\nMail,clientToService,host3.example:443" };
  await table(page, [...reportFiles(55), policy, flows]);
  assert.match(await page.locator("#basis").innerText(), /ours\.json[^]*flows\.csv/);
  assert.match(await page.locator(".many .answer-line").innerText(), /55 inputs/);
  assert.equal(await shown(page), "55 reports");
  assert.match(await title(page), /ours\.json$/);
});

visitTest("a policy that cannot be used is said as such, and the table comes back with one that can", {}, async ({ page }) => {
  await choose(page, ...reportFiles(55), { name: "ours.json", content: '{"id":"ours","version":"1","extends":"none-1.0"}' });
  assert.equal(await headline(page), "Not judged");
  await page.locator("#policy").selectOption("baseline-1.0");
  await judged(page, /Baseline/);
  assert.equal(await shown(page), "55 reports");
});

visitTest("cancelling stops the work and keeps what was judged; the rest can be judged after", {}, async ({ page }) => {
  await page.evaluate(() => {
    // Slow reading, so that there is something to cancel.
    const read = Blob.prototype.slice;
    Blob.prototype.slice = function (...range) {
      const until = performance.now() + 15;
      while (performance.now() < until);
      return read.apply(this, range);
    };
  });
  const folder = mkdtempSync(join(tmpdir(), "intransit-"));
  write("tlsx", 12_000, join(folder, "records.ndjson"));
  await page.locator("#intake input[type=file]").setInputFiles(join(folder, "records.ndjson"));
  await page.locator(".many-words", { hasText: /Judging: .* records/ }).waitFor();
  await page.locator(".grid-body > .grid-row").first().waitFor();
  await page.locator(".many-progress").getByRole("button", { name: "Cancel" }).click();
  await page.locator(".many-words", { hasText: "Stopped." }).waitFor();
  await workersEnd(page);
  const before = (await tally(page)).reduce((sum, count) => sum + count, 0);
  assert.ok(before > 0 && before < 12_000, `${before}`);
  assert.ok(!/^All|^Meets/.test(await title(page)));
  await page.waitForTimeout(300);
  assert.equal((await tally(page)).reduce((sum, count) => sum + count, 0), before);
  await page.getByRole("button", { name: "Judge the rest" }).click();
  await judged(page);
  assert.equal((await tally(page)).reduce((sum, count) => sum + count, 0), 12_000, "no record twice, and none lost");
  const { text } = await saved(page, "Save verdict lines");
  const lines = text.trimEnd().split("\n").map((line) => JSON.parse(line));
  assert.equal(new Set(lines.map(({ record }) => record.line)).size, 12_000);
  await rows(page).first().click();
  assert.match(await page.locator("#evidence [role=tab]").innerText(), /, line \d+$/);
  rmSync(folder, { recursive: true });
});

visitTest("records of a stream are rows, and blank, broken and endless lines stop nothing", {}, async ({ page }) => {
  const record = (number) => JSON.stringify(JSON.parse(sample("partner-mail-server").replaceAll("weak.example.test", `h${number}.example`)));
  const lines = Array.from({ length: 60 }, (_, number) => (number === 30 ? "" : number === 31 ? '{"cut":' : number === 32 ? `{"long":"${"x".repeat(17 << 20)}"}` : record(number)));
  await choose(page, { name: "mass.ndjson", content: lines.join("\n") });
  await judged(page);
  assert.equal(await shown(page), "59 reports");
  const { name, text } = await saved(page, "Save verdict lines");
  assert.match(name, /^intransit-verdicts-2026-11-22\.ndjson$/);
  const verdicts = text.trimEnd().split("\n").map((line) => JSON.parse(line));
  const found = verdicts.map(({ record }) => record.line).toSorted((a, b) => a - b);
  assert.deepEqual(found, lines.flatMap((line, at) => (line === "" ? [] : [at + 1])));
  const bytes = Buffer.from(lines.join("\n"));
  for (const { record: place, unread } of verdicts) {
    const part = bytes.subarray(place.offset, place.offset + place.bytes).toString().trimEnd();
    assert.equal(part, lines[place.line - 1], `line ${place.line}`);
    assert.equal(unread !== undefined, place.line === 32 || place.line === 33);
  }
});

visitTest("the whole result is saved as CSV, and nothing in it is run", {}, async ({ page }) => {
  const files = reportFiles(60).map((file, number) => (number === 0 ? { ...file, name: "=1+1;@x, \"y\".json" } : file));
  await table(page, files);
  const { name, text } = await saved(page, "Save as CSV");
  assert.match(name, /\.csv$/);
  const lines = text.trimEnd().split("\r\n");
  assert.equal(lines.length, 61);
  assert.match(lines[0], /^input,line,verdict,mustFix,/);
  assert.ok(lines.some((line) => line.startsWith(`"'=1+1;'@x, ""y"".json",,nonCompliant,`)), lines[1]);
  assert.match(lines[1], /,M365 in transit,Mozilla’s roots of [^,]+,2026-11-22T12:00:00\.000Z,2026-11-22T12:00:00\.000Z,all inputs$/);
});

visitTest("the table is used by keyboard: one stop of Tab, arrows inside, Enter opens", {}, async ({ page }) => {
  await table(page);
  const at = () => page.evaluate(() => ({ row: document.activeElement?.closest("[role=row]")?.getAttribute("aria-rowindex"), column: document.activeElement?.closest("[aria-colindex]")?.getAttribute("aria-colindex") }));
  await page.getByRole("button", { name: "Save verdict lines" }).focus();
  await page.keyboard.press("Tab");
  assert.deepEqual(await at(), { row: "2", column: "1" });
  for (const [key, row, column] of [
    ["ArrowDown", "3", "1"],
    ["ArrowRight", "3", "2"],
    ["Control+End", "201", "7"],
    ["Control+Home", "2", "1"],
    ["ArrowUp", "1", "1"],
    ["ArrowDown", "2", "1"],
    ["End", "2", "7"],
    ["PageDown", undefined, "7"],
  ]) {
    await page.keyboard.press(key);
    const now = await at();
    assert.equal(now.column, column, key);
    if (row) assert.equal(now.row, row, key);
    assert.ok(await page.evaluate(() => {
      const { top, bottom } = document.activeElement.getBoundingClientRect();
      const grid = document.querySelector(".grid").getBoundingClientRect();
      return top >= grid.top && bottom <= grid.bottom;
    }), `${key} keeps the focus in sight`);
  }
  await page.locator(".grid").evaluate((grid) => (grid.scrollTop = 5000));
  await page.waitForTimeout(50);
  assert.notEqual((await at()).row, undefined, "scrolling away keeps the focus");
  await page.keyboard.press("Control+Home");
  await page.keyboard.press("Enter");
  await headline(page);
  assert.equal(await page.evaluate(() => document.activeElement?.id), "headline");
});

visitTest("private keys among many inputs are told of", {}, async ({ page }) => {
  const key = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f\n-----END PRIVATE KEY-----\n";
  await table(page, [...reportFiles(51), { name: "key.pem", content: key + sample("certificate-chain") }]);
  assert.match(await page.locator(".key-warning").innerText(), /1 input had one in it/);
});

visitTest("pasted records are a table as well", {}, async ({ page }) => {
  const record = JSON.stringify(JSON.parse(reportFile(3).content));
  await page.locator("#intake textarea").fill(Array.from({ length: 60 }, () => record).join("\n"));
  await page.getByRole("button", { name: "Judge", exact: true }).click();
  await judged(page);
  assert.equal(await shown(page), "60 reports");
});
