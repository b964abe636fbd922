// What thousands of verdicts come to: never that all is well unless each of them is.

import assert from "node:assert/strict";
import { test } from "node:test";

import { summary } from "../../www/summary.js";

test("one sentence for any counts", () => {
  for (const [counts, isComplete, kind, headline] of [
    [[0, 0, 0, 10], true, "pass", "All 10 meet P for what was shown"],
    [[0, 0, 0, 1], true, "pass", "Meets P for what was shown"],
    [[0, 0, 0, 10], false, "unknown", "Not proven: not everything was judged, P"],
    [[0, 0, 1, 9999], true, "unknown", "Not proven for 1 of 10,000: P"],
    [[0, 1, 0, 9], true, "unknown", "Not proven for 1 of 10: P"],
    [[0, 3, 0, 0], true, "unread", "None of 3 could be read"],
    [[1, 0, 0, 9], true, "fail", "1 of 10 does not meet P"],
    [[2, 1, 1, 1], false, "fail", "2 of 5 do not meet P"],
    [[0, 0, 0, 0], true, "unknown", "Nothing here can be judged"],
    [[0, 0, 0, 0], false, "unknown", "Nothing was judged yet"],
  ]) {
    const found = summary(counts, isComplete, "P");
    assert.deepEqual([found.kind, found.headline], [kind, headline], counts.join());
  }
});

test("meeting the policy needs that nothing else is among them", () => {
  for (let mask = 0; mask < 16; mask += 1) {
    const counts = [0, 1, 2, 3].map((at) => (mask >> at) & 1);
    for (const isComplete of [true, false]) {
      const { kind, headline } = summary(counts, isComplete, "P");
      const isAll = isComplete && counts.join() === "0,0,0,1";
      assert.equal(kind === "pass", isAll);
      assert.equal(/^(All|Meets)/.test(headline), isAll);
    }
  }
});
