// @ts-check
// The page: holds the inputs and the settings, asks the worker, and hands its answers to the views.

import { Basis } from "./basis.js";
import { renderComparison } from "./compare-view.js";
import { byId, fill, h } from "./dom.js";
import { EvidenceView } from "./evidence-view.js";
import { formatsView } from "./formats-view.js";
import { listenEverywhere, openIntake, renderIntake } from "./intake.js";
import { Cancelled, Judge } from "./judge.js";
import { kindOf } from "./kinds.js";
import { Many, areMany } from "./many.js";
import { panes } from "./panes.js";
import { openOnPaper } from "./printing.js";
import { progress } from "./progress.js";
import { OWN_POLICY, settingsView } from "./settings-view.js";
import { OWN_ROOTS } from "./roots.js";
import { bytesAt, decoded, wordsAt } from "./text.js";
import { isWholeFile } from "./remarks-view.js";
import { reportProblem } from "./saved-report.js";
import { Saving } from "./saving.js";
import { pause } from "./slices.js";
import { optionsOf, policyTitle, rootsTitle } from "./terms.js";
import { renderRefusal, renderVerdict } from "./verdict-view.js";
import { count, sizeWords, tallyWords } from "./words.js";

/** @typedef {import("intransit").Report} Report */
/** @typedef {import("intransit").NamedInput} NamedInput */
/** @typedef {import("./evidence-view.js").Held} Held */

const TITLE = document.title;
const TAKEN = { policy: "the policy to judge by", inventory: "the inventory to judge by", sheet: "the sheet to compare with", store: "a store to lay beside", report: "a report to compare with" };
/** A shorter text has no more records than can be judged together. */
const LONG = 10_000;
const judge = new Judge();
const view = panes(byId("panes"));
const busy = progress(byId("main"), () => judge.cancel());
/** @type {Held[]} */
let inputs = [];
let lastKey = 0;
let lastRun = 0;
/** @type {import("intransit").Catalogue | undefined} */
let catalogue;
/** The finding whose words are highlighted. */
let selected = "";
/** Where the table stood when a row of it was opened. */
let tableScroll = 0;
/** What the verdict shows. @type {Report | undefined} */
let current;
/** What was refused as a key, and let go of. @type {import("intransit").Diagnostic[]} */
let keys = [];

const settings = settingsView(byId("settings"), again, (file, isBeside) => void takeRoots(file, isBeside));
const basis = new Basis(byId("basis"), again);
const evidence = new EvidenceView(byId("evidence"), { edited, removed, trusted });
const formats = formatsView();
const saving = new Saving(judge, () => catalogue?.outputs ?? [], { notify, stopped });
const many = new Many(byId("many"), {
  options,
  basis: () => ({ policy: policyTitle(settings.read(), basis, catalogue), roots: rootsTitle(settings.read(), basis, catalogue), at: String(options().at ?? new Date().toISOString()), hasInventory: basis.inventory !== undefined }),
  settle: ({ kind, text }, name) => {
    basis[kind] = { name, text };
    announce(`${name} is taken as the ${kind} to judge by.`);
    again();
  },
  concluded: (headline) => {
    announce(`${headline}.`);
    if (document.body.dataset.stage === "many") document.title = `${headline} · intransit`;
  },
  show: (chosen) => {
    tableScroll = scrollY;
    inputs = chosen.map(({ name, content }) => ({ key: (lastKey += 1), name, content, text: undefined }));
    selected = "";
    fill(byId("verdict"));
    void run();
  },
  refuse: () => void run(),
  titleOf: (id) => catalogue?.rules.find((rule) => rule.id === id)?.title ?? id,
  announce,
  notify,
});
const intake = { add: (/** @type {NamedInput[]} */ added) => void add(added), takeFiles, report: notify, formats: formats.element };
renderIntake(byId("intake"), intake);
listenEverywhere(intake);
openOnPaper(byId("verdict"));
void introduce();

async function introduce() {
  try {
    catalogue = await judge.ask({ ask: "catalogue" });
    if (!catalogue) return;
    byId("version").textContent = catalogue.version;
    settings.offer(catalogue.policies, catalogue.defaultPolicy, catalogue.mozillaRoots);
    formats.show(catalogue.formats);
  } catch (error) {
    // A judgement that was cancelled took this question with it.
    if (error instanceof Cancelled) await introduce();
    else stopped(error);
  }
}

/**
 * Takes files that are too many to be judged together, or to be read at once.
 * @param {{ name: string, file: File }[]} files
 * @returns {Promise<boolean>} Whether they were; the others are to be read and added.
 */
