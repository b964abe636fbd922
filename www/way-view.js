// @ts-check
// The way of a message, hop by hop as it travelled: how each connection was protected, and whose word that is.

import { instantWords } from "./dates.js";
import { h, quoted, svg, unseen } from "./dom.js";
import { count } from "./words.js";

/** @typedef {import("intransit").Report} Report */
/** @typedef {import("intransit").HopSummary} Hop */
/** @typedef {{ reach: import("./endpoints-view.js").Reach, declare: (name: "ownHosts") => void }} View */

/** What the core writes of a host that the line does not name. */
const NOT_STATED = "not stated";

const STANDINGS = {
  recorded: { kind: "pass", title: "From here on: recorded by your own hosts", hint: "Each line was written by one of your hosts, and came through them." },
  claimed: { kind: "unknown", title: "Claimed by others: proves nothing", hint: "Anybody on the way can have written these lines, and can have left lines out." },
  unknown: { kind: "unknown", title: "Whose word this is, is not known", hint: "Lines prove something only where one of your own hosts wrote them." },
};

/** What a lock looks like, and its words where your own host says so and where others do. */
const LOCKS = {
  closed: { kind: "pass", words: ["Encrypted", "Said to be encrypted"], shackle: "M8 11V8a4 4 0 0 1 8 0v3" },
  open: { kind: "fail", words: ["Not protected", "Said to be not protected"], shackle: "M8 11V7a4 4 0 0 1 7.6-1.6" },
  unknown: { kind: "unknown", words: ["Not known", "Not known"], shackle: "M8 11V8a4 4 0 0 1 8 0v3" },
  local: { kind: "none", words: ["On one machine", "Said to be on one machine"], shackle: "" },
};

/**
 * @param {Report} report
 * @param {View} view
 */
export function wayView({ hops = [], scans, sources }, view) {
  if (hops.length === 0) return null;
  const messages = [...new Set(hops.map(({ scan }) => scan))];
  const nameOf = (/** @type {number} */ scan) => sources[scans[scan]?.source ?? -1]?.name ?? "input";
  return h(
    "section",
    { class: "part", id: "way", "aria-labelledby": "way-title" },
    h("h2", { id: "way-title" }, messages.length === 1 ? "The message’s way" : "The messages’ ways", h("span", { class: "count" }, ` ${count(hops.length, "hop")}`)),
    ...messages.flatMap((scan) => [
      messages.length > 1 && h("h3", {}, nameOf(scan)),
      // The topmost line is of the last hop.
      ...runs(hops.filter((hop) => hop.scan === scan).reverse()).map((run) => runView(run, view)),
    ]),
    h("p", { class: "hint way-end" }, "How the message went on behind the last hop is not in its headers."),
  );
}

/**
 * Neighbours of one standing together, each with its number on the way.
 * @param {readonly Hop[]} hops
 */
function runs(hops) {
  /** @type {{ first: number, hops: Hop[], before: string | undefined }[]} */
  const runs = [];
  hops.forEach((hop, index) => {
    const last = runs.at(-1);
    if (last && last.hops[0]?.standing === hop.standing) last.hops.push(hop);
    else runs.push({ first: index + 1, hops: [hop], before: hops[index - 1]?.by });
  });
  return runs;
}

/**
 * @param {ReturnType<typeof runs>[number]} run
 * @param {View} view
 */
function runView({ first, hops, before }, { reach, declare }) {
  const [{ scan, standing } = { scan: 0, standing: /** @type {const} */ ("unknown") }] = hops;
  const { kind, title, hint } = STANDINGS[standing];
  const id = `way-${scan}-${first}`;
  return h(
    "div",
    { class: `way ${standing}` },
    h(
      "div",
      { class: `way-edge ${kind}` },
      h("h3", { id }, title),
      h("p", { class: "hint" }, hint),
      standing === "unknown" && h("button", { type: "button", class: "quiet", onclick: () => declare("ownHosts") }, "Say which mail hosts are yours"),
    ),
    h("ol", { "aria-labelledby": id }, ...hops.map((hop, index) => hopView(hop, index === 0 ? before : hops[index - 1]?.by, reach))),
  );
}

/**
 * @param {Hop} hop
 * @param {string | undefined} before The host that wrote the line below; none for the first hop.
 * @param {import("./endpoints-view.js").Reach} reach
 */
function hopView({ label, from, by, standing, lacksLineBelow, lock, words, version, cipher, received, span }, before, { go }) {
  const isRecorded = standing === "recorded";
  const kind = lock === "closed" && !isRecorded ? "none" : LOCKS[lock].kind;
  const isStated = from !== NOT_STATED;
  const sender = [...quoted(from), from.startsWith("`") && h("span", { class: "hint" }, " as it calls itself")];
  // Findings count hops as the lines stand, from the last one.
  const details = [label.split(":")[0], version, cipher, received && instantWords(received)].filter(Boolean);
  return h(
    "li",
    { class: `hop ${kind}` },
    before === undefined && isStated && h("p", { class: "hop-host" }, unseen("From "), ...sender),
    h(
      "div",
      { class: "hop-leg" },
      lockView(lock),
      lacksLineBelow && h("p", {}, "One of your hosts sent it and wrote no line: how it came there is not known."),
      h("p", {}, h("strong", {}, LOCKS[lock].words[isRecorded ? 0 : 1]), lock === "closed" ? "" : [": ", ...quoted(words)]),
      before !== undefined && isStated && from !== before && h("p", { class: "hop-details" }, "Sent by ", ...sender),
      details.length > 0 && h("p", { class: "hop-details" }, details.join(" · ")),
      span &&
        h("button", { type: "button", class: "quiet show", onclick: () => go([span]) }, "Show me", unseen(` the line of the hop to ${by},`), h("span", { class: "line-number" }, ` line ${span.line}`)),
    ),
    h("p", { class: "hop-host" }, unseen("To "), by),
  );
}

/** @param {keyof typeof LOCKS} lock */
function lockView(lock) {
  const { shackle } = LOCKS[lock];
  const mark = svg("text", { x: 12, y: 19, "text-anchor": "middle" });
  mark.textContent = "?";
  return svg(
    "svg",
    { class: "lock", viewBox: "0 0 24 24", "aria-hidden": "true" },
    ...(shackle === "" ? [svg("circle", { cx: 12, cy: 12, r: 3 })] : [svg("path", { d: shackle }), svg("rect", { x: 5, y: 11, width: 14, height: 10, rx: 2 })]),
    ...(lock === "unknown" ? [mark] : []),
  );
}
