// @ts-check
// The core, off the page's own thread: however large the input, the page answers to clicks.

import { catalogue, check, render, version } from "intransit";

/**
 * What the page may ask, each with an `id` that its answer carries.
 * @typedef {{ ask: "check", inputs: import("intransit").NamedInput[], options: import("intransit").CheckOptions }
 *   | { ask: "render", report: import("intransit").Report, format: string }
 *   | { ask: "catalogue" } | { ask: "version" }} Question
 */

/**
 * What it gets.
 * @typedef {object} Answers
 * @property {import("intransit").CheckAnswer} check
 * @property {Rendered} render
 * @property {import("intransit").Catalogue} catalogue
 * @property {string} version
 */

/** @typedef {{ text: string, problem?: undefined } | { text?: undefined, problem: string }} Rendered */

/** @param {Question} question */
function answer(question) {
  switch (question.ask) {
    case "check":
      return check(question.inputs, question.options);
    case "render":
      return rendered(question.report, question.format);
    case "catalogue":
      return catalogue();
    case "version":
      return version();
  }
}

/**
 * A report as text, or why it is none: what comes from a file may have any shape, and that is no panic.
 * @param {import("intransit").Report} report
 * @param {string} format
 * @returns {Rendered}
 */
function rendered(report, format) {
  try {
    return { text: render(report, format) };
  } catch (error) {
    if (error instanceof Error && error.cause === undefined) return { problem: error.message };
    throw error;
  }
}

addEventListener("message", ({ data }) => {
  try {
    postMessage({ id: data.id, answer: answer(data) });
  } catch (error) {
    postMessage({ id: data.id, error: error instanceof Error ? error.message : String(error) });
  }
});