async function takeFiles(files) {
  const { stage: now } = document.body.dataset;
  if (now !== "many" && !(await areMany(files.map(({ file }) => file), many.isOn ? 0 : inputs.length))) return false;
  const before = many.isOn ? [] : inputs.map(({ name, content }) => ({ name, file: new Blob([/** @type {BlobPart} */ (content)]) }));
  inputs = [];
  stage("many");
  if (now !== "many") settle();
  await pause();
  many.add([...before, ...files]);
  return true;
}

/**
 * Takes what was dropped or pasted for what its content says it is.
 * @param {NamedInput[]} added
 */
async function add(added) {
  keys = [];
  const asFiles = () => added.map(({ name, content }) => ({ name, file: new File([/** @type {BlobPart} */ (content)], name) }));
  if ((document.body.dataset.stage === "many" || added.some(({ content }) => content.length > LONG)) && (await takeFiles(asFiles()))) return;
  const taken = [];
  let isCompared = false;
  for (const { name, content } of added) {
    const { kind, text } = kindOf({ name, content });
    if (kind === "evidence") inputs = [...inputs, { key: (lastKey += 1), name, content, text: undefined }];
    else if (kind === "policy") basis.policy = { name, text };
    else if (kind === "inventory") basis.inventory = { name, text };
    else if (kind === "sheet") basis.sheet = { name, text };
    else if (kind === "store") basis.addStore({ name, content });
    else {
      const report = savedReport(text);
      if (report === undefined) continue;
      basis.save(name, report);
    }
    isCompared ||= kind === "report";
    if (kind !== "evidence") taken.push(`${name} is taken as ${TAKEN[kind]}.`);
  }
  if (taken.length > 0) announce(taken.join(" "));
  again();
  if (isCompared) compare();
}

/**
 * The report that a text is; if it is none, it is said why.
 * @param {string} text
 * @returns {Report | undefined}
 */
function savedReport(text) {
  /** @type {string | undefined} */
  let problem;
  try {
    const value = JSON.parse(text);
    problem = reportProblem(value);
    if (problem === undefined) return value;
  } catch (error) {
    problem = error instanceof Error ? error.message : String(error);
  }
  notify(`That looks like a saved report, and cannot be read as one: ${problem}`);
  return undefined;
}

/** After a change of what judges: judges again, and compares again where that is what is in sight. */
function again() {
  settings.own(basis.policy?.name ?? "");
  settings.ownRoots(basis.roots?.name ?? "");
  const { policy, roots } = settings.read();
  basis.draw({ isPolicyUsed: policy === OWN_POLICY, areRootsUsed: roots === OWN_ROOTS });
  const isComparing = document.body.dataset.stage === "compare";
  many.again(document.body.dataset.stage === "many");
  if (inputs.length > 0) void run();
  else if (document.body.dataset.stage === "judged") many.isOn ? backToTable() : startOver();
  actions();
  if (isComparing) compare();
}

/**
 * @param {number} key
 * @param {string} text
 */
function edited(key, text) {
  inputs = inputs.map((input) => (input.key === key ? { ...input, content: text, text: undefined } : input));
  void run();
}

/**
 * @param {File} file
 * @param {boolean} isBeside Whether it is laid beside the store that decides.
 */
async function takeRoots(file, isBeside) {
  try {
    const content = new Uint8Array(await file.arrayBuffer());
    if (!isBeside) return setRoots(file.name, content);
    basis.addStore({ name: file.name, content });
    announce(`${file.name} is taken as a store to lay beside.`);
    again();
  } catch {
    notify(`${file.name} cannot be read.`);
  }
}

/**
 * @param {string} name
 * @param {string | Uint8Array} content
 */
function setRoots(name, content) {
  // Other roots of the same name are chosen anew as well.
  settings.ownRoots("");
  basis.roots = { name, content };
  announce(`Chains are verified against the roots of ${name}.`);
  again();
}

/**
 * Takes an input as the roots to verify against: it is evidence no longer.
 * @param {number} key
 */
function trusted(key) {
  const held = inputs.find((input) => input.key === key);
  if (!held?.text) return;
  inputs = inputs.filter((input) => input.key !== key);
  setRoots(held.name, held.text.text);
}

/** @param {number} key */
function removed(key) {
  inputs = inputs.filter((input) => input.key !== key);
  if (inputs.length > 0) void run();
  else if (many.isOn) backToTable();
  else startOver();
}

function startOver() {
  lastRun += 1;
  keys = [];
  many.clear();
  inputs = [];
  current = undefined;
  judge.cancel();
  stage("empty");
  evidence.update([], undefined);
  fill(byId("verdict"));
  document.title = TITLE;
  byId("intake").querySelector("textarea")?.focus();
}

/** How to judge, as it is chosen. */
function options() {
  return optionsOf(settings.read(), basis);
}

/**
 * A question that judges some inputs.
 * @param {readonly Held[]} judged
 */
function question(judged) {
  // A row's report is judged at the instant of the table, so that both say the same.
  return { ask: /** @type {const} */ ("check"), inputs: judged.map(({ name, content }) => ({ name, content })), options: many.isOn && !many.isStale ? many.options : options() };
}

