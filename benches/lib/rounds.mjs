// Contenders take turns, so that what else the machine does meets them alike. What counts is the CPU time of the whole
// process, garbage collection and compilers included; figures depend on the machine, ratios of one run much less.

const WARM_UP = 200_000;
const TURN = 80_000;
export const ROUNDS = 15;

const microseconds = () => {
  const { user, system } = process.cpuUsage();
  return user + system;
};

/** Runs `work` until `least` microseconds of CPU time have passed; microseconds for one run. */
function turn(work, least) {
  const started = microseconds();
  let runs = 0;
  let passed = 0;
  while (passed < least) {
    work();
    runs += 1;
    passed = microseconds() - started;
  }
  return passed / runs;
}

async function turnAwaited(work, least) {
  const started = microseconds();
  let runs = 0;
  let passed = 0;
  while (passed < least) {
    await work();
    runs += 1;
    passed = microseconds() - started;
  }
  return passed / runs;
}

/**
 * Microseconds of CPU time for one run of each contender, round by round.
 * @param {Record<string, () => unknown>} contenders
 * @returns {Record<string, number[]>}
 */
export function race(contenders) {
  const names = Object.keys(contenders);
  const times = Object.fromEntries(names.map((name) => [name, []]));
  for (const name of names) turn(contenders[name], WARM_UP);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const name of names) times[name].push(turn(contenders[name], TURN));
  }
  return times;
}

/**
 * The same for contenders that answer with a promise, which is awaited.
 * @param {Record<string, () => Promise<unknown>>} contenders
 * @returns {Promise<Record<string, number[]>>}
 */
export async function raceAwaited(contenders) {
  const names = Object.keys(contenders);
  const times = Object.fromEntries(names.map((name) => [name, []]));
  for (const name of names) await turnAwaited(contenders[name], WARM_UP);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const name of names) times[name].push(await turnAwaited(contenders[name], TURN));
  }
  return times;
}

/** @param {number[]} values */
export function median(values) {
  return quartiles(values)[1];
}

/** The first quartile, the median and the third. */
export function quartiles(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return [0.25, 0.5, 0.75].map((part) => sorted[Math.round(part * (sorted.length - 1))]);
}

/** How many times as fast `ours` is as `theirs`, round by round: the median with its quartiles, in words. */
export function ratio(ours, theirs) {
  const [low, middle, high] = quartiles(theirs.map((time, round) => time / ours[round]));
  return { middle, words: `${figures(middle)}× (${figures(low)}–${figures(high)})` };
}

/** Three significant digits. */
export function figures(value) {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

/** Prints rows in columns, the first one to the left. */
export function table(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => [...row[column]].length)));
  const cell = (text, column) => (column === 0 ? text.padEnd(widths[0]) : text.padStart(widths[column]));
  for (const row of rows) console.log(row.map(cell).join("  ").trimEnd());
}

/** Says whether a target is met; a bench that misses one ends with 0 all the same, and says so. */
export function target(name, value, least) {
  console.log(`${value >= least ? "met" : "MISSED"}: ${name}: ${figures(value)}×, at least ${least}× wanted`);
}
