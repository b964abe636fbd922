// The npm package as its users meet it: packed, installed into a folder of its own, and used by the projects in
// `consumers/`, which have no settings.

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { dirname, extname, join, normalize } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const tool = (name) => join(root, "node_modules/.bin", name);

const REPORT = join(root, "tests/cases/formats/testssl-3.3dev/smtp-pretty.json");
/** What every consumer says of it. */
const SAID = { version: manifest.version, verdict: "nonCompliant" };

let consumers;
let tarball;
let packed;

before(() => {
  consumers = mkdtempSync(join(tmpdir(), "intransit-consumers-"));
  cpSync(join(root, "tests/js/consumers"), consumers, { recursive: true });
  for (const entry of readdirSync(consumers, { withFileTypes: true })) {
    if (entry.isDirectory()) cpSync(REPORT, join(consumers, entry.name, "report.json"));
  }
  const pack = run("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", consumers], root);
  packed = Object.values(JSON.parse(pack))[0];
  tarball = join(consumers, packed.filename);
  run("npm", ["install", "--offline", "--ignore-scripts", "--no-audit", "--no-fund", tarball], consumers);
});

after(() => rmSync(consumers, { recursive: true, force: true }));

/** Runs a program in a consumer's folder; its output is the error's message when it fails. */
function run(file, words, cwd, env = process.env) {
  try {
    return execFileSync(file, words, { cwd, env, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  } catch (error) {
    // The last lines: where a bundle fails, Node prints all of it first.
    const printed = `${error.stdout}${error.stderr}`.trimEnd().split("\n").slice(-12);
    throw new Error([file, ...words, ...printed].map((line) => line.slice(0, 400)).join("\n"));
  }
}

/** Runs a program that prints one line of JSON. */
function said(file, words, consumer, env) {
  return JSON.parse(run(file, words, join(consumers, consumer), env));
}

test("the package holds what it needs and nothing else", () => {
  assert.deepEqual(packed.files.map(({ path }) => path).sort(), [
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "dist/pkg/bindings.d.ts",
    "dist/pkg/bindings.js",
    "dist/pkg/cli.js",
    "dist/pkg/intransit.d.ts",
    "dist/pkg/intransit.js",
    "dist/pkg/intransit.wasm",
    "dist/pkg/intransit.wasm.d.ts",
    "dist/pkg/options.d.ts",
    "dist/pkg/wasm-base64.d.ts",
    "dist/pkg/wasm-base64.js",
    "package.json",
  ]);
});

test("publint finds nothing", () => {
  assert.match(run(tool("publint"), ["run", tarball, "--strict"], consumers), /All good!/);
});

test("the types are right for ES modules", () => {
  const words = [tarball, "--profile", "esm-only", "--format", "ascii", "--no-emoji", "--no-color"];
  // It ends with 1 for every problem that the profile does not leave out.
  assert.match(run(tool("attw"), words, consumers), /^"intransit"\n\nnode16 \(from ESM\): OK \(ESM\)\nbundler: OK/m);
});

test("what is called has its documentation in the types", () => {
  for (const name of ["intransit.d.ts", "options.d.ts"]) {
    const types = readFileSync(join(consumers, "node_modules/intransit/dist/pkg", name), "utf8");
    const undocumented = types.match(/(?<!\*\/\n)^export (declare|type \w+ =|interface).*/gm);
    assert.equal(undocumented, null, name);
    assert.match(types, /\*\/\nexport/, name);
  }
});

test("it loads in Node as an ES module", () => assert.deepEqual(said(process.execPath, ["main.js"], "esm"), SAID));

test(
  "it loads in Node by require",
  { skip: process.features.require_module ? false : "this Node has no require(esm)" },
  () => assert.deepEqual(said(process.execPath, ["main.js"], "require"), SAID),
);

test("the WebAssembly can be had by itself", async () => {
  const words = ["--print", 'require.resolve("intransit/intransit.wasm")'];
  const file = run(process.execPath, words, join(consumers, "require")).trim();
  const module = await WebAssembly.compile(readFileSync(file));
  assert.ok(WebAssembly.Module.exports(module).some(({ name }) => name === "version"));
});

test("its types are the core's, and need no DOM", () => {
  const words = ["--ignoreConfig", "--strict", "--target", "es2022", "--lib", "es2022", "--types", ""];
  for (const [folder, modules] of [
    ["nodenext", ["--module", "nodenext"]],
    ["bundler", ["--module", "esnext", "--moduleResolution", "bundler"]],
  ]) {
    const out = ["--resolveJsonModule", "--outDir", folder];
    run(tool("tsc"), [...words, ...modules, ...out, "main.ts"], join(consumers, "typescript"));
    assert.deepEqual(said(process.execPath, ["--no-warnings", `${folder}/main.js`], "typescript"), SAID, folder);
  }
});

test("esbuild bundles it", () => {
  const words = ["main.js", "--bundle", "--format=esm", "--outfile=dist/main.mjs", "--log-level=warning"];
  run(tool("esbuild"), words, join(consumers, "esbuild"));
  assert.deepEqual(said(process.execPath, ["dist/main.mjs"], "esbuild"), SAID);
});

test("webpack bundles it", async () => {
  const { default: webpack } = await import("webpack");
  const context = join(consumers, "webpack");
  const compiler = webpack({ mode: "production", context, output: { path: join(context, "dist") } });
  const stats = await new Promise((settle, fail) => {
    compiler.run((error, stats) => compiler.close((closing) => (error ?? closing ? fail(error ?? closing) : settle(stats))));
  });
  // The size of what is bundled is the WebAssembly's.
  const { errors, warnings } = stats.toJson({ all: false, errors: true, warnings: true });
  const others = warnings.filter(({ message }) => !/size limit|limit the size/.test(message));
  assert.deepEqual([errors, others], [[], []]);
  assert.deepEqual(said(process.execPath, ["dist/main.js"], "webpack"), SAID);
});

test("Vite bundles it", () => {
  const folder = join(consumers, "vite");
  run(tool("vite"), ["build", "--logLevel", "warn"], folder);
  const assets = readdirSync(join(folder, "dist/assets"));
  assert.equal(assets.length, 1, assets.join());
  // Vite puts a polyfill in front that asks the document what it can.
  const document = "globalThis.document = { createElement: () => ({ relList: { supports: () => true } }) };";
  const script = `${document} await import("./dist/assets/${assets[0]}");`;
  assert.deepEqual(said(process.execPath, ["--input-type=module", "--eval", script], "vite"), SAID);
});

const deno = tool("deno");
// Its package is there on every system, the program only where one was built.
const runsDeno = spawnSync(deno, ["--version"]).status === 0;

test("it loads in Deno", { skip: runsDeno ? false : "no Deno for this system" }, () => {
  const env = { ...process.env, DENO_DIR: join(consumers, "deno-cache"), DENO_NO_UPDATE_CHECK: "1" };
  assert.deepEqual(said(deno, ["run", "--quiet", "--no-remote", "--allow-read=.", "main.js"], "deno", env), SAID);
});

const chromium = process.env.CHROMIUM ?? "/usr/bin/chromium";

test("it loads in a page without a bundler", { skip: existsSync(chromium) ? false : "no Chromium" }, async () => {
  const { launch } = await import("../browser/chromium.mjs");
  const server = await served(consumers);
  const browser = await launch();
  try {
    // A built page is served from its own root.
    for (const [page, base] of [
      ["page/index.html", ""],
      ["index.html", "vite/dist"],
    ]) {
      server.base = base;
      const tab = await browser.newPage();
      const lines = [];
      tab.on("console", (message) => lines.push(message.text()));
      tab.on("pageerror", (error) => lines.push(String(error)));
      await Promise.all([tab.waitForEvent("console", { timeout: 60_000 }), tab.goto(`${server.url}/${page}`)]);
      assert.deepEqual(lines.filter((line) => !line.includes("favicon")), [JSON.stringify(SAID)], page);
    }
  } finally {
    await browser.close();
    server.close();
  }
});

/** A folder on a free port of the loopback address. */
async function served(folder) {
  const types = { ".html": "text/html", ".js": "text/javascript", ".json": "application/json" };
  const here = { base: "" };
  const server = createServer(({ url }, response) => {
    const path = normalize(new URL(url, "http://localhost").pathname);
    const file = join(folder, here.base, path);
    if (!existsSync(file)) return response.writeHead(404).end();
    response.writeHead(200, { "content-type": types[extname(file)] ?? "application/octet-stream" });
    response.end(readFileSync(file));
  });
  await new Promise((settle) => server.listen(0, "127.0.0.1", settle));
  return Object.assign(here, { url: `http://127.0.0.1:${server.address().port}`, close: () => server.close() });
}

test("npx starts the command", () => {
  const words = ["--no", "--offline", "--", "intransit", "check", "--now", "2026-11-22", "--format", "json"];
  let answer;
  try {
    run("npx", [...words, "--policy", "baseline-1.0", "--output", "checked.json", "report.json"], join(consumers, "esm"));
  } catch (error) {
    answer = error;
  }
  // It ends with 1, which is no success.
  assert.ok(answer, "expected the exit code of a report that is not compliant");
  const report = JSON.parse(readFileSync(join(consumers, "esm/checked.json"), "utf8"));
  assert.equal(report.verdict, SAID.verdict);
});
