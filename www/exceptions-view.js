// @ts-check
// What people have decided or vouch for: exceptions with their ends, attestations, and what there is to say of them.

import { dayWords, distanceWords } from "./dates.js";
import { factList, h, quoted } from "./dom.js";
import { sentence } from "./words.js";

/** @typedef {import("intransit").Report} Report */

const STATES = { accepted: "It holds: the fail is accepted.", expired: "It has ended: the fail counts.", notYetGranted: "It has not begun: the fail counts." };

/** @param {NonNullable<import("intransit").Finding["exception"]>} exception */
export function waiverView({ state, waiver }) {
  return h(
    "div",
    {},
    h("p", {}, h("strong", {}, waiver.id), ` ${STATES[state]}`),
    h("p", {}, ...quoted(waiver.reason)),
    h("p", { class: "hint" }, `Approved by ${waiver.approver}, owned by ${waiver.owner}; ${dayWords(waiver.granted)} to ${dayWords(waiver.expires)}.`),
  );
}

/**
 * Attestations, and exceptions that apply to nothing.
 * @param {Report} report
 */
export function statementsView({ attestations = [], notes = [], now }) {
  if (attestations.length + notes.length === 0) return null;
  return h(
    "section",
    { class: "part", "aria-labelledby": "statements-title" },
    h("h2", { id: "statements-title" }, attestations.length > 0 ? "Stated, and to note" : "To note"),
    notes.length > 0 && h("ul", { class: "plain" }, ...notes.map((note) => h("li", {}, ...quoted(sentence(note))))),
    attestations.length > 0 && h("p", { class: "hint" }, "What no connection shows. Somebody vouches for it; nothing of it was checked, and it changes no outcome."),
    ...attestations.map(({ id, statement, document, date, owner, expires }) =>
      h(
        "div",
        { class: "source" },
        factList([
          ["Statement", [h("strong", {}, id), ` ${statement}`]],
          ["Document", `${document}, ${dayWords(date)}`],
          ["By", owner],
          ["Until", `${dayWords(expires)}, ${expires <= now ? "ended" : "ends"} ${distanceWords(expires, now)}`],
        ]),
      ),
    ),
  );
}
