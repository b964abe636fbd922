// The built npm package, as its consumers meet it: Node's two module systems, TypeScript, Vite, esbuild.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { before, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const consumer = join(root, "target/consumer");

/** Runs a program in the consumer's folder; its output is the error's message when it fails. */
function run(file, args, cwd = consumer) {
  try {
    return execFileSync(file, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  } catch (error) {
    // The last lines: where a bundle fails, Node prints all of it first.
    const printed = `${error.stdout}${error.stderr}`.trimEnd().split("\n").slice(-12);
    throw new Error([file, ...args, ...printed].map((line) => line.slice(0, 400)).join("\n"));
  }
}

/** The smallest report that is one. */
const REPORT = '[{"id":"TLS1_2","ip":"a.example/192.0.2.1","port":"443","severity":"OK","finding":"offered"}]';

const tool = (name) => join(root, "node_modules/.bin", name);

before(() => {
  rmSync(consumer, { recursive: true, force: true });
  mkdirSync(join(consumer, "node_modules"), { recursive: true });
  const npm = ["pack", "--json", "--ignore-scripts", "--pack-destination", consumer];
  run("npm", npm, root);
  const tarball = readdirSync(consumer).find((name) => name.endsWith(".tgz"));
  run("tar", ["-xzf", tarball]);
  cpSync(join(consumer, "package"), join(consumer, "node_modules/intransit"), { recursive: true });
  for (const name of ["vite", "typescript", "esbuild"]) {
    symlinkSync(join(root, "node_modules", name), join(consumer, "node_modules", name), "junction");
  }
  writeFileSync(join(consumer, "package.json"), JSON.stringify({ name: "consumer", private: true, type: "module" }));
  writeFileSync(
    join(consumer, "main.js"),
    'import { check, version } from "intransit";\n' +
      `globalThis.seen = { version: version(), answer: check(${JSON.stringify(REPORT)}, { now: "2026-11-22" }) };\n`,
  );
});

/** Runs a bundle in a fresh process and hands back what it left in `globalThis.seen`. */
function seen(bundle, setUp = "") {
  const script = `${setUp} await import(${JSON.stringify(pathToFileURL(bundle).href)}); console.log(JSON.stringify(seen));`;
  return JSON.parse(run(process.execPath, ["--input-type=module", "--eval", script]));
}

function assertSeen({ version, answer }) {
  assert.equal(version, manifest.version);
  assert.equal(answer.ok, true);
  assert.equal(answer.report.verdict, "indeterminate");
}

test("the package holds what it needs and nothing else", () => {
  assert.deepEqual(readdirSync(join(consumer, "package/dist/pkg")).sort(), [
    "bindings.d.ts",
    "bindings.js",
    "intransit.d.ts",
    "intransit.js",
    "intransit.wasm",
    "wasm-base64.d.ts",
    "wasm-base64.js",
  ]);
});

test("it loads in Node as an ES module", () => assertSeen(seen(join(consumer, "main.js"))));

test(
  "it loads in Node by require",
  { skip: process.features.require_module ? false : "this Node has no require(esm)" },
  () => {
    const require = createRequire(join(consumer, "main.js"));
    assert.equal(require("intransit").version(), manifest.version);
  },
);

test("the WebAssembly can be had by itself", async () => {
  const require = createRequire(join(consumer, "main.js"));
  const module = await WebAssembly.compile(readFileSync(require.resolve("intransit/intransit.wasm")));
  assert.ok(WebAssembly.Module.exports(module).some(({ name }) => name === "version"));
});

test("esbuild bundles it without settings", () => {
  run(tool("esbuild"), ["main.js", "--bundle", "--format=esm", "--outfile=esbuild/main.mjs", "--log-level=warning"]);
  assertSeen(seen(join(consumer, "esbuild/main.mjs")));
});

test("Vite bundles it without settings", () => {
  writeFileSync(join(consumer, "index.html"), '<!doctype html><script type="module" src="./main.js"></script>\n');
  run(tool("vite"), ["build", "--logLevel", "warn", "--outDir", "vite"]);
  const assets = join(consumer, "vite/assets");
  assert.deepEqual(
    readdirSync(assets).map((name) => name.split(".").pop()),
    ["js"],
  );
  // Vite puts a polyfill in front that asks the document what it can.
  const document = "globalThis.document = { createElement: () => ({ relList: { supports: () => true } }) };";
  assertSeen(seen(join(assets, readdirSync(assets)[0]), document));
});

test("its types are the core's, and need no DOM", () => {
  writeFileSync(
    join(consumer, "types.ts"),
    `import { check, utf16Range, version, type CheckAnswer, type Diagnostic, type Report } from "intransit";
const answer: CheckAnswer = check([{ name: "a", content: new Uint8Array() }], { at: new Date(), policy: "x" });
const reported: Report | Diagnostic[] = answer.ok ? answer.report : answer.diagnostics;
export const seen: [unknown, string, number] = [reported, version(), utf16Range("a", { start: 0, end: 1 }).end];
// @ts-expect-error: no such option
check("", { polcy: "x" });
// @ts-expect-error: numbers are not evidence
check(1);
// @ts-expect-error: a refusal has no report
if (!answer.ok) answer.report;
`,
  );
  run(tool("tsc"), [
    ...["--ignoreConfig", "--noEmit", "--strict", "--target", "es2022", "--lib", "es2022", "--types", ""],
    ...["--module", "nodenext", "types.ts"],
  ]);
});
