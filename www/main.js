// @ts-check
// The page: holds the inputs and the settings, asks the worker, and hands its answers to the views.

import { startOf } from "./dates.js";
import { byId, fill, h } from "./dom.js";
import { EvidenceView } from "./evidence-view.js";
import { formatsView } from "./formats-view.js";
import { listenEverywhere, openIntake, renderIntake } from "./intake.js";
import { Cancelled, Judge } from "./judge.js";
import { panes } from "./panes.js";
import { progress } from "./progress.js";
import { settingsView } from "./settings-view.js";
import { decoded } from "./text.js";
import { renderRefusal, renderVerdict } from "./verdict-view.js";
import { count, sizeWords, tallyWords } from "./words.js";

/** @typedef {import("intransit").Report} Report */
/** @typedef {import("intransit").NamedInput} NamedInput */
/** @typedef {import("./evidence-view.js").Held} Held */

const TITLE = document.title;
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

const settings = settingsView(byId("settings"), () => void run());
const evidence = new EvidenceView(byId("evidence"), { edited, removed });
const formats = formatsView();
const intake = { add, report: notify, formats: formats.element };
renderIntake(byId("intake"), intake);
listenEverywhere(intake);
void introduce();

addEventListener("beforeprint", () => {
  for (const element of byId("verdict").querySelectorAll("details:not([open])")) {
    element.setAttribute("data-print", "");
    element.setAttribute("open", "");
  }
});
addEventListener("afterprint", () => {
  for (const element of byId("verdict").querySelectorAll("[data-print]")) {
    element.removeAttribute("data-print");
    element.removeAttribute("open");
  }
});

async function introduce() {
  try {
    catalogue = await judge.ask({ ask: "catalogue" });
    if (!catalogue) return;
    byId("version").textContent = catalogue.version;
    settings.offer(catalogue.policies, catalogue.defaultPolicy);
    formats.show(catalogue.formats);
  } catch (error) {
    // A judgement that was cancelled took this question with it.
    if (error instanceof Cancelled) await introduce();
    else stopped(error);
  }
}

/** @param {NamedInput[]} added */
function add(added) {
  inputs = [...inputs, ...added.map(({ name, content }) => ({ key: (lastKey += 1), name, content, text: undefined }))];
  void run();
}

/**
 * @param {number} key
 * @param {string} text
 */
function edited(key, text) {
  inputs = inputs.map((input) => (input.key === key ? { ...input, content: text, text: undefined } : input));
  void run();
}

/** @param {number} key */
function removed(key) {
  inputs = inputs.filter((input) => input.key !== key);
  if (inputs.length === 0) startOver();
  else void run();
}

function startOver() {
  lastRun += 1;
  inputs = [];
  judge.cancel();
  stage("empty");
  evidence.update([], undefined);
  fill(byId("verdict"));
  document.title = TITLE;
  byId("intake").querySelector("textarea")?.focus();
}

/** Judges what is there. A newer call overtakes an older one. */
async function run() {
  if (inputs.length === 0) return;
  const number = (lastRun += 1);
  const judged = inputs;
  const { policy, at, host, collected } = settings.read();
  const options = {
    now: new Date(),
    ...(policy && { policy }),
    ...(at && { at: startOf(at) }),
    ...(host && { host }),
    ...(collected && { collected: startOf(collected) }),
  };
  if (busy.isOn()) judge.cancel();
  const bytes = judged.reduce((sum, { content }) => sum + content.length, 0);
  busy.start(`Judging ${count(judged.length, "input")}, ${sizeWords(bytes)}…`);
  try {
    const question = { ask: /** @type {const} */ ("check"), inputs: judged.map(({ name, content }) => ({ name, content })), options };
    const answer = await judge.ask(question);
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

/** @param {Report} report */
function judgedAs(report) {
  const isFirst = stage("judged");
  keepTexts(report.diagnostics);
  evidence.update(inputs, report);
  renderVerdict(byId("verdict"), report, {
    show,
    go: (spans) => go(spans, undefined, true),
    backToToday: settings.backToToday,
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
  const isFirst = stage("judged");
  const isRead = !diagnostics.some(({ code }) => code === "invalid-option" || code === "invalid-policy");
  if (isRead) keepTexts(diagnostics);
  evidence.update(inputs, undefined);
  const help = formatsView();
  help.show(catalogue?.formats ?? []);
  renderRefusal(byId("verdict"), diagnostics, {
    go: (spans) => go(spans, undefined, true),
    nameOf: (source) => inputs[source]?.name ?? "input",
    formats: help.element,
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
    if (document.body.dataset.stage === "empty") inputs = [];
    return notify("Cancelled: nothing was judged.");
  }
  const why = error instanceof Error ? error.message : String(error);
  notify(`The judge stopped and was started again: ${why}. What you see is not a verdict on this input; please report it.`);
  if (document.body.dataset.stage === "empty") inputs = [];
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

/**
 * @param {"empty" | "judged"} name
 * @returns {boolean} Whether it is another than before.
 */
function stage(name) {
  const isOther = document.body.dataset.stage !== name;
  const isJudged = name === "judged";
  document.body.dataset.stage = name;
  byId("intake").hidden = isJudged;
  byId("result").hidden = !isJudged;
  byId("panes").hidden = !isJudged;
  if (!isOther) return false;
  fill(
    byId("actions"),
    isJudged && [
      h("button", { type: "button", class: "quiet", onclick: () => openIntake(intake) }, "Add evidence"),
      h("button", { type: "button", class: "quiet", onclick: startOver }, "Start over"),
    ],
  );
  return true;
}

/** After the first judgement the field that had the focus is gone: the headline takes it. */
function settle() {
  view.choose("verdict");
  scrollTo(0, 0);
  byId("headline").focus({ preventScroll: true });
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
