// Two inputs or two saved reports, rule by rule.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

import { SAMPLES, choose, headline, load, sample } from "./visit.mjs";
import { visitTests } from "./visit-tests.mjs";

const visitTest = visitTests();
const before = sample("partner-mail-server");
const after = before.replace("offered (deprecated)", "not offered");
const rows = (page, rule) => page.locator(`.compared[data-rule=${rule}] li[data-change]`);

/** The report on a sample, as the page saves it. */
async function saved(page, number) {
  await load(page, number);
  const saving = page.waitForEvent("download");
  await page.locator("[data-format=json]").click();
  const report = readFileSync(await (await saving).path(), "utf8");
  await page.getByRole("button", { name: "Start over" }).click();
  return report;
}

visitTest("two inputs: what is no longer shown to fail is not called fixed", {}, async ({ page }) => {
  await choose(page, { name: "before.json", content: before }, { name: "after.json", content: after });
  await headline(page);
  await page.getByRole("button", { name: "Compare", exact: true }).click();
  await page.locator(".compared").first().waitFor();
  assert.ok(await page.locator("#compare-title").evaluate((title) => title === document.activeElement));
  assert.match(await rows(page, "obsolete-protocol").innerText(), /must fix → undecided.*that it is fixed is not shown/);
  assert.equal(await rows(page, "plaintext-service").getAttribute("data-change"), "worse");
  assert.match(await page.locator("#announcement").innerText(), /^Compared: 1 worse/);
  await page.getByRole("button", { name: "Swap" }).click();
  await rows(page, "obsolete-protocol").getByText("undecided → must fix").waitFor();
  await page.getByRole("button", { name: "Verdict", exact: true }).click();
  assert.ok(await page.locator("#headline").isVisible());
});

visitTest("saved reports: what is gone has not passed, what is fixed is", {}, async ({ page }) => {
  const first = await saved(page, SAMPLES.partner);
  const second = await saved(page, SAMPLES.modern);
  const report = JSON.parse(first);
  const failed = report.findings.find(({ rule }) => rule === "obsolete-protocol");
  Object.assign(failed, { outcome: "pass", summary: "No obsolete version is offered." });
  report.policy.sha256 = "0".repeat(64);
  await choose(page, { name: "old.json", content: first }, { name: "new.json", content: JSON.stringify(report) }, { name: "other.json", content: second });
  await page.locator(".comparison .sides").waitFor();
  await page.locator("#before").selectOption({ label: "old.json" });
  await page.locator("#after").selectOption({ label: "new.json" });
  await rows(page, "obsolete-protocol").getByText("must fix → pass. It is fixed.").waitFor();
  assert.match(await page.locator(".comparison .notice").innerText(), /different policies/);
  await page.locator("#after").selectOption({ label: "other.json" });
  await page.locator("[data-change=gone]").first().waitFor();
  assert.match(await page.locator("[data-change=gone]").first().innerText(), /That is no pass/);
  assert.equal(await page.locator("[data-change=better]").count(), 0, "another server's passes mend nothing here");
});

visitTest("a saved report meets evidence that is judged now", {}, async ({ page }) => {
  const report = await saved(page, SAMPLES.partner);
  await choose(page, { name: "saved.json", content: report });
  await page.getByText(/One is here: saved\.json/).waitFor();
  await page.getByRole("button", { name: "Add evidence" }).click();
  await page.locator("dialog input[type=file]").setInputFiles({ name: "scan.json", mimeType: "text/plain", buffer: Buffer.from(before) });
  await page.locator(".comparison .tally").waitFor();
  assert.match(await page.locator(".comparison .tally").innerText(), /0\s+worse/);
  assert.equal(await page.locator(".compared").count(), 0, "nothing changed");
});

visitTest("what only looks like a report is refused in words", {}, async ({ page }) => {
  await choose(page, { name: "report.json", content: '{"schemaVersion": 1, "generator": "intransit 0", "findings": [{}]}' });
  await page.getByRole("alert").getByText(/cannot be read as one/).waitFor();
  assert.match(await load(page, SAMPLES.partner), /^Does not meet/);
});
