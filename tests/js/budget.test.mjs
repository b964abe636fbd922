// What is shipped stays small: data/budget.json says how small, and a change that needs more says so there.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { brotliCompressSync, constants } from "node:zlib";

const root = new URL("../../", import.meta.url);
const { files } = JSON.parse(readFileSync(new URL("data/budget.json", root), "utf8"));

for (const [file, budget] of Object.entries(files)) {
  test(`${file} has at most ${budget} KiB, compressed`, () => {
    const params = { [constants.BROTLI_PARAM_QUALITY]: 11 };
    const size = brotliCompressSync(readFileSync(new URL(file, root)), { params }).length / 1024;
    assert.ok(size <= budget, `expected at most ${budget} KiB, found ${size.toFixed(1)} KiB`);
  });
}
