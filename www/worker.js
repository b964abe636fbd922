// @ts-check
// The core, off the page's own thread: however large the input, the page answers to clicks.

import { catalogue, check, render, version } from "intransit";

import { judgeFiles, judgeLines, prepare } from "./records.js";

/**
 * What the page may ask, each with an `id` that its answer carries.
 * @typedef {{ ask: "check", inputs: import("intransit").NamedInput[], options: import("intransit").CheckOptions }
 *   | { ask: "render", report: { resultSha256: string, reproduce: string }, format: string }
 *   | { ask: "prepare", core: object | undefined, options: import("intransit").CheckOptions }
 *   | { ask: "files", inputs: import("./records.js").Numbered[] }
 *   | { ask: "lines", number: number, name: string, block: { offset: number, line: number, bytes: Uint8Array } }
 *   | { ask: "catalogue" } | { ask: "version" }} Question
 */

/**
 * What it gets.
 * @typedef {object} Answers
 * @property {import("intransit").CheckAnswer} check
 * @property {Rendered} render
 * @property {object} prepare The compiled core.
 * @property {import("./records.js").Judgements} files
 * @property {import("./records.js").Judgements} lines
 * @property {import("intransit").Catalogue} catalogue
 * @property {string} version
 */

/** @typedef {{ text: string, problem?: undefined } | { text?: undefined, problem: string }} Rendered */

/** @param {Question} question */
function answer(question) {
  switch (question.ask) {
    case "check":
      return judged(question.inputs, question.options);
    case "render":
      return rendered(question.report, question.format);
    case "prepare":
      return prepare(question.core, question.options);
    case "files":
      return judgeFiles(question.inputs);
    case "lines":
      return judgeLines(question.number, question.name, question.block);
    case "catalogue":
      return catalogue();
    case "version":
      return version();
  }
}

/** How many reports are kept to be written out: what is shown, and what it is compared with. */
const KEPT = 4;

/**
 * The newest reports as the core knows them: the page has copies.
 * @type {Map<string, import("intransit").Report>}
 */
const kept = new Map();

/** @param {{ resultSha256: string, reproduce: string }} report What names all that is written of it. */
function nameOf({ resultSha256, reproduce }) {
  return `${resultSha256} ${reproduce}`;
}

/**
 * @param {import("intransit").NamedInput[]} inputs
 * @param {import("intransit").CheckOptions} options
 */
function judged(inputs, options) {
  const answer = check(inputs, options);
  if (answer.ok) {
    const name = nameOf(answer.report);
    kept.delete(name);
    kept.set(name, answer.report);
    const [oldest] = kept.keys();
    if (kept.size > KEPT && oldest !== undefined) kept.delete(oldest);
  }
  return answer;
}

/**
 * A report as text, or why there is none.
 * @param {{ resultSha256: string, reproduce: string }} report
 * @param {string} format
 * @returns {Rendered}
 */
function rendered(report, format) {
  const known = kept.get(nameOf(report));
  return known ? { text: render(known, format) } : { problem: "it is no longer at hand; judge it again" };
}

addEventListener("message", async ({ data }) => {
  try {
    postMessage({ id: data.id, answer: await answer(data) });
  } catch (error) {
    postMessage({ id: data.id, error: error instanceof Error ? error.message : String(error) });
  }
});
