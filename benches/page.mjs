// From the start of the navigation until the page can judge: the core is compiled and has answered. Each visit is the
// first one of a new browser context, with nothing cached; the server sends files as they are, over HTTP on loopback.

import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { extname } from "node:path";

import { launch } from "../tests/browser/chromium.mjs";
import { quartiles, table } from "./lib/rounds.mjs";

const VISITS = 15;
const dist = new URL("../dist/", import.meta.url);
const TYPES = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css" };

const server = createServer((request, response) => {
  const name = request.url === "/" ? "index.html" : request.url.slice(1);
  if (!["index.html", "main.js", "page.css"].includes(name)) return response.writeHead(404).end();
  response.writeHead(200, { "content-type": TYPES[extname(name)], "cache-control": "no-store" });
  response.end(readFileSync(new URL(`www/${name}`, dist)));
});
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));

/** Remembers when the core's first answer, its version, stands on the page. */
function watch() {
  new MutationObserver((_, observer) => {
    if (!document.getElementById("version")?.textContent) return;
    globalThis.readyAfter = performance.now();
    observer.disconnect();
  }).observe(document, { childList: true, subtree: true, characterData: true });
}

const browser = await launch();
async function visit(url) {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.addInitScript(watch);
  await page.goto(url);
  const ready = await page.waitForFunction(() => globalThis.readyAfter);
  const milliseconds = await ready.jsonValue();
  await context.close();
  return milliseconds;
}

const pages = {
  "inline, from disk": new URL("intransit.html", dist).href,
  "served": `http://127.0.0.1:${server.address().port}/`,
};
const times = { "inline, from disk": [], "served": [] };
for (let round = 0; round < VISITS; round += 1) {
  for (const [name, url] of Object.entries(pages)) times[name].push(await visit(url));
}
await browser.close();
server.close();

console.log(`page ready on a cold load, ${VISITS} visits each, Chromium ${browser.version()}`);
const words = (all) => quartiles(all).map((time) => `${time.toFixed(0)} ms`);
table([["", "first quartile", "median", "third"], ...Object.entries(times).map(([name, all]) => [name, ...words(all)])]);
