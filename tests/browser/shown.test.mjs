// What the report shows besides the findings: suites by version, certificates, lifetimes; and how it leaves the page.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

import { SAMPLES, choose, headline, load, marks, recorded, sample } from "./visit.mjs";
import { visitTests } from "./visit-tests.mjs";

const visitTest = visitTests();

/** The matrix of the first endpoint as text: a row for each suite, the words of each cell. */
async function matrix(page) {
  await page.locator(".endpoint:has(.matrix) > summary").first().click();
  return page.locator(".matrix").first().evaluate((table) => {
    const words = (cell) => cell.querySelector(".unseen")?.textContent ?? cell.firstChild?.textContent ?? "";
    return [...table.rows].map((row) => [...row.cells].map(words));
  });
}

visitTest("suites stand by version, in the order that the server prefers", {}, async ({ page }) => {
  await load(page, SAMPLES.modern);
  const [head, ...rows] = await matrix(page);
  assert.deepEqual(head.slice(0, 3), ["Suite", "TLS 1.3", "TLS 1.2"]);
  const places = rows.flatMap((row) => /choice (\d+)/.exec(row[2])?.[1] ?? []).map(Number);
  assert.ok(places.length > 1);
  assert.deepEqual(places, places.toSorted((a, b) => a - b));
  await page.locator(".matrix .link").first().click();
  assert.match((await marks(page)).join(), /TLS_/);
  assert.match(await page.locator(".matrix tbody th").first().getAttribute("title"), /^In the report: /);
});

visitTest("what was not tried is not known, never not offered", {}, async ({ page }) => {
  await load(page, SAMPLES.partner);
  const [head, ...rows] = await matrix(page);
  assert.ok(head.includes("TLS 1.0"));
  assert.ok(rows.every((row) => row[1] === "not known"), "the report names no version for its suites");
  assert.ok(!rows.flat().includes("not offered"));
});

visitTest("sslyze enumerates the suites of a version and shows no order", {}, async ({ page }) => {
  await choose(page, { name: "sslyze.json", content: recorded("sslyze-6.3.1/smtp.json") });
  await headline(page);
  const [, ...rows] = await matrix(page);
  const cells = new Set(rows.flatMap((row) => row.slice(1, -2)));
  assert.ok(cells.has("offered") && ![...cells].some((cell) => /choice/.test(cell)), [...cells].join());
  assert.match(await page.locator(".matrix thead").first().innerText(), /order not known/);
});

visitTest("a certificate in words, with every extension, and itself to copy", {}, async ({ page }) => {
  await load(page, SAMPLES.chain);
  const leaf = page.locator(".certificate").first();
  await leaf.locator("> summary").click();
  const text = await leaf.innerText();
  assert.match(text, /Extensions, \d/);
  assert.match(text, /Names it is for\s+/);
  assert.match(text, /2\.5\.29\.\d+ · (not )?critical/);
  assert.match(text, /SHA-256\s+[0-9a-f]{64}\s+SHA-1 [0-9a-f]{40}/);
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await leaf.getByRole("button", { name: /^Copy as PEM/ }).click();
  await leaf.getByText("Copied").waitFor();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  const bare = (pem) => pem.replace(/\s/g, "");
  assert.ok(bare(sample("certificate-chain")).includes(bare(copied)), copied);
});

visitTest("a certificate inside JSON is copied as PEM as well", {}, async ({ page }) => {
  await load(page, SAMPLES.partner);
  await page.locator(".certificate summary").first().click();
  await page.locator(".certificate").getByRole("button", { name: /^Copy as PEM/ }).first().waitFor();
});

visitTest("lifetimes stand on one line, in words too, and lead to the certificate", {}, async ({ page }) => {
  await load(page, SAMPLES.chain);
  const row = page.locator(".timeline tbody tr").first();
  assert.match(await row.innerText(), /\d{4} to \d+ \w+ \d{4}\s+(ends|ended|begins) /);
  assert.match(await page.locator(".timeline caption").innerText(), /22 November 2026/);
  await row.getByRole("button").click();
  assert.equal(await page.locator(".certificate[open]").count(), 1);
  assert.ok(await page.locator(".certificate[open] > summary").evaluate((summary) => summary === document.activeElement));
});

