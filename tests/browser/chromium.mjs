// The system's Chromium for the browser tests, with a record of every request and every breach of the page's policy.

import { chromium } from "playwright-core";

/** Starts the browser; the xtask names it in the variable CHROMIUM. */
export function launch() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    headless: true,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

/**
 * Opens a page and watches it.
 * @returns {Promise<{ page: import("playwright-core").Page, requests: string[], complaints: string[] }>}
 */
export async function open(browser, url) {
  const page = await browser.newPage();
  const requests = [];
  const complaints = [];
  page.on("request", (request) => requests.push(request.url()));
  page.on("pageerror", (error) => complaints.push(String(error)));
  // Breaches of the content security policy are errors on the console, in workers too.
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  await page.goto(url);
  return { page, requests, complaints };
}
