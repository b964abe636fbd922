// Stores side by side, the hand-off sheet and what it is compared with, the raw ASN.1, and keys that are let go of.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { choose, headline } from "./visit.mjs";
import { visitTests } from "./visit-tests.mjs";
import { root } from "./root.mjs";

const visitTest = visitTests();
const pki = (name) => ({ name, content: readFileSync(join(root, "tests/cases/pki", name), "utf8") });
const stored = (name) => readFileSync(join(root, "tests/cases/stores", name));
const words = async (locator) => (await locator.innerText()).replace(/\s+/g, " ");

/** Judges a chain for `mail.example.com` by the root of the fixtures, with further stores beside it. */
async function judged(page, chain, ...beside) {
  await page.locator(".declare > summary").click();
  await page.locator("#roots-file").setInputFiles({ name: "chain-root.pem", mimeType: "text/plain", buffer: Buffer.from(pki("chain-root.pem").content) });
  await page.locator(".basis-chip[data-kind=roots]").waitFor();
  for (const name of beside) await page.locator("#stores-file").setInputFiles({ name, mimeType: "application/octet-stream", buffer: stored(name) });
  await page.locator("#host").fill("mail.example.com");
  await page.locator("#host").press("Tab");
  await choose(page, pki(chain));
  await headline(page);
}

visitTest("stores beside the deciding one are laid out in a table", {}, async ({ page }) => {
  await judged(page, "chain.pem", "two-roots-der.p7b", "powershell-utf16.txt");
  assert.equal(await words(page.locator(".stores tbody tr").nth(0)), "mail.example.com for mail.example.com");
  assert.match(await words(page.locator(".stores tbody tr").nth(1)), /^chain-root\.pem ✔ accepts Verified up to its root CA/);
  assert.match(await words(page.locator(".stores tbody tr").nth(2)), /^two-roots-der\.p7b ✖ does not accept It lacks the root CA CN=Example Root/);
  assert.match(await words(page.locator(".stores tbody tr").nth(3)), /^powershell-utf16\.txt ✖ does not accept It lacks the root CA/);
  assert.match(await words(page.locator("#record .command code")), / --roots chain-root\.pem --roots two-roots-der\.p7b --roots powershell-utf16\.txt /);
  await page.getByRole("button", { name: "Remove store beside two-roots-der.p7b" }).click();
  await page.getByRole("button", { name: "Remove store beside powershell-utf16.txt" }).click();
  await page.locator(".stores").waitFor({ state: "detached" });
});

visitTest("what certutil lists is taken as a store, not as evidence", {}, async ({ page }) => {
  await choose(page, { name: "windows.txt", content: stored("certutil-store.txt").toString() });
  await page.locator(".basis-chip[data-kind=store]").waitFor();
  await choose(page, pki("chain.pem"));
  await headline(page);
  assert.match(await words(page.locator(".stores")), /Mozilla .* windows\.txt/);
});

visitTest("the hand-off sheet is written, saved, and compared with later evidence", {}, async ({ page }) => {
  await judged(page, "chain.pem");
  await page.locator(".sheet > summary").focus();
  await page.keyboard.press("Enter");
  const sheet = await page.locator(".sheet pre").innerText();
  assert.match(sheet, /Certificate authority root issuer: +Example Root\n/);
  assert.match(sheet, /Organization unit: +Mail\n/);
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Save as text" }).click()]);
  assert.match(download.suggestedFilename(), /\.sheet\.txt$/);
  await choose(page, { name: "partner.txt", content: sheet });
  await page.locator(".basis-chip[data-kind=sheet]").waitFor();
  await page.locator("#record").getByText("--sheet partner.txt").waitFor();
  await page.locator("#passed > details > summary").click();
  assert.match(await words(page.locator("#passed")), /the one of the sheet partner\.txt, by its SHA-256/i);
  await page.getByRole("button", { name: "Remove chain.pem" }).click();
  await choose(page, pki("ec-p-256.pem"));
  await page.locator(".finding", { hasText: "is not the one of the sheet" }).first().waitFor();
});

