// A visit to the built one-file page: opened from file:// on a fixed day, watched for requests and complaints.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { root } from "./root.mjs";

/** The page under test. */
export const PAGE = pathToFileURL(join(root, "dist/intransit.html")).href;
/** The day on which every visit takes place: the day after the samples were taken. */
export const TODAY = "2026-11-22";
/** What the samples are, in the order in which the page offers them. */
export const SAMPLES = { partner: 0, modern: 1, chain: 2 };

/** The text of a sample. */
export const sample = (name) => readFileSync(join(root, "www/samples", `${name}.txt`), "utf8");
/** The text of a real tool's output among the cases. */
export const recorded = (path) => readFileSync(join(root, "tests/cases/formats", path), "utf8");

/**
 * Opens the page and waits until the core has answered.
 * @param {import("playwright-core").Browser} browser
 * @param {{ viewport?: { width: number, height: number }, colorScheme?: "light" | "dark", before?: () => void }} [how]
 */
export async function visit(browser, { viewport = { width: 1280, height: 800 }, colorScheme = "light", before } = {}) {
  const context = await browser.newContext({ viewport, colorScheme, acceptDownloads: true });
  const page = await context.newPage();
  const requests = [];
  const complaints = [];
  page.on("request", (request) => requests.push(request.url()));
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  await page.clock.setFixedTime(`${TODAY}T12:00:00Z`);
  if (before) await page.addInitScript(before);
  await page.goto(PAGE);
  await page.locator(".formats li").first().waitFor();
  return { page, requests, complaints, close: () => context.close() };
}

/**
 * Loads a sample and waits for its verdict.
 * @param {import("playwright-core").Page} page
 * @param {number} sample
 */
export async function load(page, sample) {
  await page.locator(".sample").nth(sample).click();
  return headline(page);
}

/**
 * The verdict in words, once there is one.
 * @param {import("playwright-core").Page} page
 */
export async function headline(page) {
  await page.locator("#headline").waitFor();
  return page.locator("#headline").innerText();
}

/**
 * Hands files to the page, as choosing them does.
 * @param {import("playwright-core").Page} page
 * @param {...{ name: string, content: string | Buffer }} files
 */
export async function choose(page, ...files) {
  const list = files.map(({ name, content }) => ({ name, mimeType: "text/plain", buffer: Buffer.from(content) }));
  await page.locator("#intake input[type=file]").setInputFiles(list);
}

/**
 * The highlighted words.
 * @param {import("playwright-core").Page} page
 */
export function marks(page) {
  return page.locator("#evidence mark").allInnerTexts();
}
