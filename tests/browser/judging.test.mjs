// What a visitor does with the page, and what it says: on the built one-file page, with the real core.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { PAGE, SAMPLES, choose, headline, load, marks, sample } from "./visit.mjs";
import { visitTests } from "./visit-tests.mjs";

const visitTest = visitTests();
const finding = (page, words) => page.locator("details.finding", { hasText: words }).first();

for (const [name, verdict, must] of [
  ["partner", /^Does not meet M365 in transit/, /^[1-9]\d* must fix/],
  ["modern", /^Not proven: M365 in transit/, /^0 must fix/],
  ["chain", /^Not proven: M365 in transit/, /^0 must fix/],
]) {
  visitTest(`the sample "${name}" gives its verdict and asks nobody for anything`, {}, async ({ page, requests }) => {
    assert.match(await load(page, SAMPLES[name]), verdict);
    const tally = await page.locator(".tally li").allInnerTexts();
    assert.match(tally[0].replace(/^\W+/, "").replace(/\s+/g, " "), must);
    assert.deepEqual(requests.filter((url) => !url.startsWith("blob:")), [PAGE]);
  });
}

visitTest("what is pasted with the keyboard is judged", {}, async ({ page }) => {
  const other = await page.context().newPage();
  await other.setContent("<textarea></textarea>");
  await other.locator("textarea").fill(sample("partner-mail-server"));
  await other.locator("textarea").press("ControlOrMeta+a");
  await other.locator("textarea").press("ControlOrMeta+c");
  await page.bringToFront();
  await page.locator("#intake textarea").focus();
  await page.keyboard.press("ControlOrMeta+v");
  assert.match(await headline(page), /^Does not meet/);
  assert.match(await page.locator("#announcement").innerText(), /^Does not meet .* must fix/);
  assert.match(await page.title(), /^Does not meet/);
  assert.equal(await page.evaluate(() => document.activeElement?.id), "headline");
});

visitTest("what is typed is judged when asked for", {}, async ({ page }) => {
  await page.locator("#intake textarea").fill(sample("certificate-chain"));
  await page.locator("#intake textarea").press("ControlOrMeta+Enter");
  assert.match(await headline(page), /^Not proven/);
});

visitTest("a finding highlights the words that it rests on, and scrolls to them", {}, async ({ page }) => {
  await load(page, SAMPLES.partner);
  await finding(page, "RSA key").locator("summary").first().click();
  assert.match((await marks(page)).join(""), /BEGIN CERTIFICATE/);
  await finding(page, "TLS 1.0").getByRole("button", { name: /^Show me/ }).first().click();
  assert.deepEqual(await marks(page), ['"offered (deprecated)"']);
  const [mark, view] = await Promise.all([page.locator("mark").boundingBox(), page.locator(".excerpt").boundingBox()]);
  assert.ok(mark.y >= view.y && mark.y + mark.height <= view.y + view.height, "the words are in sight");
  assert.match(await page.locator(".line:has(mark)").innerText(), /"finding"/);
});

visitTest("a finding says what is required, since when, by whom and how to fix it", {}, async ({ page }) => {
  await load(page, SAMPLES.partner);
  const text = await finding(page, "TLS 1.0").innerText();
  for (const words of ["TLS 1.2 or later", "since 23 March 2021", "RFC 8996", "smtpd_tls_protocols"]) {
    assert.ok(text.includes(words), `expected "${words}" in:\n${text}`);
  }
  const link = finding(page, "TLS 1.0").getByRole("link", { name: /^RFC 8996/ });
  assert.equal(await link.getAttribute("href"), "https://www.rfc-editor.org/rfc/rfc8996#section-4");
  await finding(page, "TLS 1.0").getByRole("button", { name: "Postfix", exact: true }).click();
  assert.match(await finding(page, "TLS 1.0").innerText(), /smtpd_tls_protocols/);
});

visitTest("unknowns with one cause are one piece of work, with its command", {}, async ({ page }) => {
  await load(page, SAMPLES.chain);
  const undecided = Number(/\d+/.exec(await page.locator("#undecided .count").innerText())[0]);
  const causes = await page.locator(".cause").count();
  assert.ok(causes > 0 && causes < undecided / 2, `${undecided} unknowns in ${causes} causes`);
  assert.equal(await page.locator(".cause .waiting > li").count(), undecided);
  const command = page.locator(".cause > .command").first();
  assert.match(await command.locator("code").innerText(), /^(testssl\.sh|openssl) /);
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await command.getByRole("button").click();
  await command.getByText("Copied").waitFor();
});

