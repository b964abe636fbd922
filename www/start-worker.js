// @ts-check
// Workers are made from text inside the page: a worker from a blob inherits the page's content security policy, one
// from a file would have none. It is also the only kind that starts on file://.

import source from "../dist/page/worker.txt";

/** @type {string | undefined} */
let url;

/**
 * A new worker that runs worker.js, core included.
 * @returns {Worker}
 */
export function startWorker() {
  url ??= URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  return new Worker(url);
}
