// Mail: the way of a message and whose word each hop is, own hosts as the reader states them, and partners.

import assert from "node:assert/strict";

import { choose, headline, marks, recorded } from "./visit.mjs";
import { visitTests } from "./visit-tests.mjs";

const visitTest = visitTests();
const MESSAGE = { name: "message.eml", content: recorded("mail-headers/chain2-submission-tls-exim-then-plain-pf.eml") };

visitTest("a message's way is in the order of travel, and own hosts draw the edge", {}, async ({ page }) => {
  await choose(page, MESSAGE);
  assert.match(await headline(page), /M365/);
  await page.getByRole("button", { name: "Judge by mail-in-transit-1.0" }).click();
  await page.getByRole("heading", { level: 1, name: /by message headers/ }).waitFor();
  const hops = page.locator("#way .hop");
  assert.match((await hops.allInnerTexts()).join(" | "), /192\.0\.2\.100[^]*Said to be encrypted[^]*TLS 1\.3[^]*relay\.example\.com.* \| [^]*in the clear[^]*mx\.example\.net/);
  assert.deepEqual(await page.locator("#way h3").allInnerTexts(), ["Whose word this is, is not known"]);
  await page.locator("#way").getByRole("button", { name: "Say which mail hosts are yours" }).click();
  const field = page.getByLabel("Own mail hosts");
  await field.fill("mx.example.net, 192.0.2.0/24");
  await field.press("Enter");
  await page.locator("#way .recorded").waitFor();
  assert.deepEqual(await page.locator("#way h3").allInnerTexts(), ["Claimed by others: proves nothing", "From here on: recorded by your own hosts"]);
  assert.deepEqual(await page.locator("#way ol").evaluateAll((lists) => lists.map((list) => list.children.length)), [1, 1]);
  assert.match(await page.locator("#record .command code").innerText(), / --own-host mx\.example\.net --own-host 192\.0\.2\.0\/24 /);
  await page.locator("#way").getByRole("button", { name: /line of the hop to mx\.example\.net/ }).click();
  assert.deepEqual(await marks(page), ["relay.example.com"]);
  await page.locator(".declare > summary").click();
  await field.fill("*.net");
  await field.press("Enter");
  await page.getByRole("heading", { level: 1, name: "Not judged" }).waitFor();
  assert.match(await page.locator("#verdict").innerText(), /\*\.net/);
});

visitTest("what is missing with a partner comes with the cmdlet and what to ask for", {}, async ({ page }) => {
  await page.locator("#policy").selectOption("m365-forced-tls-1.0");
  await choose(page, { name: "tenant.txt", content: recorded("exchange-settings/tenant.txt") });
  await headline(page);
  assert.match(await page.locator("#partners tr", { hasText: "adatum.com" }).innerText(), /adatum\.com\s+. not determined\s+. not enforced/);
  const row = page.locator("#partners article", { hasText: "Mail from adatum.com" });
  assert.match(await row.locator(".command code").innerText(), /^Set-InboundConnector -Identity 'From Adatum' .* -TlsSenderCertificateName NAME$/);
  assert.match(await row.innerText(), /Ask the partner for NAME[^]*hand-off sheet/);
  assert.equal(await row.getByRole("button", { name: /^Copy/ }).count(), 1);
});
