#!/usr/bin/env node
// The command `intransit`: `check` of intransit-probe for machines that have Node and no Rust, with the same options,
// words, output and exit codes. It differs in three things: it has no colours, it has `--output`, and it reads no streams.

import { closeSync, fstatSync, openSync, readSync, statSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import tls from "node:tls";
import { getSystemErrorMap, parseArgs } from "node:util";

import { catalogue, check, render, version } from "./intransit.js";

const MIB = 1024 * 1024;
/** What the core takes of one input. */
const MAX_INPUT_BYTES = 256 * MIB;
const CHUNK_BYTES = MIB;

const UNUSABLE = 2;
const EXITS = { compliant: 0, nonCompliant: 1, indeterminate: 3 };

const STANDARD_INPUT = "standard input";
const INPUT = "a file with certificates (PEM, DER or PKCS #7) or a scan report";
/** Kinds of file that say how to judge, and how large one may be. */
const POLICY = { expected: "a policy file", most: MIB };
const INVENTORY = { expected: "an inventory as CSV or JSON", most: MIB };
const ROOTS = { expected: "a file of roots", most: 16 * MIB };
const SHEET = { expected: "a hand-off sheet as text or Markdown", most: MIB };

const ABOUT = "Judge certificates and scan reports by a policy";
const USAGE = "Usage: intransit check [OPTIONS] [FILE]...";
const MORE = "For more information, try '--help'.";

/** What characters steer a terminal: control characters but the line feed, and marks of writing direction. */
const STEERS = /[\0-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** Why the command cannot go on: complete lines for standard error. */
class Refusal extends Error {
  /** The message as one diagnostic, without its weight. */
  words = "";
}

process.exitCode = await main(process.argv.slice(2)).catch((problem) => {
  complain(problem instanceof Refusal ? problem.message : `error: ${problem.message}\n`);
  return UNUSABLE;
});

async function main([verb, ...words]) {
  if (verb === undefined) {
    complain(help());
    return UNUSABLE;
  }
  if (verb === "-h" || verb === "--help") return print(help(), 0);
  if (verb === "-V" || verb === "--version") return print(`intransit ${version()}\n`, 0);
  if (verb === "check") return judge(words);
  const found = verb.startsWith("-") ? `unexpected argument '${verb}' found` : `unrecognized subcommand '${verb}'`;
  throw new Refusal(`error: ${found}\n\nUsage: intransit <COMMAND>\n\n${MORE}\n`);
}

async function judge(words) {
  const options = optionsOf();
  const { help, output, files, format = "text", ...given } = parsed(words, options);
  if (help) return print(checkHelp(options), 0);
  const settings = { now: new Date(), ...given };
  if (given.policy !== undefined) Object.assign(settings, { policy: policy(given.policy), policyName: given.policy });
  if (given.inventory !== undefined) {
    Object.assign(settings, { inventory: text(given.inventory, INVENTORY), inventoryName: given.inventory });
  }
  if (given.roots !== undefined) settings.roots = given.roots.map(store);
  if (given["own-host"] !== undefined) settings.ownHosts = given["own-host"];
  delete settings["own-host"];
  if (given.sheet !== undefined) Object.assign(settings, { sheet: text(given.sheet, SHEET), sheetName: given.sheet });
  // Before anything is read: what is wrong with the options themselves.
  const problems = check([], settings).diagnostics.filter(({ code }) => code !== "empty-input");
  if (problems.length > 0) throw new Refusal(problems.map((one) => lines(one)).join(""));

  const { read, unopened } = await inputs(files);
  const names = read.map(({ name }) => name);
  const answer = check(read, { ...settings, unopened });
  if (!answer.ok) throw new Refusal(answer.diagnostics.map((one) => lines(one, names)).join(""));
  for (const message of unopened) complain(`error: ${oneLine(message)}\n`);
  const { report } = answer;
  const written = render(report, format);
  const safe = format === "json" || format === "sarif" ? printableJson(written) : written;
  const isUnusable = unopened.length > 0 && report.verdict !== "nonCompliant";
  const exit = isUnusable ? UNUSABLE : (EXITS[report.verdict] ?? UNUSABLE);
  if (output === undefined) return print(safe, exit);
  return save(output, safe, files, exit);
}

/** The options of `check` in the order of the help: the name of the value, and what it states. */
function optionsOf() {
  const { policies, defaultPolicy, outputs } = catalogue();
  const packs = policies.map(({ id }) => id).join(", ");
  const formats = outputs.map(({ id }) => id);
  return {
    policy: { value: "ID|FILE", about: `A shipped policy (${packs}) or a policy file [default: ${defaultPolicy}]` },
    at: {
      value: "TIME",
      about: "Judge certificates as at this time, such as 2026-11-22T10:00:00Z or 2026-11-22 [default: now]",
    },
    now: { value: "TIME", about: "Count the age of evidence from this time [default: the clock]" },
    collected: { value: "TIME", about: "When the evidence was collected, where it does not say so itself" },
    host: { value: "NAME", about: "The host that certificates without a service are for" },
    inventory: {
      value: "FILE",
      about: "Flows that must be shown: CSV (name, flow, endpoints) or JSON; not shown is never compliant",
    },
    roots: {
      value: "ID|FILE",
      about:
        "The roots that chains are verified against: `mozilla`, `system` or a file (PEM, DER, PKCS #7, or what `certutil -store` or `keytool -list` print); again for further stores, which are laid beside the first [default: none]",
      many: true,
    },
    sheet: {
      value: "FILE",
      about: "A hand-off sheet that certificates are compared with, as `--format sheet` writes it",
    },
    "own-host": {
      value: "HOST",
      about: "A mail host of yours, whose `Received` lines are believed: a name, `*.example.net` or addresses; again for more",
      many: true,
    },
    format: {
      value: "FORMAT",
      about: `How to write the report [default: text] [possible values: ${formats.join(", ")}]`,
      among: formats,
    },
    output: { value: "FILE", about: "Where to write the report [default: standard output]" },
  };
}

/** The words of a command line, in their order; the first that is wrong is refused. */
function parsed(words, options) {
  const strings = Object.keys(options).map((name) => [name, { type: "string" }]);
  const known = { ...Object.fromEntries(strings), help: { type: "boolean", short: "h" } };
  const { tokens } = parseArgs({ args: words, options: known, strict: false, allowPositionals: true, tokens: true });
  const given = { files: [] };
  for (const { kind, name, rawName, value, inlineValue } of tokens) {
    if (kind === "positional") given.files.push(value);
    if (kind !== "option") continue;
    if (name === "help" && value === undefined) return { help: true };
    const option = Object.hasOwn(options, name) ? options[name] : undefined;
    if (option === undefined) throw new Refusal(`error: unexpected argument '${rawName}' found\n\n${USAGE}\n\n${MORE}\n`);
    const flag = `--${name} <${option.value}>`;
    if (value === undefined || (!inlineValue && /^-./s.test(value))) {
      throw new Refusal(`error: a value is required for '${flag}' but none was supplied\n\n${MORE}\n`);
    }
    if (given[name] !== undefined && !option.many) {
      throw new Refusal(`error: the argument '${flag}' cannot be used multiple times\n\n${USAGE}\n\n${MORE}\n`);
    }
    if (option.among && !option.among.includes(value)) {
      const expected = `  [possible values: ${option.among.join(", ")}]`;
      throw new Refusal(`error: invalid value '${value}' for '${flag}'\n${expected}\n\n${MORE}\n`);
    }
    const wrong = option.value === "TIME" ? misread(name, value) : undefined;
    if (wrong) throw new Refusal(`error: invalid value '${value}' for '${flag}': ${wrong}\n\n${MORE}\n`);
    given[name] = option.many ? [...(given[name] ?? []), value] : value;
  }
  if (given.files.length === 0) {
    const missing = "error: the following required arguments were not provided:\n  <FILE>...";
    throw new Refusal(`${missing}\n\nUsage: intransit check <FILE>...\n\n${MORE}\n`);
  }
  if (given.files.filter((file) => file === "-").length > 1) {
    throw new Refusal("error: standard input can be read once; expected one `-`\n");
  }
  return given;
}

/** What the core says against a time, if anything. */
function misread(name, value) {
  const prefix = `option \`${name}\`: `;
  const { diagnostics } = check([], { [name]: value });
  return diagnostics.find(({ message }) => message.startsWith(prefix))?.message.slice(prefix.length);
}

/** The shipped policy of this id, or the text of this file. */
function policy(word) {
  const packs = catalogue().policies.map(({ id }) => id);
  if (packs.includes(word)) return word;
  const known = packs.map((id) => `\`${id}\``).join(", ");
  let found;
  try {
    found = text(word, POLICY);
  } catch (problem) {
    if (!(problem instanceof Refusal)) throw problem;
    const absent = `error: there is no policy \`${word}\` and no such file; expected one of ${known}, or a policy file`;
    throw new Refusal(problem.cause?.code === "ENOENT" ? `${absent}\n` : `${problem.message.trimEnd()}, or one of ${known}\n`);
  }
  // The core would take the text of anything else for a pack's id.
  if (!found.trimStart().startsWith("{")) {
    throw new Refusal(`error: policy ${oneLine(word)}: expected a JSON object, found other text\n`);
  }
  return found;
}

/** A store of roots: the shipped one, the system's, or a file's. */
function store(word) {
  if (word === "mozilla") return word;
  if (word !== "system") return { name: word, content: file(word, ROOTS.expected, ROOTS.most) };
  if (typeof tls.getCACertificates !== "function") {
    throw refusal("the system's roots are read from Node 22.15 on; expected a file of roots, or `mozilla`");
  }
  return { name: word, content: tls.getCACertificates("system").join("\n") };
}

/** The text of a file that says how to judge. */
function text(path, { expected, most }) {
  const bytes = file(path, expected, most);
  // A mark is not taken off: the report names the file by the hash of the whole of it.
  if (bytes.indexOf("\ufeff") === 0) {
    throw refusal(`\`${path}\` starts with a byte order mark; expected UTF-8 without one`);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw refusal(`\`${path}\` is not UTF-8; expected ${expected}`);
  }
}

/** The inputs that can be read, and why the others cannot. */
async function inputs(files) {
  const read = [];
  const unopened = [];
  for (const word of files) {
    try {
      const content = word === "-" ? await standardInput() : file(word, INPUT, MAX_INPUT_BYTES);
      read.push({ name: nameOf(word), content });
    } catch (problem) {
      if (!(problem instanceof Refusal)) throw problem;
      unopened.push(problem.words);
    }
  }
  return { read, unopened };
}

function nameOf(word) {
  return word === "-" ? STANDARD_INPUT : word;
}

function file(path, expected, most) {
  let descriptor;
  try {
    const about = statSync(path);
    if (about.isDirectory()) throw refusal(`\`${path}\` is a directory; expected ${expected}`);
    if (about.size > most) throw tooLarge(path, most);
    descriptor = openSync(path);
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw refusal(`cannot open \`${path}\`: ${reason(error)}; expected ${expected}`, error);
  }
  try {
    return bounded(descriptor, path, most);
  } finally {
    closeSync(descriptor);
  }
}

/** Everything up to a bound, for what does not tell its size first: pipes, devices, files that grow. */
function bounded(descriptor, name, most) {
  const chunks = [];
  let size = 0;
  const expected = Math.min(fstatSync(descriptor).size + 1, CHUNK_BYTES);
  for (;;) {
    const chunk = Buffer.alloc(chunks.length === 0 ? expected : CHUNK_BYTES);
    let count;
    try {
      count = readSync(descriptor, chunk);
    } catch (error) {
      throw refusal(`cannot read \`${name}\`: ${reason(error)}`);
    }
    if (count === 0) return Buffer.concat(chunks, size);
    chunks.push(chunk.subarray(0, count));
    size += count;
    if (size > most) throw tooLarge(name, most);
  }
}

async function standardInput() {
  const chunks = [];
  let size = 0;
  try {
    for await (const chunk of process.stdin) {
      chunks.push(chunk);
      size += chunk.length;
      if (size > MAX_INPUT_BYTES) throw tooLarge(STANDARD_INPUT, MAX_INPUT_BYTES);
    }
  } catch (error) {
    throw error instanceof Refusal ? error : refusal(`cannot read \`${STANDARD_INPUT}\`: ${reason(error)}`);
  }
  return Buffer.concat(chunks, size);
}

function tooLarge(name, most) {
  return refusal(`\`${name}\` is too large; expected at most ${most / MIB} MiB`);
}

function refusal(message, cause) {
  const problem = new Refusal(`error: ${oneLine(message)}\n`, { cause });
  problem.words = message;
  return problem;
}

/** The system's words without its code and path. */
function reason(error) {
  return getSystemErrorMap().get(error.errno)?.[1] ?? error.message;
}

/** A diagnostic as `error: file:line:column: …`. */
function lines({ severity, span, message, help }, names = []) {
  const weight = severity === "info" ? "note" : severity;
  const file = (span && names[span.source]) ?? "input";
  const place = span ? `${file}:${span.line}:${span.column}: ` : "";
  return `${weight}: ${oneLine(place + message)}\n${help ? `  help: ${oneLine(help)}\n` : ""}`;
}

function oneLine(words) {
  return words.replace(/[\n\r]/g, " ");
}

/** JSON of the same value in which nothing steers a terminal. */
function printableJson(json) {
  return json.replace(STEERS, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

function save(path, words, files, exit) {
  if (files.some((input) => input !== "-" && resolve(input) === resolve(path))) {
    throw refusal(`\`${path}\` is an input; expected another file for the report`);
  }
  try {
    writeFileSync(path, words);
  } catch (error) {
    throw refusal(`cannot write \`${path}\`: ${reason(error)}`);
  }
  return exit;
}

/** Writes to standard output. A reader that has seen enough (`| head`) is no error and does not change the answer. */
function print(words, exit) {
  return new Promise((settle, fail) => {
    const settled = (error) => {
      if (!error || error.code === "EPIPE") settle(exit);
      else fail(refusal(`cannot write to standard output: ${reason(error)}`));
    };
    process.stdout.on("error", settled);
    process.stdout.write(words, settled);
  });
}

/** Writes to standard error, where nothing can be done about a failure. */
function complain(words) {
  process.stderr.on("error", () => {});
  process.stderr.write(words.replace(STEERS, "\ufffd"));
}

function help() {
  return `Is everything we run encrypted in transit, and can we prove it?

Usage: intransit <COMMAND>

Commands:
  check  ${ABOUT}

Options:
  -h, --help     Print help
  -V, --version  Print version
`;
}

function checkHelp(options) {
  const flags = Object.entries(options).map(([name, { value, about }]) => [`    --${name} <${value}>`, about]);
  flags.push(["-h, --help", "Print help"]);
  const width = Math.max(...flags.map(([flag]) => flag.length));
  return `${ABOUT}

${USAGE}

Arguments:
  [FILE]...  Certificates (PEM or DER) and scan reports; \`-\` is standard input

Options:
${flags.map(([flag, about]) => `  ${flag.padEnd(width)}  ${about}\n`).join("")}
Exit codes:
  0  compliant: everything that must hold was shown to hold
  1  non-compliant: something that must hold does not
  2  the command line, the policy or an input cannot be used
  3  indeterminate: neither is proven

A file that cannot be opened does not keep the others from being judged: the report is printed, never compliant,
and the code is 1 if it is non-compliant, 2 otherwise. Where nothing could be read there is no report, and the
code is 2.
`;
}
