// @ts-check
// The lifetimes of all certificates on one line of time, as a table: each row says in words what its bar shows.

import { dayWords, distanceWords } from "./dates.js";
import { h, svg } from "./dom.js";
import { certificateName } from "./words.js";

/** @typedef {import("intransit").CertificateSummary} Certificate */
/** @typedef {{ name: string, from: number, to: number, certificate: Certificate }} Life */

const DAY = 86_400_000;
/** What lies further away only makes the near future illegible: the keys of roots live for decades. */
const BEFORE = 400 * DAY;
const AFTER = 800 * DAY;
const WIDTH = 1000;
const HEIGHT = 20;

/**
 * @param {readonly Certificate[]} certificates
 * @param {string} at
 * @param {(certificate: Certificate) => void} open
 */
export function timelineView(certificates, at, open) {
  const lives = certificates.flatMap((certificate) => {
    const { notBefore, notAfter } = certificate;
    return notBefore && notAfter ? [{ name: certificateName(certificate), from: Date.parse(notBefore), to: Date.parse(notAfter), certificate }] : [];
  });
  if (lives.length === 0) return null;
  lives.sort((a, b) => a.to - b.to);
  const now = Date.parse(at);
  const start = Math.min(now - 30 * DAY, Math.max(now - BEFORE, Math.min(...lives.map(({ from }) => from))));
  const end = Math.max(now + 30 * DAY, Math.min(now + AFTER, Math.max(...lives.map(({ to }) => to))));
  const x = (/** @type {number} */ time) => ((Math.min(Math.max(time, start), end) - start) / (end - start)) * WIDTH;
  return h(
    "div",
    { class: "timeline" },
    h("h3", {}, "Lifetimes"),
    h(
      "table",
      {},
      h("caption", { class: "hint" }, `The line marks the day that is judged: ${dayWords(at)}.`),
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Certificate"), h("th", { scope: "col" }, h("span", { class: "axis" }, ...[start, end].map((time) => h("span", {}, dayWords(iso(time)))))))),
      h("tbody", {}, ...lives.map((life) => row(life, { at, end, x }, open))),
    ),
  );
}

/**
 * @param {Life} life
 * @param {{ at: string, end: number, x: (time: number) => number }} line
 * @param {(certificate: Certificate) => void} open
 */
function row({ name, from, to, certificate }, { at, end, x }, open) {
  const now = Date.parse(at);
  const [kind, state] = to < now ? ["ended", `ended ${distanceWords(iso(to), at)}`] : from > now ? ["future", `begins ${distanceWords(iso(from), at)}`] : ["valid", `ends ${distanceWords(iso(to), at)}`];
  const isCut = to > end;
  const drawing = svg(
    "svg",
    { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true", class: kind },
    svg("rect", { class: "ground", x: 0, y: HEIGHT / 2 - 0.5, width: WIDTH, height: 1 }),
    svg("rect", { class: "life", x: x(from), y: 4, width: Math.max(4, x(to) - x(from)), height: HEIGHT - 8 }),
    svg("line", { class: "now", x1: x(now), x2: x(now), y1: 0, y2: HEIGHT }),
  );
  return h(
    "tr",
    { class: kind },
    h("th", { scope: "row" }, h("button", { type: "button", class: "link", onclick: () => open(certificate) }, name), h("span", { class: "hint" }, `${dayWords(iso(from))} to ${dayWords(iso(to))}`)),
    h("td", {}, drawing, h("span", { class: "life-words" }, isCut ? `${state}, beyond this line` : state)),
  );
}

/** @param {number} time */
function iso(time) {
  return new Date(time).toISOString();
}
