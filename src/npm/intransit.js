// @ts-check
// The npm package: the core's WebAssembly with JavaScript's own types and a clock around it. The core reads no
// clock; here `now` defaults to the current time. Types come from the Rust types through bindings.d.ts.

import * as bindings from "./bindings.js";
import wasmBase64 from "./wasm-base64.js";

/** @import { CheckOptions, Input, NamedInput } from "./options.js" */

/**
 * Judges the input.
 * @param {Input} input
 * @param {CheckOptions} [options]
 * @returns {bindings.CheckAnswer} A report, or why there is none.
 * @throws {TypeError} When the arguments have other types than these.
 */
export function check(input, options = {}) {
  const { name = "input", ...others } = options;
  /** @type {readonly NamedInput[]} */
  const inputs = isList(input) ? input : [{ name, content: input }];
  const settings = settingsOf(others);
  const names = inputs.map((one) => one.name);
  const contents = inputs.map(bytes);
  const judged = run(() => bindings.check(names, contents, settings));
  const answer = run(() => judged.answer());
  if (answer.ok) judgements.set(answer.report, judged);
  else judged.free();
  return answer;
}

/**
 * What the core keeps of a report for as long as the report itself is kept.
 * @type {WeakMap<bindings.Report, bindings.Judged>}
 */
const judgements = new WeakMap();

/**
 * Writes a report, for example as a document to file.
 * @param {bindings.Report} report The object that `check` handed back. It is written as it was judged: neither a copy
 *   nor changes to it are taken.
 * @param {string} format The id of one of `catalogue().outputs`.
 * @returns {string}
 * @throws {Error} When there is no such format, or `check` did not hand the report back.
 */
export function render(report, format) {
  const judged = judgements.get(report);
  if (judged === undefined) throw new TypeError("expected the report object that `check` handed back, found another");
  return run(() => judged.render(format));
}

/** Judges many records one by one, by options that are read once; each answer is one line of JSON, a `VerdictLine`. */
export class Records {
  /** @type {bindings.CheckOptions} */
  #settings;
  /** @type {bindings.Records | undefined} */
  #judge;
  #start = -1;

