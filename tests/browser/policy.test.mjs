// Policies and inventories that are dropped: recognised by content, judged by, taken away again.

import assert from "node:assert/strict";

import { SAMPLES, choose, headline, load, sample } from "./visit.mjs";
import { visitTests } from "./visit-tests.mjs";

const visitTest = visitTests();
const SUBJECT = "weak.example.test:465 (192.0.2.25)";
const WAIVER = {
  id: "W-1",
  rule: "obsolete-protocol",
  subject: SUBJECT,
  reason: "The partner moves in March.",
  owner: "Mail team",
  approver: "Head of security",
  granted: "2026-11-01T00:00:00Z",
  expires: "2027-03-31T00:00:00Z",
};
const ATTESTATION = {
  id: "A-1",
  statement: "Links between data centres are encrypted.",
  document: "Audit report",
  date: "2026-06-30T00:00:00Z",
  owner: "Supplier",
  expires: "2027-06-30T00:00:00Z",
};
const POLICY = { id: "our-mail", version: "3", title: "Our mail", extends: "m365-in-transit-1.0", waivers: [WAIVER], attestations: [ATTESTATION] };
const FLOWS = [
  "name,flow,endpoints",
  "Internal relay,insideService,relay.example.test:25",
  "Partner mail,clientToService,weak.example.test:465",
].join("\n");
const file = (name, content) => ({ name, content: typeof content === "string" ? content : JSON.stringify(content, null, 2) });
const evidence = () => file("scan.json", sample("partner-mail-server"));
const chip = (page, kind) => page.locator(`.basis-chip[data-kind=${kind}]`);

visitTest("a policy is judged by, not judged, and can be taken away", {}, async ({ page }) => {
  await choose(page, file("anything.txt", POLICY));
  await chip(page, "policy").waitFor();
  assert.ok(await page.locator("#intake").isVisible(), "there is nothing to judge yet");
  await choose(page, evidence());
  assert.match(await headline(page), /^Does not meet Our mail 3/);
  assert.deepEqual(await page.getByRole("tab").allInnerTexts(), ["scan.json"]);
  assert.equal(await page.locator("#policy option:checked").innerText(), "Yours: anything.txt");
  assert.match(await page.locator("#record").innerText(), /our-mail 3/);
  assert.match(await page.locator("#record .command code").innerText(), / --policy anything\.txt /);
  await page.locator("#policy").selectOption("baseline-1.0");
  await page.getByRole("heading", { level: 1, name: /Baseline/ }).waitFor();
  assert.match(await chip(page, "policy").innerText(), /not chosen/);
  await page.locator("#policy").selectOption("own");
  await page.getByRole("button", { name: "Remove policy anything.txt" }).click();
  await page.getByRole("heading", { level: 1, name: /M365 in transit/ }).waitFor();
  assert.equal(await chip(page, "policy").count(), 0);
});

visitTest("an accepted fail is shown as one, with who accepted it until when", {}, async ({ page }) => {
  await choose(page, file("policy.json", POLICY), evidence());
  await headline(page);
  const accepted = page.locator("#accepted details.finding");
  assert.equal(await accepted.count(), 1);
  await accepted.locator("summary").first().click();
  assert.match(await accepted.innerText(), /W-1 It holds.*The partner moves in March.*Head of security.*31 March 2027/s);
  assert.match(await page.locator(".tally").innerText(), /1\s+fails, accepted/);
  assert.match(await page.locator("#verdict").innerText(), /Links between data centres are encrypted/);
});

for (const [what, name, content, place] of [
  ["an unknown key", "policy.json", { ...POLICY, waiver: [] }, /^\d+ \| +"waiver": \[\]\n +\^$/],
  ["broken JSON", "policy.json", JSON.stringify(POLICY, null, 2).replace('"version": "3",', '"version": "3"'), /^\d+ \| /],
  ["an unknown flow", "flows.csv", FLOWS.replace("insideService", "inside"), /^2 \| Internal relay,inside,relay/],
]) {
  visitTest(`${what} in a file is shown with its line`, {}, async ({ page }) => {
    await choose(page, file(name, content), evidence());
    assert.match(await headline(page), /^Not judged/);
    assert.match(await page.locator(".remarks").first().innerText(), /line \d/);
    assert.match(await page.locator(".places pre").innerText(), place);
    await page.getByRole("button", { name: /^Remove (policy|inventory)/ }).click();
    await page.getByRole("heading", { level: 1, name: /^Does not meet/ }).waitFor();
  });
}

visitTest("an inventory gives the three flows: what shows each, and what is missing", {}, async ({ page }) => {
  await load(page, SAMPLES.partner);
  assert.equal(await page.locator("#flows").count(), 0);
  await page.getByRole("button", { name: "Add evidence" }).click();
  await page.locator("dialog input[type=file]").setInputFiles({ name: "flows", mimeType: "text/plain", buffer: Buffer.from(FLOWS) });
  await page.locator("#flows").waitFor();
  const text = await page.locator("#flows").innerText();
  assert.match(text, /1 flow of the inventory was not shown/);
  assert.match(await page.locator("#record .command code").innerText(), / --inventory flows /);
  assert.match(text, /Partner mail\s+Shown by:\s+.*weak\.example\.test:465 .*: \d+ must fix/);
  assert.match(text, /Internal relay\s+Not shown\. Expected: a finished scan of relay\.example\.test:25/);
  assert.match(text, /Service ↔ other mail systems\s+The inventory names nothing here/);
  assert.ok(!/pass/.test(await page.locator("#flows .unknown").innerText()));
});
