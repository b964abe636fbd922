// Whether everybody can use the page: by keyboard, by screen reader, on a phone, in either colour scheme.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { launch } from "./chromium.mjs";
import { reportFiles } from "./reports.mjs";
import { root } from "./root.mjs";
import { SAMPLES, choose, headline, load, marks, recorded, sample, visit } from "./visit.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const pki = (name) => readFileSync(join(root, "tests/cases/pki", name));
const PHONE = { width: 390, height: 844 };
const WIDE = { width: 1280, height: 800 };

let browser;
before(async () => (browser = await launch()));
after(() => browser?.close());

/** Serious and critical violations, with the elements that have them. */
async function violations(page) {
  const session = await page.context().newCDPSession(page);
  // The page's policy allows no other script; the debugger is not bound by it.
  await session.send("Runtime.evaluate", { expression: axe });
  const { result } = await session.send("Runtime.evaluate", {
    expression: "axe.run(document).then((found) => JSON.stringify(found.violations))",
    awaitPromise: true,
    returnByValue: true,
  });
  return JSON.parse(result.value)
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(" | ")}`);
}

test("axe finds what is wrong", async () => {
  const { page, close } = await visit(browser);
  await page.evaluate(() => document.body.append(document.createElement("img")));
  assert.match((await violations(page)).join(), /image-alt/);
  await close();
});

for (const colorScheme of ["light", "dark"]) {
  for (const [size, viewport] of Object.entries({ wide: WIDE, phone: PHONE })) {
    test(`no serious violation, ${colorScheme}, ${size}`, async () => {
      const { page, close } = await visit(browser, { colorScheme, viewport });
      assert.deepEqual(await violations(page), [], "empty");
      for (const sample of Object.values(SAMPLES)) {
        await load(page, sample);
        await page.evaluate(() => {
          for (const details of document.querySelectorAll("#verdict details")) details.open = true;
        });
        assert.deepEqual(await violations(page), [], `sample ${sample}`);
        await page.getByRole("button", { name: "Start over" }).click();
      }
      await close();
    });
  }
}

const EXTRAS = {
  "a policy and an inventory": [
    { name: "policy.json", content: '{"id":"ours","version":"1","extends":"baseline-1.0"}' },
    { name: "flows.csv", content: "name,flow,endpoints\nMail,clientToService,weak.example.test:465\nRelay,insideService,relay.example.test:25" },
  ],
  "a message, connectors and a tunnel": [
    { name: "policy.json", content: JSON.stringify({ id: "ours", version: "1", extends: "mail-in-transit-1.0", ownHosts: ["mx.example.net"], rules: ["forced-tls-missing", "partner-not-authenticated", "tunnel-unencrypted"].map((rule) => ({ rule, level: "error" })) }) },
    ...["mail-headers/chain2-submission-tls-exim-then-plain-pf.eml", "exchange-settings/tenant.txt", "swanctl-5.9.8/04-ikev2-esp-null-sha256.raw"].map((name) => ({ name: name.split("/")[1], content: recorded(name) })),
  ],
  "a broken policy": [{ name: "policy.json", content: '{"id":"ours",\n"version":"1",\n"extends":"none-1.0", "waiver":[]}' }],
};

for (const colorScheme of ["light", "dark"]) {
  test(`no serious violation with a policy, a refusal and a comparison, ${colorScheme}`, async () => {
    for (const [what, files] of Object.entries(EXTRAS)) {
      const { page, close } = await visit(browser, { colorScheme });
      await choose(page, ...files, { name: "scan.json", content: sample("partner-mail-server") });
      await headline(page);
      assert.deepEqual(await violations(page), [], what);
      await close();
    }
    const { page, close } = await visit(browser, { colorScheme, viewport: { width: 360, height: 780 } });
    await choose(page, { name: "one.json", content: sample("partner-mail-server") }, { name: "two.json", content: sample("modern-server") });
    await headline(page);
    await page.getByRole("button", { name: "Compare", exact: true }).click();
    await page.locator(".compared").first().waitFor();
    assert.deepEqual(await violations(page), [], "comparison");
    assert.ok((await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)) <= 0, "no wider than the screen");
    await close();
  });
}

for (const colorScheme of ["light", "dark"]) {
  for (const [size, viewport] of Object.entries({ wide: WIDE, phone: PHONE })) {
    test(`no serious violation in a table of many reports, ${colorScheme}, ${size}`, async () => {
      const { page, close } = await visit(browser, { colorScheme, viewport });
      await choose(page, ...reportFiles(100));
      await page.locator(".many-progress").waitFor();
      assert.deepEqual(await violations(page), [], "while it judges");
      await page.locator(".many-progress").waitFor({ state: "hidden", timeout: 60_000 });
      assert.deepEqual(await violations(page), [], "judged");
      assert.ok((await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)) <= 0, "no wider than the screen");
      await page.getByLabel("Group by").selectOption("rule");
      await page.locator(".grid-group").nth(1).click();
      await page.locator("[aria-level='2']").first().waitFor();
      assert.deepEqual(await violations(page), [], "grouped");
      await page.locator("[aria-level='2']").first().click();
      await headline(page);
      assert.deepEqual(await violations(page), [], "the report of a row");
      await close();
    });
  }
}

for (const colorScheme of ["light", "dark"]) {
  for (const [size, viewport] of Object.entries({ wide: WIDE, phone: PHONE })) {
    test(`no serious violation in chains, ${colorScheme}, ${size}`, async () => {
      const { page, close } = await visit(browser, { colorScheme, viewport });
      if (size === "phone") await page.locator(".fold-settings > summary").click();
      await page.locator(".declare > summary").click();
      assert.deepEqual(await violations(page), [], "the settings");
      await page.locator("#roots-file").setInputFiles({ name: "ours.pem", mimeType: "text/plain", buffer: pki("chain-root.pem") });
      await choose(page, ...["chain.pem", "chain-leaf.pem", "expired.pem"].map((name) => ({ name, content: pki(name) })));
      await page.locator(".chain-answer").first().waitFor();
      await page.evaluate(() => {
        for (const details of document.querySelectorAll("#verdict details")) details.open = true;
      });
      assert.deepEqual(await violations(page), []);
      assert.ok((await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)) <= 0, "no wider than the screen");
      await close();
    });
  }
}

/** Presses Tab until `selector` has the focus; every stop on the way must be visible as such. */
async function tabTo(page, selector) {
  for (let stops = 0; stops < 80; stops += 1) {
    await page.keyboard.press("Tab");
    const stop = await page.evaluate((wanted) => {
      const element = document.activeElement;
      const { outlineStyle, outlineWidth } = getComputedStyle(element);
      return {
        isThere: element.matches(wanted),
        isVisible: outlineStyle !== "none" && parseFloat(outlineWidth) >= 1,
        what: element.outerHTML.slice(0, 100),
      };
    }, selector);
    assert.ok(stop.isVisible, `no visible focus on ${stop.what}`);
    if (stop.isThere) return;
  }
  assert.fail(`expected to reach ${selector} by Tab`);
}

test("everything is reached by keyboard alone", async () => {
  const { page, close } = await visit(browser);
  await tabTo(page, ".skip");
  await tabTo(page, "#policy");
  await tabTo(page, "#intake textarea");
  await tabTo(page, ".sample");
  await page.keyboard.press("Enter");
  await headline(page);
  assert.equal(await page.evaluate(() => document.activeElement?.id), "headline");
  await tabTo(page, "details.finding:nth-of-type(2) > summary");
  const before = await marks(page);
  await page.keyboard.press("Enter");
  assert.notDeepEqual(await marks(page), before, "opening the finding shows its words");
  await tabTo(page, "details.finding[open] .show");
  await page.keyboard.press("Enter");
  await tabTo(page, "[role=tab]");
  await tabTo(page, ".excerpt");
  await close();
});

test("headings descend one level at a time, under one first heading", async () => {
  const { page, close } = await visit(browser);
  const levels = () =>
    page.evaluate(() =>
      [...document.querySelectorAll("h1, h2, h3, h4")]
        .filter((heading) => heading.checkVisibility())
        .map((heading) => Number(heading.tagName[1])),
    );
  for (const sample of [undefined, SAMPLES.partner]) {
    if (sample !== undefined) await load(page, sample);
    const found = await levels();
    assert.equal(found.filter((level) => level === 1).length, 1);
    found.reduce((above, level) => (assert.ok(level <= above + 1, found.join()), level));
  }
  await close();
});

test("on a phone the verdict comes first, and the evidence is one tap away", async () => {
  const { page, close } = await visit(browser, { viewport: PHONE });
  await load(page, SAMPLES.partner);
  assert.ok(await page.locator("#headline").isVisible());
  assert.ok(!(await page.locator("#evidence").isVisible()));
  await page.getByRole("button", { name: "Evidence", exact: true }).click();
  assert.ok(await page.locator(".excerpt").isVisible());
  assert.ok(!(await page.locator("#verdict").isVisible()));
  await page.getByRole("button", { name: "Verdict", exact: true }).click();
  await page.locator("details.finding[open]").getByRole("button", { name: /^Show me/ }).first().click();
  const mark = await page.locator("mark").boundingBox();
  assert.ok(mark.y > 0 && mark.y < PHONE.height, "Show me goes to the words");
  await close();
});

test("nothing is wider than the screen", async () => {
  for (const width of [320, 360, 390, 768, 1280]) {
    const { page, close } = await visit(browser, { viewport: { width, height: 800 } });
    const overflow = () => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok((await overflow()) <= 0, `empty, ${width}`);
    await load(page, SAMPLES.partner);
    await page.evaluate(() => {
      for (const details of document.querySelectorAll("#verdict details")) details.open = true;
    });
    assert.ok((await overflow()) <= 0, `judged, ${width}`);
    await close();
  }
});

test("what is there does not move when more arrives", async () => {
  const { page, close } = await visit(browser, {
    before: () => {
      window.shift = 0;
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shift += entry.value;
      }).observe({ type: "layout-shift", buffered: true });
    },
  });
  await load(page, SAMPLES.modern);
  await page.locator("#policy").selectOption("baseline-1.0");
  await page.getByRole("heading", { level: 1, name: /Baseline/ }).waitFor();
  assert.ok((await page.evaluate(() => window.shift)) < 0.05);
  await close();
});
