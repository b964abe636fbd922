// Reports of an estate, as many as are asked for, the same ones in every run: what real tools wrote, with other hosts
// in it, and now and then a file that is no report.

import { recorded, sample } from "./visit.mjs";

const TEMPLATES = [
  { text: sample("partner-mail-server"), host: "weak.example.test", extension: "json" },
  // Its certificate names its host: every file of it is about the same endpoint, and none is proven.
  { text: sample("modern-server"), host: undefined, extension: "json" },
  { text: recorded("sslscan-2.0.7/modern.xml"), host: "127.0.0.1", extension: "xml" },
  { text: recorded("ssllabs-v3/all-bad.json"), host: "mail.example.test", extension: "json" },
];
/** Every so many files there is one that is no report. */
export const BROKEN_EACH = 50;

/**
 * The file of this number, counted from 0.
 * @param {number} number
 */
export function reportFile(number) {
  if (number % BROKEN_EACH === BROKEN_EACH - 1) return { name: `broken-${number}.json`, content: "<html>504 Gateway Time-out</html>" };
  const { text, host, extension } = TEMPLATES[number % TEMPLATES.length];
  return { name: `scan-${number}.${extension}`, content: host ? text.replaceAll(host, `host${number}.example`) : text };
}

/** So many files. */
export function reportFiles(count) {
  return Array.from({ length: count }, (_, number) => reportFile(number));
}
