// Sizes of what is shipped, and how long the package takes to load in Node. Figures depend on the machine: compare
// them only with figures of the same run.

import { readFileSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { brotliCompressSync, gzipSync } from "node:zlib";

const kilobytes = (count) => `${(count / 1000).toFixed(1)} kB`.padStart(11);

console.log(`${"size".padEnd(24)}${"raw".padStart(11)}${"gzip -9".padStart(11)}${"brotli 11".padStart(11)}`);
for (const name of ["pkg/intransit.wasm", "pkg/wasm-base64.js", "www/main.js", "intransit.html"]) {
  const bytes = readFileSync(new URL(`../dist/${name}`, import.meta.url));
  const sizes = [bytes.length, gzipSync(bytes, { level: 9 }).length, brotliCompressSync(bytes).length];
  console.log(`${name.padEnd(24)}${sizes.map(kilobytes).join("")}`);
}

/** Milliseconds from import to the first answer, in a thread that has loaded nothing yet. */
function load() {
  const source = `
    const { parentPort, workerData } = require("node:worker_threads");
    const started = performance.now();
    import(workerData).then(({ version }) => {
      version();
      parentPort.postMessage(performance.now() - started);
    });`;
  const worker = new Worker(source, { eval: true, workerData: new URL("../dist/pkg/intransit.js", import.meta.url).href });
  return new Promise((resolve, reject) => worker.once("message", resolve).once("error", reject));
}

const times = [];
for (let round = 0; round < 21; round += 1) times.push(await load());
times.sort((a, b) => a - b);
const [least, median, most] = [times[0], times[10], times[20]].map((time) => time.toFixed(1));
console.log(`\nload in Node ${process.version}: median ${median} ms, ${least}–${most} ms in ${times.length} rounds`);
