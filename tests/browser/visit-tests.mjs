// Tests with a visit each, in one browser.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { launch } from "./chromium.mjs";
import { visit } from "./visit.mjs";

/** Starts a browser for the tests of a file; the answer registers a test, whose visit ends with it. */
export function visitTests() {
  let browser;
  before(async () => (browser = await launch()));
  after(() => browser?.close());
  return (name, how, body) =>
    test(name, async () => {
      const seen = await visit(browser, how);
      try {
        await body(seen);
        assert.deepEqual(seen.complaints, []);
      } finally {
        await seen.close();
      }
    });
}