/** Judges what is there. A newer call overtakes an older one. */
async function run() {
  const number = (lastRun += 1);
  const judged = inputs;
  if (busy.isOn()) judge.cancel();
  const bytes = judged.reduce((sum, { content }) => sum + content.length, 0);
  busy.start(`Judging ${count(judged.length, "input")}, ${sizeWords(bytes)}…`);
  try {
    const answer = await judge.ask(question(judged));
    if (number !== lastRun) return;
    notify("");
    if (answer.ok) judgedAs(answer.report);
    else refused(answer.diagnostics);
  } catch (error) {
    if (number === lastRun) stopped(error);
  } finally {
    if (number === lastRun) busy.stop();
  }
}

/** Goes to the verdict, if something else is shown than that and a comparison; whether it did. */
function isShownAnew() {
  const { stage: now } = document.body.dataset;
  const isNew = now === "empty" || now === "many";
  if (isNew) stage("judged");
  return isNew;
}

/**
 * Lets go of inputs that are keys, or bundles with one; whether any is gone.
 * @param {readonly import("intransit").Diagnostic[]} diagnostics
 */
function dropKeys(diagnostics) {
  const whole = diagnostics.filter((one) => isWholeFile(one) && one.span && one.span.source < inputs.length);
  if (whole.length === 0) return false;
  const gone = new Set(whole.map(({ span }) => span?.source));
  inputs = inputs.filter((_, source) => !gone.has(source));
  keys = whole.map(({ span, ...rest }) => ({ ...rest, span: span && { ...span, source: 0, start: 0, end: 0 } }));
  return true;
}

/** @param {Report} report */
function judgedAs(report) {
  if (dropKeys(report.diagnostics) && inputs.length > 0) return void run();
  const isFirst = isShownAnew();
  current = report;
  keepTexts(report.diagnostics);
  evidence.update(inputs, report);
  renderVerdict(byId("verdict"), report, {
    show,
    go: (spans) => go(spans, undefined, true),
    reach: { go: (spans) => go(spans, undefined, true), wordsAt: (span) => wordsAt(inputs[span.source], span), bytesAt: (span) => bytesAt(inputs[span.source], span) },
    outputs: catalogue?.outputs ?? [],
    save: (output) => void saving.save(report, output),
    sheet: { written: (format) => saving.written(report, format), save: (format) => void saving.saveAs(report, format) },
    keys,
    backToToday: settings.backToToday,
    judgeBy: settings.judgeBy,
    declare: settings.declare,
  });
  const again = report.findings.find((one) => one.id === selected) ?? report.findings.find((one) => one.outcome === "fail");
  if (again && again.evidence.length > 0 && !evidence.isEditing()) show(again);
  document.title = `${report.headline} · intransit`;
  announce(`${report.headline}. ${tallyWords(report.tally)}.`);
  if (isFirst) settle();
}

/** @param {import("intransit").Diagnostic[]} diagnostics */
function refused(diagnostics) {
  if (dropKeys(diagnostics) && inputs.length > 0) return void run();
  const isFirst = isShownAnew();
  current = undefined;
  const isRead = !diagnostics.some(({ code }) => code === "invalid-option" || code === "invalid-policy");
  if (isRead) keepTexts(diagnostics);
  evidence.update(inputs, undefined);
  const help = formatsView();
  help.show(catalogue?.formats ?? []);
  renderRefusal(byId("verdict"), diagnostics, {
    go: (spans) => go(spans, undefined, true),
    nameOf: (source) => inputs[source]?.name ?? "input",
    formats: help.element,
    settings: [basis.policy, basis.inventory].flatMap((file) => file ?? []),
  });
  document.title = `Not judged · ${TITLE}`;
  announce(`Not judged: ${diagnostics.map(({ message }) => message).join("; ")}`);
  const first = diagnostics.find(({ span }) => span)?.span;
  if (isRead && first && !evidence.isEditing()) go([first]);
  if (isFirst) settle();
}

/**
 * Decodes what may be shown now that it is known where private keys stand, and blanks those.
 * @param {readonly import("intransit").Diagnostic[]} diagnostics
 */
function keepTexts(diagnostics) {
  const keys = diagnostics.filter((one) => one.code === "private-key-blanked");
  inputs = inputs.map((input, source) => {
    if (input.text) return input;
    const text = decoded(input.content);
    const blank = keys.flatMap(({ span }) => (span?.source === source && text ? [text.range(span)] : []));
    return { ...input, text: text?.blanked(blank) };
  });
}

/** @param {unknown} error */
function stopped(error) {
  if (error instanceof Cancelled) {
    if (document.body.dataset.stage !== "judged") inputs = [];
    return notify("Cancelled: nothing was judged.");
  }
  const why = error instanceof Error ? error.message : String(error);
  notify(`The judge stopped and was started again: ${why}. What you see is not a verdict on this input; please report it.`);
  if (document.body.dataset.stage !== "judged") inputs = [];
}

