// @ts-check
// What thousands of verdicts come to in one sentence. It never says that all is well unless all of it was judged, and
// each of them meets the policy.

import { STANDINGS, standing } from "./rows.js";

const [FAIL, UNREAD, OPEN] = /** @type {const} */ (["nonCompliant", "unread", "indeterminate"]).map(standing);

/**
 * @param {readonly number[]} counts How many rows there are of each standing.
 * @param {boolean} isComplete Whether everything was judged.
 * @param {string} policy
 * @returns {{ kind: string, sign: string, headline: string }}
 */
export function summary(counts, isComplete, policy) {
  const of = (/** @type {number | undefined} */ at) => counts[at ?? -1] ?? 0;
  const all = counts.reduce((sum, count) => sum + count, 0);
  const number = (/** @type {number} */ count) => count.toLocaleString("en");
  const unproven = of(UNREAD) + of(OPEN);
  const [fail, unread, open, pass] = STANDINGS;
  if (of(FAIL) > 0) return { ...look(fail), headline: `${number(of(FAIL))} of ${number(all)} ${of(FAIL) === 1 ? "does" : "do"} not meet ${policy}` };
  if (all === 0) return { ...look(open), headline: isComplete ? "Nothing here can be judged" : "Nothing was judged yet" };
  if (of(UNREAD) === all) return { ...look(unread), headline: `None of ${number(all)} could be read` };
  if (unproven > 0) return { ...look(open), headline: `Not proven for ${number(unproven)} of ${number(all)}: ${policy}` };
  if (!isComplete) return { ...look(open), headline: `Not proven: not everything was judged, ${policy}` };
  return { ...look(pass), headline: all === 1 ? `Meets ${policy} for what was shown` : `All ${number(all)} meet ${policy} for what was shown` };
}

/** @param {typeof STANDINGS[number]} one */
function look({ kind, sign }) {
  return { kind, sign };
}
