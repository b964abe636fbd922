// @ts-check
// The roots that chains are verified against. On the page they are Mozilla's unless somebody chooses otherwise: without
// roots nothing can be shown to meet a policy, and whose roots they are stands in every report.

import { dayWords } from "./dates.js";

/** What names Mozilla's roots in options. */
export const MOZILLA = "mozilla";
/** The value that stands for the file of roots that was chosen. */
export const OWN_ROOTS = "own";

/**
 * "Mozilla’s roots of 23 October 2026".
 * @param {import("intransit").StoreReference} store
 */
export function rootsWords({ name, date, source }) {
  return source === "as supplied" ? `your roots, ${name}` : `${name}’s roots of ${dayWords(date)}`;
}

/**
 * Whether a text is PEM certificates and nothing else that could be judged, so that it may be somebody's roots.
 * @param {string} text
 */
export function mayBeRoots(text) {
  const labels = text.match(/-----BEGIN [^-\n]+-----/g) ?? [];
  return labels.length > 0 && labels.every((label) => /BEGIN (?:X509 |TRUSTED )?CERTIFICATE/.test(label)) && !/^\s*[{<[]/.test(text);
}