/** Shows two reports side by side. */
function compare() {
  stage("compare");
  const now = current;
  const candidates = [
    ...basis.saved.toSorted((a, b) => a.report.now.localeCompare(b.report.now)).map(({ key, name, report }) => ({ key, label: name, report: async () => report })),
    ...(inputs.length > 1 ? inputs : []).map((input) => ({ key: `input-${input.key}`, label: input.name, report: () => judgedAlone(input) })),
    ...(inputs.length > 0 && (inputs.length === 1 || basis.saved.length > 0)
      ? [{ key: "all", label: inputs.length === 1 ? (inputs[0]?.name ?? "input") : `All ${inputs.length} inputs together`, report: async () => now ?? (await judged(inputs)) }]
      : []),
  ];
  renderComparison(byId("comparison"), candidates, announce);
  byId("compare-title").focus({ preventScroll: true });
  scrollTo(0, 0);
}

/** @param {Held} input */
function judgedAlone(input) {
  return judged([input]);
}

/**
 * @param {readonly Held[]} some
 * @returns {Promise<Report | undefined>}
 */
async function judged(some) {
  busy.start(`Judging ${count(some.length, "input")}…`);
  try {
    const answer = await judge.ask(question(some));
    return answer.ok ? answer.report : undefined;
  } catch (error) {
    if (!(error instanceof Cancelled)) stopped(error);
    return undefined;
  } finally {
    busy.stop();
  }
}

/** @type {import("./finding-view.js").Show} */
function show(finding, chosen, reveal) {
  selected = finding.id;
  for (const element of byId("verdict").querySelectorAll("[data-finding]")) {
    if (element.getAttribute("data-finding") === selected) element.setAttribute("aria-current", "true");
    else element.removeAttribute("aria-current");
  }
  const spans = finding.evidence.map(({ span }) => span);
  go(spans.length > 0 ? spans : chosen ? [chosen] : [], chosen, reveal);
}

/**
 * @param {readonly import("intransit").Span[]} spans
 * @param {import("intransit").Span} [chosen]
 * @param {boolean} [reveal] Whether to go to the evidence where only one of the two is in sight.
 */
function go(spans, chosen, reveal = false) {
  evidence.show(spans, chosen);
  if (reveal && view.isNarrow()) {
    view.choose("evidence");
    evidence.show(spans, chosen);
    evidence.focus();
  }
}

/** @param {"empty" | "judged" | "compare" | "many"} name */
function stage(name) {
  document.body.dataset.stage = name;
  byId("intake").hidden = name !== "empty";
  byId("result").hidden = name !== "judged";
  byId("panes").hidden = name !== "judged";
  byId("comparison").hidden = name !== "compare";
  byId("many").hidden = name !== "many";
  actions();
}

/** The buttons in the bar: what can be done next. */
function actions() {
  const { stage: now } = document.body.dataset;
  const canCompare = inputs.length > 1 || basis.saved.length > 0;
  const button = (/** @type {string} */ label, /** @type {() => void} */ onclick) => h("button", { type: "button", class: "quiet", onclick }, label);
  fill(
    byId("actions"),
    now === "judged" && many.isOn && h("button", { type: "button", class: "quiet", "aria-label": "Back to the table", onclick: backToTable }, "‹ Table"),
    now !== "empty" && button("Add evidence", () => openIntake(intake, now === "many")),
    now === "compare" && button(inputs.length > 0 ? "Verdict" : "Back", () => (inputs.length > 0 ? backToVerdict() : stage("empty"))),
    (now === "empty" || now === "judged") && canCompare && button("Compare", compare),
    now !== "empty" && button("Start over", startOver),
  );
}

function backToVerdict() {
  stage("judged");
  settle();
}

function backToTable() {
  lastRun += 1;
  if (busy.isOn()) judge.cancel();
  busy.stop();
  inputs = [];
  current = undefined;
  stage("many");
  document.title = `${many.headline} · intransit`;
  many.show();
  scrollTo(0, tableScroll);
  many.focusRow();
}

/** After the first judgement the field that had the focus is gone: the headline takes it. */
function settle() {
  view.choose("verdict");
  scrollTo(0, 0);
  if (document.body.dataset.stage === "many") many.focus();
  else byId("headline").focus({ preventScroll: true });
}

/** @param {string} words */
function announce(words) {
  byId("announcement").textContent = words;
}

/** @param {string} message */
function notify(message) {
  const close = h("button", { type: "button", class: "quiet", onclick: () => notify("") }, "Close");
  fill(byId("notice"), message !== "" && h("p", { class: "notice" }, h("span", {}, message), close));
}
