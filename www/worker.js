// @ts-check
// The core, off the page's own thread: however large the input, the page answers to clicks.

import { catalogue, check, version } from "intransit";

/**
 * What the page may ask, each with an `id` that its answer carries.
 * @typedef {{ ask: "check", inputs: import("intransit").NamedInput[], options: import("intransit").CheckOptions }
 *   | { ask: "catalogue" } | { ask: "version" }} Question
 */

/** @param {Question} question */
function answer(question) {
  switch (question.ask) {
    case "check":
      return check(question.inputs, question.options);
    case "catalogue":
      return catalogue();
    case "version":
      return version();
  }
}

addEventListener("message", ({ data }) => {
  try {
    postMessage({ id: data.id, answer: answer(data) });
  } catch (error) {
    postMessage({ id: data.id, error: error instanceof Error ? error.message : String(error) });
  }
});