visitTest("the raw ASN.1 opens branch by branch, by the keyboard alone", {}, async ({ page }) => {
  await judged(page, "chain.pem");
  const certificate = page.locator(".certificate").first();
  await certificate.locator("summary").first().click();
  const view = certificate.locator(".asn1");
  await view.locator("summary").first().focus();
  await page.keyboard.press("Enter");
  const tree = view.locator(".asn1-tree").first();
  assert.match(await words(tree), /0 SEQUENCE, \d+ bytes/);
  // Closed branches are not read.
  assert.equal(await view.locator("text=ecdsa-with-SHA256").count(), 0);
  await view.locator(".asn1-tree details:not([open]) > summary").first().focus();
  await page.keyboard.press("Enter");
  await view.locator(".asn1-tree .asn1-tree details[open]").first().waitFor();
  while ((await view.locator("details:not([open])").count()) > 0) {
    await view.evaluate((fold) => fold.querySelectorAll("details:not([open])").forEach((one) => (one.open = true)));
    await page.waitForTimeout(50);
  }
  const all = await words(view);
  for (const expected of [/INTEGER, 1 byte 2/, /2\.5\.4\.3 commonName/, /UTF8String, \d+ bytes "mail\.example\.com"/, /UTCTime, 13 bytes "2\d{11}Z"/, /2\.5\.29\.17 subjectAltName/, /1\.2\.840\.10045\.4\.3\.2 ecdsa-with-SHA256/]) {
    assert.match(all, expected);
  }
  assert.doesNotMatch(all, /not DER/);
});

visitTest("hostile DER draws within bounds", {}, async ({ page }) => {
  // The functions of the page's own module, over bytes that no certificate has.
  const { element, tagName, valueWords } = await import("../../www/asn1.js");
  for (const [bytes, expected] of [
    [[], "the length is missing"],
    [[0x30], "the length is missing"],
    [[0x30, 0x80, 0, 0], "its length is indefinite, which DER does not allow"],
    [[0x30, 0x85, 1, 1, 1, 1, 1], "its length has more than four bytes"],
    [[0x30, 0x84, 0xff, 0xff, 0xff, 0xff], "it claims 4,294,967,295 bytes, found 0"],
    [[0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 1], "the tag does not end"],
  ]) {
    assert.equal(element(Uint8Array.from(bytes), 0, bytes.length), expected);
  }
  for (const [bytes, expected] of [
    [[2, 1, 0xff], "INTEGER -1"],
    [[6, 3, 0x55, 4, 3], "OBJECT IDENTIFIER 2.5.4.3 commonName"],
    [[0x0c, 4, 0x61, 0xe2, 0x80, 0xae], 'UTF8String "a\ufffd"'],
    [[0x04, 100, ...new Array(100).fill(7)], `OCTET STRING ${"07".repeat(64)}… and 36 more bytes`],
    [[0x81, 1, 9], "[1] 09"],
  ]) {
    const der = Uint8Array.from(bytes);
    const one = element(der, 0, der.length);
    assert.equal(`${tagName(one)} ${valueWords(der, one)}`, expected);
  }
  await page.locator("#main").waitFor();
});

const BINARY = [
  ["bundle.pfx", Buffer.from(`30820a0f020103308209d506092a864886f70d010701${"a5".repeat(600)}`, "hex"), "password-protected bundle"],
  ["keys.jks", Buffer.from(`feedfeed0000000200000001${"a5".repeat(600)}`, "hex"), "Java key store"],
  ["keys.jceks", Buffer.from(`cececece0000000200000001${"a5".repeat(600)}`, "hex"), "Java key store"],
  ["key.der", Buffer.from(`308204bd020100300d06092a864886f70d0101010500048204a7${"a5".repeat(600)}`, "hex"), "private key"],
];

visitTest("a bundle or a key in a file is refused loudly, and let go of", {}, async ({ page }) => {
  for (const [name, buffer, what] of BINARY) {
    await page.reload();
    await page.locator(".formats li").first().waitFor();
    await choose(page, { name, content: buffer }, pki("chain.pem"));
    await headline(page);
    const alert = page.getByRole("alert").filter({ hasText: "private key" });
    assert.match(await words(alert), new RegExp(`${name.replace(".", "\\.")} is .*${what}.*dropped`, "s"));
    assert.match(await words(alert), /Supply certificates without keys: /);
    assert.deepEqual(await page.getByRole("tab").allInnerTexts(), ["chain.pem"]);
    assert.doesNotMatch(await words(page.locator("#record")), new RegExp(name.replace(".", "\\.")));
  }
});

visitTest("a key without armour, or of PuTTY, is blanked and in no saved report", {}, async ({ page }) => {
  const secret = "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0";
  const ppk = `PuTTY-User-Key-File-3: ssh-rsa\r\nEncryption: none\r\nPrivate-Lines: 1\r\n${secret}\r\nPrivate-MAC: 00\r\n`;
  const bare = `MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7\n${secret}\n`;
  await choose(page, { name: "mixed.txt", content: `${ppk}\n${bare}\n${pki("chain.pem").content}` });
  await headline(page);
  assert.match(await words(page.getByRole("alert").filter({ hasText: "private key" })), /contained a private key/);
  assert.ok(!(await page.content()).includes(secret), "the key is nowhere in the page");
  const [download] = await Promise.all([page.waitForEvent("download"), page.locator("#record [data-format=json]").click()]);
  assert.ok(!readFileSync(await download.path(), "utf8").includes(secret));
});
