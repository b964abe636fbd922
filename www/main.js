// @ts-check
import { startWorker } from "./start-worker.js";

const output = document.querySelector("#version");
const worker = startWorker();
worker.addEventListener("message", ({ data }) => {
  if (output) output.textContent = data.version;
});
worker.postMessage({ ask: "version" });