visitTest("another policy judges again", {}, async ({ page }) => {
  await load(page, SAMPLES.partner);
  await page.locator("#policy").selectOption("baseline-1.0");
  await page.getByRole("heading", { level: 1, name: /^Does not meet Baseline/ }).waitFor();
});

visitTest("another day judges again and says that it is not today", {}, async ({ page }) => {
  await load(page, SAMPLES.modern);
  assert.equal(await page.locator(".banner").count(), 0);
  await page.locator("#at").fill("2029-01-01");
  await page.getByRole("heading", { level: 1, name: /^Does not meet/ }).waitFor();
  assert.match(await page.locator(".banner").innerText(), /1 January 2029, 00:00 UTC, not today/);
  await page.getByRole("button", { name: "Back to today" }).click();
  await page.getByRole("heading", { level: 1, name: /^Not proven/ }).waitFor();
});

visitTest("what the evidence does not say can be declared", {}, async ({ page }) => {
  await load(page, SAMPLES.chain);
  const said = page.locator("#undecided").getByRole("button", { name: "Say which host it is for" });
  await said.click();
  await page.locator("#host").fill("mail.example.test");
  await page.locator("#host").press("Enter");
  await said.waitFor({ state: "detached" });
});

visitTest("editing the evidence judges again", {}, async ({ page }) => {
  await load(page, SAMPLES.partner);
  const obsolete = page.locator("details.fail[data-finding^=obsolete-protocol]");
  assert.equal(await obsolete.count(), 1);
  await page.getByRole("button", { name: "Edit" }).click();
  const editor = page.locator(".editor");
  await editor.fill((await editor.inputValue()).replace("offered (deprecated)", "not offered"));
  await obsolete.waitFor({ state: "detached" });
  assert.ok(await editor.isVisible(), "the editor stays while it is written in");
  await page.getByRole("button", { name: "Done" }).click();
  assert.match(await page.locator(".excerpt").innerText(), /not offered/);
});

visitTest("several inputs are judged together, each in its tab", {}, async ({ page }) => {
  await choose(
    page,
    { name: "one.json", content: sample("modern-server") },
    { name: "two.pem", content: sample("certificate-chain") },
  );
  await headline(page);
  assert.deepEqual(await page.getByRole("tab").allInnerTexts(), ["one.json", "two.pem"]);
  await page.getByRole("tab", { name: "one.json" }).press("ArrowRight");
  assert.match(await page.locator(".excerpt").innerText(), /BEGIN CERTIFICATE/);
  await page.getByRole("button", { name: "Remove two.pem" }).click();
  await page.getByRole("tab", { name: "two.pem" }).waitFor({ state: "detached" });
});

visitTest("a private key is warned about and blanked", {}, async ({ page }) => {
  const secret = "MC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF";
  const key = `-----BEGIN PRIVATE KEY-----\n${secret}\n-----END PRIVATE KEY-----\n`;
  await choose(page, { name: "bundle.pem", content: key + sample("certificate-chain") });
  await headline(page);
  assert.match(await page.getByRole("alert").filter({ hasText: "private key" }).innerText(), /contained a private key/);
  const text = await page.locator(".excerpt").innerText();
  assert.match(text, /\*{64}/);
  assert.match(text, /BEGIN CERTIFICATE/);
  assert.ok(!(await page.content()).includes(secret.slice(8, 40)), "the key is nowhere in the page");
  await page.getByRole("button", { name: "Edit" }).click();
  assert.ok(!(await page.locator(".editor").inputValue()).includes(secret.slice(8, 40)), "nor in the editor");
});

visitTest("a key alone is warned about as well", {}, async ({ page }) => {
  // The page carries the core as base64 in itself, so these words must stand nowhere by chance.
  const secret = "q7Zk2Wn9XvB4TsLd0RhYcJf3";
  const key = `-----BEGIN RSA PRIVATE KEY-----\n${secret}\n-----END RSA PRIVATE KEY-----\n`;
  await choose(page, { name: "key.pem", content: key });
  await headline(page);
  assert.match(await page.getByRole("alert").filter({ hasText: "private key" }).innerText(), /contained a private key/);
  assert.ok(!(await page.content()).includes(secret));
});

