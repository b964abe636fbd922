// Pictures of the page: every state in both colour schemes and two sizes, into target/screenshots. `docs` as an
// argument also renews the one in the README. Run it after `npm run build`.

import { copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";

import { launch } from "./chromium.mjs";
import { root } from "./root.mjs";
import { SAMPLES, load, visit } from "./visit.mjs";

const folder = join(root, "target/screenshots");
mkdirSync(folder, { recursive: true });
const browser = await launch();
for (const [size, viewport] of Object.entries({ wide: { width: 1280, height: 800 }, phone: { width: 390, height: 844 } })) {
  for (const colorScheme of ["light", "dark"]) {
    for (const state of ["empty", ...Object.keys(SAMPLES)]) {
      const { page, close } = await visit(browser, { viewport, colorScheme });
      if (state !== "empty") await load(page, SAMPLES[state]);
      const path = join(folder, `${state}-${size}-${colorScheme}`);
      await page.screenshot({ path: `${path}.png` });
      await page.screenshot({ path: `${path}-whole.png`, fullPage: true });
      await close();
    }
  }
}
await browser.close();
if (process.argv[2] === "docs") {
  mkdirSync(join(root, "docs"), { recursive: true });
  copyFileSync(join(folder, "partner-wide-light.png"), join(root, "docs/page.png"));
}
