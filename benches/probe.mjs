// Looking at live servers: `intransit-probe scan` beside the scanners that are installed, on servers of this bench's own.
//
// Everything happens in a network namespace of its own, so that connections are counted exactly and nothing leaves the
// machine. What the probe finds has to be what the servers are configured for: a missing fact fails the bench. Scanners
// are looked for in PATH: sslscan, nmap, sslyze, testssl (testssl.sh), zgrab2.

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { figures, median, table } from "./lib/rounds.mjs";
import { GOOD, HOST, MAIL, MASS, WEB, certificates, drip, isInstalled, link, nginx, postfix, stall } from "./lib/servers.mjs";

const ENDPOINTS = 10_000;
const ROUND_TRIP = 100;
const DEADLINE = 10;

const root = new URL("../", import.meta.url);
const probe = process.env.PROBE ?? fileURLToPath(new URL("target/release/intransit-probe", root));

/** Runs this file again where only loopback is. */
function inNamespace() {
  const own = `ip link set lo up && exec "$0" "$1"`;
  const words = ["sh", "-c", own, process.execPath, fileURLToPath(import.meta.url)];
  for (const way of [["--net"], ["--user", "--map-root-user", "--net"]]) {
    if (spawnSync("unshare", [...way, "ip", "link", "set", "lo", "up"], { stdio: "ignore" }).status !== 0) continue;
    const env = { ...process.env, INTRANSIT_NAMESPACE: "1" };
    return spawnSync("unshare", [...way, ...words], { stdio: "inherit", env }).status ?? 1;
  }
  console.log("SKIPPED: looking at live servers: no network namespace can be made here (unshare, ip)");
  return 0;
}

/** Connections that were opened in this namespace so far. */
function opened() {
  const [names, values] = readFileSync("/proc/self/net/snmp", "utf8").split("\n").filter((line) => line.startsWith("Tcp:"));
  return Number(values.split(" ")[names.split(" ").indexOf("ActiveOpens")]);
}

