// The roots that chains are verified against: chosen, said, taken away; and the chains as they are drawn.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { reportFiles } from "./reports.mjs";
import { SAMPLES, choose, headline, load } from "./visit.mjs";
import { visitTests } from "./visit-tests.mjs";
import { root } from "./root.mjs";

const visitTest = visitTests();
const pki = (name) => ({ name, content: readFileSync(join(root, "tests/cases/pki", name), "utf8") });
const chip = (page) => page.locator(".basis-chip[data-kind=roots]");
const chain = (page) => page.locator(".chain-answer").first();
/** Words with single spaces. */
const words = async (locator) => (await locator.innerText()).replace(/\s+/g, " ");
const reproduce = (page) => page.locator("#record .command code").innerText();

async function chooseRoots(page, name) {
  await page.locator(".declare > summary").click();
  await page.locator("#roots-file").setInputFiles({ name, mimeType: "text/plain", buffer: Buffer.from(pki(name).content) });
  await chip(page).waitFor();
}

/** Judges a file for `mail.example.com` by the root of the fixtures. */
async function judged(page, name) {
  await chooseRoots(page, "chain-root.pem");
  await page.locator("#host").fill("mail.example.com");
  await page.locator("#host").press("Tab");
  await choose(page, pki(name));
  await headline(page);
}

visitTest("Mozilla's roots are the page's default, and every place that rests on them says so", {}, async ({ page }) => {
  assert.match(await page.locator("#roots option:checked").textContent(), /^Mozilla’s, \d+ \w+ 20\d\d$/);
  await load(page, SAMPLES.modern);
  assert.match(await words(page.locator("#verdict .answer")), /Chains verified against Mozilla’s roots of \d+ \w+ 20\d\d/);
  assert.match(await words(page.locator("#record")), /Roots Mozilla’s roots of .* SHA-256 [0-9a-f]{64}/);
  assert.match(await reproduce(page), / --roots mozilla /);
});

visitTest("without roots no chain is verified, and that is said", {}, async ({ page }) => {
  await page.locator(".declare > summary").click();
  await page.locator("#roots").selectOption("");
  await choose(page, pki("chain.pem"));
  await headline(page);
  assert.match(await words(page.locator("#verdict .answer")), /No roots chosen: no chain was verified/);
  assert.match(await words(page.locator(".chains")), /No roots were chosen/);
  assert.equal(await page.locator(".chain-answer").count(), 0);
  assert.doesNotMatch(await reproduce(page), /--roots/);
});

visitTest("a chain is trusted by roots of one's own, until they are taken away", {}, async ({ page }) => {
  await judged(page, "chain.pem");
  assert.equal(await page.locator("#roots option:checked").textContent(), "Yours: chain-root.pem");
  assert.match(await words(chain(page)), /^✔ mail\.example\.com verified for mail\.example\.com · 1 path ✔ Path 1, trusted path Leaf/);
  assert.match(await words(chain(page).locator(".end")), /issued by Root CA, in the store chain-root\.pem Example Root/);
  assert.match(await words(page.locator("#passed summary").first()), /Passed/);
  assert.match(await reproduce(page), / --roots chain-root\.pem /);
  await chain(page).getByRole("button", { name: /^Example Issuing CA.*show the certificate/ }).click();
  assert.ok(await page.locator("details.certificate[open]", { hasText: "Example Issuing CA" }).first().isVisible());
  await page.getByRole("button", { name: "Remove roots chain-root.pem" }).click();
  await page.locator(".chain-answer.fail, .chain-answer.unknown").waitFor();
  assert.match(await page.locator("#roots option:checked").textContent(), /^Mozilla’s/);
  assert.match(await words(chain(page)), /Nearest miss: .*Example Root.* self-issued and not in the store Mozilla.*choose its certificate as your roots/);
  assert.match(await words(chain(page).locator(".path-title")), /^✖ Path 1, not trusted: it ends at a certificate that issued itself$/);
});

visitTest("a missing intermediate is named, with what to send", {}, async ({ page }) => {
  await judged(page, "chain-leaf.pem");
  assert.match(await words(chain(page).locator("summary").first()), /^\? mail\.example\.com not verified/);
  assert.match(await words(chain(page).locator(".miss")), /^Nearest miss: The chain ends at the issuer .*Example Issuing CA.* neither among the certificates nor in the store/);
  assert.match(await words(chain(page).locator(".chain-advice")), /Send the certificate of the issuer Example Issuing CA.*450 4\.4\.317 … UntrustedRoot/);
  assert.match(await words(chain(page).locator(".missing")), /Missing issuer Example Issuing CA Neither shown nor in the store/);
});

visitTest("an expired certificate is marked where it stands", {}, async ({ page }) => {
  await page.locator("#at").fill("2037-01-01");
  await page.locator("#at").press("Tab");
  await judged(page, "chain.pem");
  assert.match(await words(chain(page).locator("summary").first()), /^✖ mail\.example\.com not verified/);
  assert.match(await words(chain(page).locator(".miss")), /expired at 2036/);
  assert.match(await words(chain(page).locator(".step.fail").first()), /Leaf mail\.example\.com.*✖ mail\.example\.com expired at 2036/);
  assert.match(await words(chain(page).locator(".chain-advice").first()), /Renew the certificate/);
});

visitTest("certificates that were pasted become the roots at a click", {}, async ({ page }) => {
  await choose(page, pki("chain.pem"), pki("chain-root.pem"));
  await headline(page);
  await page.getByRole("tab", { name: "chain-root.pem" }).click();
  await page.getByRole("button", { name: "Use as my roots chain-root.pem" }).click();
  await chip(page).waitFor();
  await page.locator(".chain-answer", { hasText: "Path 1, trusted path" }).waitFor();
  assert.deepEqual(await page.getByRole("tab").allInnerTexts(), ["chain.pem"]);
});

visitTest("a file without a root in it is refused as such", {}, async ({ page }) => {
  await chooseRoots(page, "chain-leaf.pem");
  await choose(page, pki("chain.pem"));
  assert.match(await headline(page), /^Not judged/);
  assert.match(await words(page.locator(".remarks").first()), /the roots chain-leaf\.pem: .* is no root/);
  await page.getByRole("button", { name: "Remove roots chain-leaf.pem" }).click();
  await page.locator(".chain-answer").waitFor();
});

visitTest("a table is judged by the chosen roots, and its rows as well", {}, async ({ page }) => {
  await choose(page, ...reportFiles(60));
  await page.locator(".many-progress").waitFor({ state: "hidden", timeout: 60_000 });
  const line = page.locator("#many .answer-line");
  assert.match(await words(line), /chains verified against Mozilla’s roots of/);
  await page.locator(".declare > summary").click();
  await page.locator("#roots").selectOption("");
  await page.locator("#many .answer-line", { hasText: "no roots chosen" }).waitFor();
  await page.locator(".many-progress").waitFor({ state: "hidden", timeout: 60_000 });
  await page.locator(".grid-body > .grid-row").first().click();
  await headline(page);
  assert.doesNotMatch(await reproduce(page), /--roots/);
});