  /**
   * @param {CheckOptions} [options]
   * @throws {Error} When they cannot be used; `check` says everything that is wrong with them.
   */
  constructor(options = {}) {
    this.#settings = settingsOf(options);
    run(() => this.#ready());
  }

  /**
   * Judges a whole input.
   * @param {string} name
   * @param {string | Uint8Array} content
   * @returns {string}
   */
  document(name, content) {
    return run(() => this.#ready().document(name, bytes({ name, content })));
  }

  /**
   * Judges one line of a stream, as `intransit-probe check --stream` does.
   * @param {string} source
   * @param {{ line: number, offset: number }} place Its number in the source, counted from 1, and the bytes before it.
   * @param {string | Uint8Array} content The line with its end.
   * @returns {string}
   */
  line(source, { line, offset }, content) {
    const exact = bytes({ name: source, content });
    return run(() => this.#ready().line(source, BigInt(line), BigInt(offset), exact));
  }

  /** What was prepared in an instance that has ended is made anew. */
  #ready() {
    if (this.#judge === undefined || this.#start !== starts) this.#judge = new bindings.Records(this.#settings);
    this.#start = starts;
    return this.#judge;
  }
}

/**
 * The core's WebAssembly, compiled: workers may hand it to each other, so that it is compiled once.
 * @returns {object} A `WebAssembly.Module`.
 */
export function core() {
  return (compiled ??= new WebAssembly.Module(decode(wasmBase64)));
}

/**
 * Takes a core that another worker has compiled.
 * @param {object} module What `core` gave there.
 */
export function useCore(module) {
  if (!(module instanceof WebAssembly.Module)) throw new TypeError("expected what `core` gave, found another value");
  compiled = module;
}

/** @type {WebAssembly.Module | undefined} */
let compiled;

const WORDS = new Set(["policyName", "host", "inventory", "inventoryName", "rootsName", "sheet", "sheetName"]);
const OPTIONS = ["policy", "at", "now", "collected", "ownHosts", "unopened", "name", "roots", ...WORDS];

/**
 * Options with JavaScript's own types as the core takes them.
 * @param {CheckOptions} options
 * @returns {bindings.CheckOptions}
 */
function settingsOf({ policy, at, now = new Date(), collected, ownHosts, unopened, roots, ...words }) {
  for (const key of Object.keys(words)) {
    if (!WORDS.has(key)) throw new TypeError(`expected one of the options ${OPTIONS.join(", ")}, found \`${key}\``);
  }
  for (const [key, word] of Object.entries(words)) mustBe(isWord(word), key, "a string", word);
  for (const [key, list] of Object.entries({ ownHosts, unopened })) mustBe(areWords(list), key, "an array of strings", list);
  mustBe(isWord(policy) || typeof policy === "object", "policy", "a string or an object", policy);
  /** @type {bindings.CheckOptions} */
  const settings = { ...given(words), at: instant(at ?? now), now: instant(now) };
  if (typeof roots === "string") settings.roots = roots;
  else if (roots instanceof Uint8Array) settings.stores = [supplied({ name: words.rootsName ?? "roots.pem", content: roots })];
  else if (roots !== undefined) mustBe(Array.isArray(roots), "roots", "text, bytes or an array of stores", roots);
  if (Array.isArray(roots)) settings.stores = roots.map((one) => (typeof one === "string" ? { text: one } : supplied(one)));
  if (policy !== undefined) settings.policy = typeof policy === "string" ? policy : JSON.stringify(policy);
  if (collected !== undefined) settings.collected = instant(collected);
  if (ownHosts !== undefined) settings.ownHosts = [...ownHosts];
  if (unopened !== undefined) settings.unopened = [...unopened];
  return settings;
}

/** @param {unknown} value */
const isWord = (value) => value === undefined || typeof value === "string";

/** @param {unknown} value */
const areWords = (value) => value === undefined || (Array.isArray(value) && value.every((one) => typeof one === "string"));

/**
 * Options of another type have a word of their own, before the core sees them.
 * @param {boolean} is
 * @param {string} option
 * @param {string} expected
 * @param {unknown} found
 */
function mustBe(is, option, expected, found) {
  if (!is) throw new TypeError(`expected ${expected} as the option \`${option}\`, found ${JSON.stringify(found) ?? typeof found}`);
}

/**
 * A store as the core takes it: bytes cross as base64.
 * @param {NamedInput} store
 * @returns {bindings.SuppliedStore}
 */
function supplied({ name, content }) {
  if (typeof content === "string") return { name, text: content };
  let binary = "";
  const most = 0x8000;
  for (let at = 0; at < content.length; at += most) binary += String.fromCharCode(...content.subarray(at, at + most));
  return { name, base64: btoa(binary) };
}

/**
 * The options that are given.
 * @param {Record<string, string | undefined>} words
 * @returns {Record<string, string>}
 */
function given(words) {
  /** @type {Record<string, string>} */
  const kept = {};
  for (const [name, value] of Object.entries(words)) if (value !== undefined) kept[name] = value;
  return kept;
}

/**
 * The version of intransit.
 * @returns {string}
 */
export function version() {
  return run(() => bindings.version());
}

/**
 * Turns a span, which counts UTF-8 bytes, into offsets of a JavaScript string.
 * @param {string} text The source's text; a byte order mark in front of it is not counted by spans.
 * @param {{ start: number, end: number }} span
 * @returns {{ start: number, end: number }}
 */
export function utf16Range(text, span) {
  let index = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  let count = 0;
  const advance = (/** @type {number} */ target) => {
    while (count < target && index < text.length) {
      const point = /** @type {number} */ (text.codePointAt(index));
      count += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
      index += point < 0x10000 ? 1 : 2;
    }
    return index;
  };
  const start = advance(span.start);
  return { start, end: advance(span.end) };
}

/**
 * What there is to choose from: policies, kinds of input and output, rules.
 * @returns {bindings.Catalogue}
 */
export function catalogue() {
  return run(() => bindings.catalogue());
}

/** @type {"absent" | "ready" | "ended"} */
let instance = "absent";
/** How many instances there have been. */
let starts = 0;

/**
 * Calls the core. A panic or an exhausted stack ends the instance; the next call starts a new one.
 * @template T
 * @param {() => T} call
 * @returns {T}
 */
function run(call) {
  if (instance === "absent") bindings.initSync({ module: core() });
  if (instance === "ended") bindings.__wbg_reset_state();
  if (instance !== "ready") starts += 1;
  instance = "ready";
  try {
    return call();
  } catch (error) {
    if (!endsInstance(error)) throw error;
    instance = "ended";
    throw new Error(`intransit stopped (${error.message}); the next call starts it again`, { cause: error });
  }
}

/**
 * @param {unknown} error
 * @returns {error is Error}
 */
function endsInstance(error) {
  // A stack exhausted inside WebAssembly is a RangeError in V8 and JavaScriptCore, an InternalError in SpiderMonkey.
  return (
    error instanceof WebAssembly.RuntimeError ||
    error instanceof RangeError ||
    (error instanceof Error && error.name === "InternalError")
  );
}

/**
 * @param {Input} input
 * @returns {input is readonly NamedInput[]}
 */
function isList(input) {
  return Array.isArray(input);
}

/**
 * @param {NamedInput} input
 * @returns {Uint8Array}
 */
function bytes({ name, content }) {
  if (typeof content === "string") return new TextEncoder().encode(content);
  if (content instanceof Uint8Array) return content;
  throw new TypeError(`expected text or a Uint8Array as the content of \`${name}\`, found ${typeof content}`);
}

/**
 * @param {Date | string} time
 * @returns {string}
 */
function instant(time) {
  return time instanceof Date && !Number.isNaN(time.getTime()) ? time.toISOString() : String(time);
}

/**
 * @param {string} base64
 * @returns {Uint8Array<ArrayBuffer>}
 */
function decode(base64) {
  const binary = atob(base64);
  const decoded = new Uint8Array(binary.length);
  for (let index = 0; index < binary.length; index += 1) decoded[index] = binary.charCodeAt(index);
  return decoded;
}
