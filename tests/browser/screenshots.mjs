// Pictures of the page: every state in both colour schemes and two sizes, and the report on paper, into
// target/screenshots. `docs` as an argument also renews the one in the README; others name the only states
// to take. Run it after `npm run build`.

import { copyFileSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { launch } from "./chromium.mjs";
import { root } from "./root.mjs";
import { reportFiles } from "./reports.mjs";
import { SAMPLES, choose, headline, load, recorded, sample, visit } from "./visit.mjs";

const FLOWS = "name,flow,endpoints\nInternal relay,insideService,relay.example.test:25\nPartner mail,clientToService,weak.example.test:465\n";
const scan = { name: "scan.json", content: sample("partner-mail-server") };

/** What to do for each picture, and the part of the page that it shows, if not all of it. */
const STATES = {
  empty: { open: async () => {} },
  ...Object.fromEntries(Object.entries(SAMPLES).map(([name, number]) => [name, { open: (page) => load(page, number) }])),
  endpoint: {
    open: async (page) => {
      await choose(page, { name: "smtp.json", content: recorded("testssl-3.0.8/smtp-pretty.json") });
      await headline(page);
      await page.locator(".endpoint summary").first().click();
      await page.locator(".certificate summary").first().click();
    },
    part: "section[aria-labelledby=shown-title]",
  },
  chains: {
    open: async (page) => {
      await trust(page, "chain-root.pem");
      await choose(page, pki("chain.pem"), pki("chain-leaf.pem"), pki("trusted.pem"));
      await headline(page);
    },
    part: ".chains",
  },
  unproven: {
    open: async (page) => {
      await choose(page, pki("chain.pem"), pki("expired.pem"));
      await headline(page);
    },
    part: ".chains",
  },
  roots: {
    open: async (page) => {
      await trust(page, "chain-root.pem");
    },
  },
  stores: {
    open: async (page) => {
      await trust(page, "chain-root.pem");
      for (const name of ["two-roots-der.p7b", "powershell-utf16.txt", "certutil-store-de.txt"]) {
        const buffer = readFileSync(join(root, "tests/cases/stores", name));
        await page.locator("#stores-file").setInputFiles({ name, mimeType: "application/octet-stream", buffer });
      }
      await page.locator("#host").fill("mail.example.com");
      await page.locator("#host").press("Tab");
      await choose(page, pki("chain.pem"));
      await headline(page);
    },
    part: ".stores",
  },
  sheet: {
    open: async (page) => {
      await STATES.stores.open(page);
      await page.locator(".sheet > summary").click();
      await page.locator(".sheet pre").waitFor();
    },
    part: ".sheet",
  },
  asn1: {
    open: async (page) => {
      await choose(page, pki("chain.pem"));
      await headline(page);
      await page.locator(".certificate > summary").first().click();
      await page.locator(".asn1 > summary").first().click();
      for (const nth of [0, 3, 5]) await page.locator(".asn1-tree details:not([open]) > summary").nth(nth).click();
    },
    part: ".certificate >> nth=0",
  },
  keys: {
    open: async (page) => {
      await choose(page, { name: "bundle.pfx", content: Buffer.from(`30820a0f020103308209d506092a864886f70d010701${"a5".repeat(60)}`, "hex") }, pki("chain.pem"));
      await headline(page);
    },
  },
  flows: {
    open: async (page) => {
      await choose(page, { name: "flows.csv", content: FLOWS }, scan);
      await headline(page);
    },
    part: "#flows",
  },
  chain: {
    open: async (page) => {
      await choose(page, pki("chain.pem"));
      await headline(page);
    },
  },
  message: {
    open: async (page) => {
      await choose(page, kind("mail-headers/pf-exim-pf-all-tls.eml"));
      await headline(page);
    },
  },
  way: {
    open: async (page) => {
      await policy(page, "mail-in-transit-1.0");
      await page.locator(".declare > summary").click();
      await page.locator("#own-hosts").fill("mx.example.net");
      await page.locator("#own-hosts").press("Tab");
      await page.keyboard.press("Escape");
      await choose(page, kind("mail-headers/chain2-submission-tls-exim-then-plain-pf.eml"));
      await headline(page);
    },
    part: "#way",
  },
  partners: {
    open: async (page) => {
      await policy(page, "m365-forced-tls-1.0");
      await choose(page, kind("exchange-settings/tenant.txt"), kind("exchange-settings/server.txt"));
      await headline(page);
    },
    part: "#partners",
  },
  tunnels: {
    open: async (page) => {
      const own = { id: "ours", version: "1", extends: "ipsec-baseline-1.0", rules: [{ rule: "tunnel-does-not-cover", level: "error", params: { flows: ["10.1.0.0/24 10.2.0.0/24"] } }] };
      const tunnels = ["01-ikev2-aes256gcm-ecp384-pfs-cert.raw", "04-ikev2-esp-null-sha256.raw"].map((name) => kind(`swanctl-5.9.8/${name}`));
      await choose(page, { name: "policy.json", content: JSON.stringify(own) }, ...tunnels);
      await headline(page);
    },
  },
  "mta-sts": {
    open: async (page) => {
      await policy(page, "mta-sts-1.0");
      await choose(page, kind("mta-sts/testing.txt"), kind("tls-rpt/example.net.json"));
      await headline(page);
    },
  },
  forecast: {
    open: async (page) => {
      await policy(page, "m365-in-transit-1.1");
      const connector = { Name: "To Example", Enabled: true, TestMode: false, IsTransportRuleScoped: false, RouteAllMessagesViaOnPremises: false, ConnectorType: "Partner", RecipientDomains: ["example.test"], TlsSettings: "DomainValidation", TlsDomain: "mail.example.test", UseMXRecord: true, MtaStsMode: "Opportunistic" };
      const records = recorded("dig-9.18.49/mx.txt").replaceAll("mx1.secure", "mail.example").replaceAll("secure.test", "example.test");
      await choose(page, { name: "connectors.json", content: JSON.stringify([connector]) }, { name: "mx.txt", content: records }, { name: "scan.json", content: recorded("testssl-3.0.8/smtp-pretty.json").replaceAll("10025", "25") });
      await headline(page);
      await page.locator("#forecast details > summary").first().click();
    },
    part: "#forecast",
  },
  addresses: {
    open: async (page) => {
      await choose(page, kind("revocation/chain-and-lists.pem"));
      await headline(page);
      for (const fold of await page.locator('.endpoint[data-open="ca-addresses"] > summary').all()) await fold.click();
    },
    part: '.endpoint[data-open="ca-addresses"]',
  },
  refused: {
    open: async (page) => {
      await choose(page, { name: "policy.json", content: '{"id": "ours",\n "version": "1",\n "extends": "baseline-1.0",\n "waiver": []}' }, scan);
      await headline(page);
    },
  },
  compare: {
    open: async (page) => {
      await choose(page, scan, { name: "later.json", content: sample("partner-mail-server").replace("offered (deprecated)", "not offered") });
      await headline(page);
      await page.getByRole("button", { name: "Compare", exact: true }).click();
      await page.locator(".compared").first().waitFor();
    },
  },
  progress: {
    open: async (page) => {
      await choose(page, ...reportFiles(1500));
      await page.locator(".many-words", { hasText: /^Judging: \d{2,} of/ }).waitFor();
      await page.locator(".grid-body > .grid-row").first().waitFor();
    },
  },
  stopped: {
    open: async (page) => {
      await STATES.progress.open(page);
      await page.locator(".many-progress").getByRole("button", { name: "Cancel" }).click();
      await page.locator(".many-words", { hasText: "Stopped" }).waitFor();
    },
  },
  table: { open: table },
  groups: {
    open: async (page) => {
      await table(page);
      await page.getByLabel("Group by").selectOption("rule");
      await page.locator(".grid-group").nth(1).click();
      await page.getByLabel("Filter").fill("example");
      await page.locator(".many-shown", { hasText: " of " }).waitFor();
    },
  },
  details: {
    open: async (page) => {
      await table(page);
      await page.locator(".grid-body > .grid-row").nth(2).click();
      await headline(page);
    },
  },
};

const pki = (name) => ({ name, content: readFileSync(join(root, "tests/cases/pki", name), "utf8") });

const kind = (path) => ({ name: path.split("/").at(-1), content: recorded(path) });

/** Chooses a shipped policy. */
async function policy(page, id) {
  const fold = page.locator(".fold-settings:not([open]) > summary");
  if (await fold.isVisible()) await fold.click();
  await page.locator(`#policy option[value="${id}"]`).waitFor({ state: "attached" });
  await page.locator("#policy").selectOption(id);
}

/** Chooses the roots of a file. */
async function trust(page, name) {
  const fold = page.locator(".fold-settings:not([open]) > summary");
  if (await fold.isVisible()) await fold.click();
  await page.locator(".declare > summary").click();
  await page.locator("#roots-file").setInputFiles({ name, mimeType: "text/plain", buffer: Buffer.from(pki(name).content) });
}

async function table(page) {
  await choose(page, ...reportFiles(200));
  await page.locator(".many-progress").waitFor({ state: "hidden", timeout: 60_000 });
  await page.locator(".many-shown", { hasText: /^200 reports$/ }).waitFor();
}

const only = process.argv.slice(2).filter((state) => state in STATES);
const folder = join(root, "target/screenshots");
mkdirSync(folder, { recursive: true });
const browser = await launch();
for (const [size, viewport] of Object.entries({ wide: { width: 1280, height: 800 }, phone: { width: 390, height: 844 } })) {
  for (const colorScheme of ["light", "dark"]) {
    for (const [state, { open, part }] of Object.entries(STATES)) {
      if (only.length > 0 && !only.includes(state)) continue;
      const { page, close } = await visit(browser, { viewport, colorScheme });
      await open(page);
      const path = join(folder, `${state}-${size}-${colorScheme}`);
      if (part) await page.locator(part).screenshot({ path: `${path}.png` });
      else {
        await page.screenshot({ path: `${path}.png` });
        await page.screenshot({ path: `${path}-whole.png`, fullPage: true });
      }
      await close();
    }
  }
}
const { page } = await visit(browser);
await load(page, SAMPLES.partner);
await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
await page.pdf({ path: join(folder, "partner.pdf"), format: "A4", preferCSSPageSize: true });
await browser.close();
if (process.argv[2] === "docs") {
  mkdirSync(join(root, "docs"), { recursive: true });
  copyFileSync(join(folder, "partner-wide-light.png"), join(root, "docs/page.png"));
}
