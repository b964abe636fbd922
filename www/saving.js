// @ts-check
// Reports in the formats of the catalogue: the worker writes them, and the browser saves them as files.

import { download, fileName } from "./record-view.js";

/** @typedef {import("intransit").Report} Report */

export class Saving {
  #judge;
  #outputs;
  #hear;

  /**
   * @param {import("./judge.js").Judge} judge
   * @param {() => readonly import("intransit").OutputEntry[]} outputs
   * @param {{ notify: (words: string) => void, stopped: (error: unknown) => void }} hear
   */
  constructor(judge, outputs, hear) {
    this.#judge = judge;
    this.#outputs = outputs;
    this.#hear = hear;
  }

  /**
   * Saves a report in one of the formats.
   * @param {Report} report
   * @param {import("intransit").OutputEntry} output
   */
  async save(report, { id, extension, mediaType }) {
    const text = await this.written(report, id);
    if (text !== undefined) download(text, fileName(report, extension), mediaType);
  }

  /**
   * @param {Report} report
   * @param {string} format
   */
  async saveAs(report, format) {
    const output = this.#outputs().find(({ id }) => id === format);
    if (output) await this.save(report, output);
  }

  /**
   * A report in one of the formats; nothing, and a word about it, where it cannot be written.
   * @param {Report} report
   * @param {string} format
   * @returns {Promise<string | undefined>}
   */
  async written(report, format) {
    try {
      const { text, problem } = await this.#judge.ask({ ask: "render", report: { resultSha256: report.resultSha256, reproduce: report.reproduce }, format });
      if (problem !== undefined) this.#hear.notify(`It could not be written: ${problem}`);
      return text;
    } catch (error) {
      this.#hear.stopped(error);
      return undefined;
    }
  }
}
