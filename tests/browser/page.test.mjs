// The built page in Chromium: as one file from file://, and served.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";

import { launch, open } from "./chromium.mjs";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const kinds = { html: "text/html", js: "text/javascript", css: "text/css" };
let browser;
let server;

before(async () => {
  browser = await launch();
  server = createServer((request, response) => {
    const name = request.url === "/" ? "index.html" : request.url.slice(1);
    const known = ["index.html", "main.js", "page.css"].includes(name);
    response.writeHead(known ? 200 : 404, { "content-type": kinds[name.split(".").pop()] ?? "text/plain" });
    response.end(known ? readFileSync(join(root, "dist/www", name)) : "");
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
});

after(async () => {
  await browser?.close();
  server?.close();
});

/** Waits until the worker has answered with the core's version. */
async function answered(page) {
  await page.waitForFunction((expected) => document.querySelector("#version")?.textContent === expected, version);
}

/** What becomes of a request from inside a page or a worker: `sent`, or the directive that forbids it. */
function request(from, url) {
  return from.evaluate(
    (url) =>
      new Promise((resolve) => {
        const target = globalThis.document ?? globalThis;
        target.addEventListener("securitypolicyviolation", (event) => resolve(event.effectiveDirective));
        fetch(url, { mode: "no-cors" }).then(
          () => resolve("sent"),
          () => setTimeout(resolve, 1000, "failed for another reason"),
        );
      }),
    url,
  );
}

const blobs = (url) => url.startsWith("blob:");

test("one file on file:// runs the core in a worker and asks nobody for anything", async () => {
  const file = pathToFileURL(join(root, "dist/intransit.html")).href;
  const { page, requests, complaints } = await open(browser, file);
  await answered(page);
  assert.equal(page.workers().length, 1);
  assert.deepEqual(complaints, []);
  assert.deepEqual(requests.filter((url) => !blobs(url)), [file]);
  for (const from of [page, ...page.workers()]) {
    assert.equal(await request(from, `http://127.0.0.1:${server.address().port}/`), "connect-src");
  }
  await page.close();
});

test("served, it runs the core in a worker and asks only its own origin", async () => {
  const origin = `http://127.0.0.1:${server.address().port}`;
  const { page, requests, complaints } = await open(browser, `${origin}/`);
  await answered(page);
  assert.equal(page.workers().length, 1);
  assert.deepEqual(complaints, []);
  const names = requests.filter((url) => !blobs(url) && !url.endsWith("/favicon.ico"));
  assert.deepEqual(names.sort(), [`${origin}/`, `${origin}/main.js`, `${origin}/page.css`]);
  for (const from of [page, ...page.workers()]) {
    assert.equal(await request(from, `${origin}/`), "sent");
    assert.equal(await request(from, "http://127.0.0.2:9/"), "connect-src");
  }
  await page.close();
});