/** Runs a program as a whole: seconds, CPU seconds, the peak MB of its largest process, connections, what it said. */
async function measure([program, ...words], seconds = 180) {
  const before = opened();
  const child = spawn("/usr/bin/time", ["-f", "\nTIME %e %U %S %M", program, ...words], {
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  let isCut = false;
  const timer = setTimeout(() => {
    isCut = true;
    process.kill(-child.pid, "SIGKILL");
  }, seconds * 1000);
  const [out, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
  clearTimeout(timer);
  if (isCut) return { isCut, wall: seconds, cpu: NaN, memory: NaN, connections: opened() - before, out };
  const [wall, user, system, kilobytes] = errors.slice(errors.lastIndexOf("TIME ") + 5).trim().split(" ").map(Number);
  return { isCut, wall, cpu: user + system, memory: kilobytes / 1000, connections: opened() - before, out, errors };
}

async function text(stream) {
  const parts = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts).toString();
}

/** The scanners that are there, and what they are told. */
function peers() {
  const testssl = ["testssl", "testssl.sh"].find((name) => isInstalled(name));
  const starts = (protocol, word) => (protocol ? [word] : []);
  const known = {
    sslscan: {
      isThere: isInstalled("sslscan"),
      words: (port, starttls) => ["sslscan", "--no-colour", `--sni-name=${HOST}`, ...starts(starttls, `--starttls-${starttls}`), `127.0.0.1:${port}`],
    },
    nmap: {
      isThere: isInstalled("nmap"),
      words: (port, starttls) =>
        starttls ? null : ["nmap", "-n", "-Pn", "-sT", "-p", `${port}`, "--script", "+ssl-enum-ciphers,+ssl-cert", "127.0.0.1"],
    },
    sslyze: {
      isThere: isInstalled("sslyze", ["--help"]),
      words: (port, starttls) => ["sslyze", ...(starttls ? ["--starttls", starttls] : []), "--sni", HOST, `127.0.0.1:${port}`],
    },
    testssl: {
      isThere: testssl !== undefined,
      // Over STARTTLS it takes minutes.
      words: (port, starttls) =>
        starttls ? null : [testssl, "--quiet", "--color", "0", "--warnings", "off", "--ip=127.0.0.1", "-p", "-f", "-E", "-S", `127.0.0.1:${port}`],
    },
    zgrab2: { isThere: isInstalled("zgrab2", ["--help"]), words: () => null },
  };
  for (const [name, { isThere }] of Object.entries(known)) if (!isThere) console.log(`SKIPPED: ${name} is not installed`);
  return Object.fromEntries(Object.entries(known).filter(([, { isThere }]) => isThere));
}

const targets = [];

/** Notes whether a target is met. */
function wanted(name, value, most, unit = "") {
  targets.push([name, `${figures(value)}${unit}`, `≤ ${most}${unit}`, value <= most ? "met" : "MISSED"]);
}

/** Rows of a table, as ratios to the first peer as well. */
function show(title, rows, against) {
  console.log(`\n${title}`);
  const base = rows.find(({ name }) => name === against);
  const times = (value, other) => (base && Number.isFinite(value / other) ? `${figures(value / other)}×` : "–");
  const number = (value) => (Number.isFinite(value) ? figures(value) : "–");
  table([
    ["", "connections", "wall s", "CPU s", "RSS MB", `wall/${against}`, `CPU/${against}`],
    ...rows.map((row) => [
      row.isCut ? `${row.name} (stopped)` : row.name,
      String(row.connections),
      number(row.wall),
      number(row.cpu),
      number(row.memory),
      times(row.wall, base?.wall),
      times(row.cpu, base?.cpu),
    ]),
  ]);
  return base;
}

/** The median of each figure, contenders taking turns. */
async function race(contenders, rounds, seconds) {
  const all = Object.fromEntries(Object.keys(contenders).map((name) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, words] of Object.entries(contenders)) {
      // Those that take long are run once.
      if (round > 0 && all[name][0].wall > 5) continue;
      all[name].push(await measure(words, seconds));
    }
  }
  return Object.entries(all).map(([name, runs]) => {
    const of = (what) => median(runs.map((run) => run[what]));
    return { ...runs[0], name, wall: of("wall"), cpu: of("cpu"), memory: of("memory"), connections: of("connections") };
  });
}

const values = (list) => list.accepted.map(({ value }) => value).sort();
const isComplete = (list) => list.rest.complete !== undefined;
const sorted = (list) => [...list].sort();

/** Asserts that a scan found what there is. */
function assertFound(out, truth) {
  const { endpoint } = JSON.parse(out.split("\n")[0]).scans[0].subjects[0];
  assert.deepEqual(values(endpoint.versions), truth.versions);
  const off = endpoint.versions.refused.filter(({ control }) => control.known?.value === true);
  assert.deepEqual(sorted(off.map(({ offered }) => offered)), truth.refused);
  for (const { version, suites, preference } of endpoint.suites) {
    assert.ok(isComplete(suites), `the suites of ${version}: ${JSON.stringify(suites.rest)}`);
    if (truth.suites) assert.deepEqual(values(suites), sorted(truth.suites[version]));
    assert.equal(preference.known?.value, truth.preference, version);
  }
  assert.ok(isComplete(endpoint.groups), JSON.stringify(endpoint.groups.rest));
  if (truth.groups) assert.deepEqual(values(endpoint.groups), sorted([...truth.groups, ...truth.finiteGroups]));
  assert.equal(endpoint.chains.length, truth.chains);
  assert.ok(isComplete({ rest: endpoint.chainsRest }), "the chains");
  assert.ok(endpoint.chains.every(({ possession }) => possession.known?.value === true), "the keys");
  return endpoint;
}

/**
 * The fewest connections that can show all that was found: each accepted value of each list and one refusal of the rest,
 * one for each version that is off, the chains of each of the two newest versions with and without a name, one for each
 * order and for compression.
 */
function bound(endpoint, truth) {
  const suites = endpoint.suites.reduce((sum, list) => sum + list.suites.accepted.length + 1, 0);
  const all = endpoint.groups.accepted.map(({ value }) => value);
  const curves = all.filter((name) => !name.startsWith("ffdhe"));
  const groups = all.length + 1 + curves.length + 1;
  const schemes = endpoint.signatureSchemes.accepted.length + 1;
  const chains = 2 * 2 * truth.chains;
  const orders = endpoint.suites.length;
  const compression = endpoint.suites.length - 1;
  return suites + truth.refused.length + groups + schemes + chains + orders + compression;
}

/** Connections that stand only beside others: controls, and what is offered again. */
const controls = (journal) => journal.split("\n").filter((line) => /^ *\d+ +[^:]*, (control|again|alone)[:,]/.test(line)).length;

async function measureAll(folder) {
  const needed = [["openssl", ["version"]], ["nginx", ["-v"]], ["/usr/bin/time", ["true"]]];
  const missing = needed.filter((one) => !isInstalled(...one)).map(([name]) => name);
  if (missing.length > 0) return console.log(`SKIPPED: looking at live servers: no ${missing.join(", no ")} here`);
  console.log("looking at live servers beside other scanners; whole processes, medians of turns");
  certificates(folder);
  const others = peers();
  const stopping = [await nginx(folder)];
  try {
    await web(others);
    await slowWeb(others);
    if (isInstalled("postfix", ["-h"]) && process.getuid() === 0) {
      stopping.push(await postfix(folder));
      await mail(others);
    } else {
      console.log("SKIPPED: mail: postfix is not installed, or this is not root");
    }
    await misbehaving(others);
    await mass(folder);
  } finally {
    for (const stop of stopping) stop();
  }
  size(folder);
  console.log("");
  table([["target", "measured", "wanted", ""], ...targets]);
}

const scan = (port, ...words) => [probe, "scan", `127.0.0.1:${port}`, "--server-name", HOST, "--format", "evidence", "--explain", ...words];

function contenders(others, port, starttls) {
  const theirs = Object.entries(others).map(([name, { words }]) => [name, words(port, starttls)]);
  return Object.fromEntries(theirs.filter(([, words]) => words !== null));
}

async function web(others) {
  const ours = scan(WEB.port);
  const rows = await race({ intransit: ours, ...contenders(others, WEB.port) }, 5, 240);
  const [own] = rows;
  const endpoint = assertFound(own.out, WEB);
  const beside = controls(own.errors);
  const least = bound(endpoint, WEB);
  const sslscan = show("12 suites, two certificates, TLS 1.2 and 1.3 (nginx)", rows, "sslscan");
  console.log(`of ${own.connections} connections ${beside} are controls and repetitions; the bound is ${least}`);
  wanted("web: connections without controls, beside the bound", (own.connections - beside) / least, 1.6, "×");
  wanted("web: connections", own.connections, 98);
  wanted("web: RSS", own.memory, 12, " MB");
  if (sslscan) {
    wanted("web: wall beside sslscan", own.wall / sslscan.wall, 0.2, "×");
    wanted("web: CPU beside sslscan", own.cpu / sslscan.cpu, 0.4, "×");
  }
  if (spawnSync(probe, ["scan", "--help"], { encoding: "utf8" }).stdout.includes("--full")) {
    const directed = async (name, port) => {
      const run = await measure(scan(port, "--policy", "m365-in-transit-1.0"));
      wanted(`policy-directed, ${name}: connections`, run.connections, 12);
      return { ...run, name: `intransit, ${name}` };
    };
    const runs = [await directed("the same server", WEB.port), await directed("one that meets it", GOOD.port)];
    show("only what a policy asks for", [...runs, ...(sslscan ? [sslscan] : [])], "sslscan");
  }
}

async function slowWeb(others) {
  const rows = [];
  for (const name of ["intransit", ...Object.keys(others).filter((name) => name !== "testssl" && name !== "zgrab2")]) {
    const slow = await link(WEB.port, ROUND_TRIP / 2);
    const words = name === "intransit" ? scan(slow.port, "--deadline", "30") : others[name].words(slow.port);
    const run = await measure(words, 60);
    rows.push({ name, ...run, connections: slow.connections() });
    slow.stop();
  }
  assertFound(rows[0].out, WEB);
  show(`the same, ${ROUND_TRIP} ms away`, rows, "sslscan");
  wanted(`web, ${ROUND_TRIP} ms away: wall`, rows[0].wall, 1, " s");
}

async function mail(others) {
  const ours = scan(MAIL.port, "--starttls", "smtp");
  const rows = await race({ intransit: ours, ...contenders(others, MAIL.port, "smtp") }, 3, 240);
  const [own] = rows;
  const endpoint = assertFound(own.out, MAIL);
  const count = endpoint.suites.reduce((sum, list) => sum + list.suites.accepted.length, 0);
  const sslscan = show(`SMTP with STARTTLS, ${count} suites of four versions (Postfix)`, rows, "sslscan");
  console.log(`of ${own.connections} connections ${controls(own.errors)} are controls and repetitions; the bound is ${bound(endpoint, MAIL)}`);
  wanted("mail: connections", own.connections, 150);
  if (sslscan) wanted("mail: wall beside sslscan", own.wall / sslscan.wall, 0.3, "×");
}

async function misbehaving(others) {
  for (const [name, begin] of Object.entries({ stall, drip })) {
    const rows = [];
    for (const [who, words] of Object.entries({ intransit: null, ...(others.sslscan && { sslscan: others.sslscan }) })) {
      const server = await begin();
      const run = await measure(words ? words.words(server.port) : scan(server.port), 40);
      rows.push({ name: who, ...run });
      server.stop();
    }
    assert.match(rows[0].out, /"unfinished"/);
    assert.doesNotMatch(rows[0].out, /"complete"/);
    show(`a server that ${name === "stall" ? "never answers" : "sends a byte a second"}`, rows, "sslscan");
    wanted(`${name}: wall, with a deadline of ${DEADLINE} s`, rows[0].wall, DEADLINE + 0.5, " s");
  }
}

async function mass(folder) {
  const list = join(folder, "targets");
  const address = (number) => `127.1.${Math.floor(number / 250)}.${1 + (number % 250)}`;
  writeFileSync(list, Array.from({ length: ENDPOINTS }, (_, number) => `${address(number)}:${MASS.port}\n`).join(""));
  const rows = [];
  for (const [name, count] of [["intransit, one hello each", 1], ["intransit, two hellos each", 2]]) {
    const saved = join(folder, `${count}.ndjson`);
    const run = await measure([probe, "scan", "--input", list, "--connections", `${count}`, "--save", saved, "--format", "evidence"]);
    const documents = readFileSync(saved, "utf8").trimEnd().split("\n");
    assert.equal(documents.length, ENDPOINTS);
    for (const document of documents) assert.match(document, /"versions":\{"accepted":\[\{"value":"TLSv1.[23]"/);
    rows.push({ name, ...run, out: "" });
  }
  if (isInstalled("zgrab2", ["--help"])) {
    const hosts = join(folder, "hosts");
    writeFileSync(hosts, readFileSync(list, "utf8").replaceAll(`:${MASS.port}`, ""));
    const words = ["zgrab2", "tls", "--blocklist-file=/dev/null", "-p", `${MASS.port}`, "-f", hosts, "-o", "/dev/null"];
    rows.push({ name: "zgrab2", ...(await measure(words)) });
  }
  show(`${ENDPOINTS} endpoints`, rows, "zgrab2");
  for (const { name, cpu, memory } of rows.filter(({ name }) => name !== "zgrab2")) {
    wanted(`${ENDPOINTS} endpoints, ${name.slice(11)}: CPU for each`, (cpu * 1000) / ENDPOINTS, 0.6, " ms");
    wanted(`${ENDPOINTS} endpoints, ${name.slice(11)}: RSS`, memory, 40, " MB");
  }
}

/** The program as it is shipped, without symbols. */
function size(folder) {
  const file = join(folder, "stripped");
  if (spawnSync("strip", ["-o", file, probe]).status !== 0) return console.log("SKIPPED: size: no strip on this machine");
  wanted("the program without symbols and without the page", statSync(file).size / 1e6, 8, " MB");
}

if (process.env.INTRANSIT_NAMESPACE === undefined) {
  process.exitCode = inNamespace();
} else {
  const folder = mkdtempSync(join(tmpdir(), "intransit-probe-"));
  try {
    await measureAll(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