visitTest("each finding leads to its rule, here and in the repository", {}, async ({ page }) => {
  await load(page, SAMPLES.modern);
  const rule = page.locator(".cause .rule-page").first();
  await rule.locator("summary").click();
  const id = await rule.locator("summary code").innerText();
  assert.match(await rule.innerText(), /What it checks\s.*Why it matters\s.*How to fix it\s.*Sources; in force since/s);
  const link = rule.getByRole("link", { name: /repository \(leaves this page\)/ });
  assert.equal(await link.getAttribute("href"), `https://github.com/intransit/intransit/blob/main/docs/rules/${id}.md`);
});

visitTest("long lists of suites stand under a short sentence", {}, async ({ page }) => {
  await choose(page, { name: "sslyze.json", content: recorded("sslyze-6.3.1/ssl2all.json") });
  await headline(page);
  for (const title of await page.locator(".finding-title").allInnerTexts()) assert.ok((title.match(/TLS_/g) ?? []).length < 2, title);
  assert.ok((await page.locator(".listed li").count()) > 5);
});

visitTest("what waits for one thing is folded, not a wall of names", {}, async ({ page }) => {
  await load(page, SAMPLES.chain);
  const fold = page.locator(".cause > details", { hasText: /\d+ rules wait for it/ }).first();
  assert.ok(!(await fold.locator("li").first().isVisible()));
  await fold.locator("summary").first().click();
  assert.ok(await fold.locator("li").first().isVisible());
});

visitTest("the report can be saved in every format", {}, async ({ page, requests }) => {
  await load(page, SAMPLES.partner);
  const starts = {
    json: /^\{\s*"schemaVersion"/,
    text: /^\S/,
    markdown: /^#/,
    html: /^<!doctype html>/i,
    csv: /^\S+,/,
    sarif: /"version":\s*"2\.1\.0"/,
    junit: /^<\?xml/,
    sheet: /^Hand-off sheet\n/,
    "sheet-markdown": /^# Hand-off sheet\n/,
  };
  const buttons = page.locator("#record [data-format]");
  assert.equal(await buttons.count(), Object.keys(starts).length);
  const before = requests.length;
  for (const [format, start] of Object.entries(starts)) {
    const saving = page.waitForEvent("download");
    await page.locator(`[data-format=${format}]`).click();
    const saved = await saving;
    assert.match(saved.suggestedFilename(), /^intransit-m365-in-transit-weak\.example\.test-2026-11-22\.(sheet\.)?[a-z]+$/);
    assert.match(readFileSync(await saved.path(), "utf8"), start, format);
  }
  assert.deepEqual(requests.slice(before).filter((url) => !url.startsWith("blob:")), []);
});

visitTest("on paper nothing is cut off, and nothing is dark", { colorScheme: "dark" }, async ({ page }) => {
  await load(page, SAMPLES.partner);
  await page.emulateMedia({ media: "print" });
  await page.setViewportSize({ width: 680, height: 900 });
  await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
  const cut = await page.evaluate(() =>
    [...document.querySelectorAll("#verdict *")]
      .filter((element) => element.checkVisibility() && !element.closest("svg, .unseen"))
      .filter((element) => element.getBoundingClientRect().right > innerWidth + 1)
      .map((element) => element.outerHTML.slice(0, 80)),
  );
  assert.deepEqual(cut, []);
  assert.equal(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), "rgb(255, 255, 255)");
  const paper = await page.locator("#verdict").innerText();
  for (const words of ["m365-in-transit 1.0", "22 November 2026, 12:00 UTC", "RFC 8996: https://www.rfc-editor.org", "What was shown"]) {
    assert.ok(paper.includes(words), words);
  }
  const pdf = await page.pdf({ format: "A4" });
  assert.equal(pdf.subarray(0, 5).toString(), "%PDF-");
});