visitTest("5 MB of garbage: a clear message, and the page stays responsive", {}, async ({ page }) => {
  await page.evaluate(() => {
    window.longest = 0;
    let last = performance.now();
    setInterval(() => {
      window.longest = Math.max(window.longest, performance.now() - last);
      last = performance.now();
    }, 10);
  });
  let seed = 1;
  const garbage = Buffer.alloc(5_000_000);
  for (let at = 0; at < garbage.length; at += 1) {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    garbage[at] = 32 + ((seed >> 16) % 95);
  }
  // From a file, as in life: content that the test hands over is decoded by the page's own thread.
  const folder = mkdtempSync(join(tmpdir(), "intransit-"));
  writeFileSync(join(folder, "garbage.txt"), garbage);
  await page.locator("#intake input[type=file]").setInputFiles(join(folder, "garbage.txt"));
  assert.match(await headline(page), /can be judged/);
  rmSync(folder, { recursive: true });
  assert.match(await page.locator(".remarks").innerText(), /garbage\.txt|recognise|expected/);
  await page.getByRole("button", { name: "Start over" }).click();
  assert.ok(await page.locator("#intake").isVisible());
  assert.ok((await page.evaluate(() => window.longest)) < 1000, "no pause of a second");
});

visitTest("of a large text, the part around the words is shown", {}, async ({ page }) => {
  const blank = `${" ".repeat(99)}\n`.repeat(20_000);
  await choose(page, { name: "large.json", content: blank + sample("partner-mail-server") });
  await headline(page);
  await finding(page, "TLS 1.0").getByRole("button", { name: /^Show me/ }).first().click();
  assert.deepEqual(await marks(page), ['"offered (deprecated)"']);
  assert.match(await page.locator(".line:has(mark)").getAttribute("data-line"), /^20\d\d\d$/);
  assert.ok((await page.locator(".line").count()) < 2000, "a part of it");
  await page.getByRole("button", { name: "Show what is before" }).click();
  assert.match(await page.locator(".line").first().getAttribute("data-line"), /^19\d\d\d$/);
});

visitTest(
  "a worker that dies is started again, and the page says so",
  {
    before: () => {
      const post = Worker.prototype.postMessage;
      let isFirst = true;
      Worker.prototype.postMessage = function (message, ...rest) {
        if (message.ask !== "check" || !isFirst) return post.call(this, message, ...rest);
        isFirst = false;
        this.dispatchEvent(new ErrorEvent("error", { message: "unreachable", cancelable: true }));
      };
    },
  },
  async ({ page }) => {
    await page.locator(".sample").first().click();
    await page.getByRole("alert").getByText("stopped and was started again").waitFor();
    assert.match(await load(page, SAMPLES.partner), /^Does not meet/);
    assert.equal(await page.getByText("stopped and was started again").count(), 0);
  },
);

visitTest(
  "a judgement that takes long can be cancelled",
  {
    before: () => {
      const post = Worker.prototype.postMessage;
      Worker.prototype.postMessage = function (message, ...rest) {
        if (message.ask !== "check") return post.call(this, message, ...rest);
      };
    },
  },
  async ({ page }) => {
    await page.locator(".sample").first().click();
    await page.getByText(/^Judging 1 input, 20\.\d kB/).waitFor();
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.getByText("Cancelled: nothing was judged.").waitFor();
    assert.ok(await page.locator("#intake").isVisible());
  },
);

visitTest("on paper it is a report: hashes, policy, dates, everything open", {}, async ({ page }) => {
  await load(page, SAMPLES.partner);
  await page.emulateMedia({ media: "print" });
  await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
  assert.ok(!(await page.locator("#evidence").isVisible()));
  assert.ok(!(await page.locator(".bar").isVisible()));
  // What is made only when it is opened is not on paper at all.
  assert.equal(await page.locator("#verdict details:not([open]):visible").count(), 0);
  const record = await page.locator("#record").innerText();
  assert.match(record, /SHA-256 [0-9a-f]{64}/);
  assert.match(record, /m365-in-transit 1\.0/);
  assert.match(record, /22 November 2026, 12:00 UTC, by intransit \d/);
  await page.evaluate(() => dispatchEvent(new Event("afterprint")));
  assert.notEqual(await page.locator("#verdict details:not([open])").count(), 0);
});

