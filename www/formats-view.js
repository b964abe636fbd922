// @ts-check
// "What can I paste?": the core's own table of readers, with the commands that make each input.

import { commandLine, fill, h } from "./dom.js";
import { capital } from "./words.js";

/** @typedef {import("intransit").Catalogue["formats"][number]} Format */

/** The list, empty until the core has been asked. */
export function formatsView() {
  const list = h("ul", { class: "formats", "aria-busy": "true" });
  const element = h(
    "section",
    { class: "what", "aria-labelledby": "what-title" },
    h("h2", { id: "what-title" }, "What can I paste?"),
    h("p", {}, "Any of these, several together. Run the command, paste what it prints or drop the file that it writes."),
    list,
  );
  /** @param {readonly Format[]} formats */
  const show = (formats) => {
    list.removeAttribute("aria-busy");
    fill(list, ...formats.map(format));
  };
  return { element, show };
}

/** @param {Format} format */
function format({ title, commands, neverShows = [] }) {
  return h(
    "li",
    {},
    h("h3", {}, capital(title)),
    ...commands.map(commandLine),
    neverShows.length > 0 && h("p", { class: "hint" }, `It cannot show: ${neverShows.join("; ")}.`),
  );
}
