// @ts-check
// Where evidence comes in: pasted, dropped, chosen as files, or a sample at a click.

import { fill, h } from "./dom.js";
import { SAMPLES } from "./samples.js";

/** @typedef {import("intransit").NamedInput} NamedInput */
/** @typedef {(inputs: NamedInput[]) => void} Add */

let pastes = 0;

/**
 * The first sight of the page.
 * @param {Element} root
 * @param {{ add: Add, report: (message: string) => void, formats: Element }} wiring
 */
export function renderIntake(root, { add, report, formats }) {
  fill(
    root,
    h("h1", { id: "intake-title" }, "Is it encrypted in transit? Paste what you have."),
    h("p", { class: "lead" }, "Nothing you paste leaves this page."),
    privacy(),
    pasteArea({ add, report }),
    h(
      "div",
      { class: "samples" },
      h("h2", {}, "Or look at a sample"),
      h("ul", {}, ...SAMPLES.map((sample) => h("li", {}, sampleButton(sample, add)))),
    ),
    formats,
  );
}

/**
 * A dialog that takes more evidence.
 * @param {{ add: Add, report: (message: string) => void }} wiring
 */
export function openIntake({ add, report }) {
  const dialog = h("dialog", { class: "more", "aria-labelledby": "more-title" });
  const close = () => dialog.close();
  fill(
    dialog,
    h("h2", { id: "more-title" }, "Add evidence"),
    h("p", {}, "It is judged together with what is there: two reports on one endpoint are laid side by side."),
    pasteArea({
      add: (inputs) => {
        close();
        add(inputs);
      },
      report,
    }),
    h("button", { type: "button", class: "quiet", onclick: close }, "Cancel"),
  );
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  dialog.querySelector("textarea")?.focus();
}

/**
 * Lets the whole page take drops, and pastes that no field wants.
 * @param {{ add: Add, report: (message: string) => void }} wiring
 */
export function listenEverywhere({ add, report }) {
  addEventListener("dragover", (event) => {
    event.preventDefault();
    document.body.classList.add("dropping");
  });
  addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) document.body.classList.remove("dropping");
  });
  addEventListener("drop", (event) => {
    event.preventDefault();
    document.body.classList.remove("dropping");
    take(event.dataTransfer, add, report);
    document.querySelector("dialog")?.close();
  });
  addEventListener("paste", (event) => {
    const { target } = event;
    const isField = target instanceof Element && target.closest("input, textarea, select");
    if (!isField && take(event.clipboardData, add, report)) event.preventDefault();
  });
}

/** @param {{ add: Add, report: (message: string) => void }} wiring */
function pasteArea({ add, report }) {
  const area = h("textarea", {
    "aria-label": "Paste a scan report or a certificate chain",
    placeholder: "Paste a scan report or a certificate chain here, or drop files anywhere on the page.",
    spellcheck: "false",
    autocomplete: "off",
    autocapitalize: "off",
    rows: "9",
  });
  const submit = () => {
    if (area.value.trim() === "") return area.focus();
    add([pasted(area.value)]);
    area.value = "";
  };
  area.addEventListener("paste", (event) => {
    // What is added to typed text is judged with it, when the button is pressed.
    if (area.value === "" && take(event.clipboardData, add, report)) event.preventDefault();
  });
  area.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) submit();
  });
  const files = h("input", { type: "file", multiple: true, class: "unseen", "aria-label": "Choose files", tabindex: "-1" });
  files.addEventListener("change", () => {
    void read([...(files.files ?? [])], add, report);
    files.value = "";
  });
  return h(
    "div",
    { class: "paste" },
    area,
    h(
      "div",
      { class: "paste-row" },
      h("button", { type: "button", onclick: () => files.click() }, "Choose files…"),
      h("span", { class: "hint" }, "Several at once are fine."),
      h("button", { type: "button", class: "primary", onclick: submit }, "Judge"),
    ),
    files,
  );
}

/**
 * @param {typeof SAMPLES[number]} sample
 * @param {Add} add
 */
function sampleButton({ title, about, name, content }, add) {
  return h(
    "button",
    { type: "button", class: "sample", onclick: () => add([{ name, content }]) },
    h("strong", {}, title),
    h("span", {}, about),
  );
}

function privacy() {
  const policy = document.querySelector("meta[http-equiv='Content-Security-Policy']")?.getAttribute("content") ?? "";
  const [, origins] = /connect-src ([^;]*)/.exec(policy) ?? [];
  const reach = origins
    ? "This copy may speak to the server it came from and to nobody else; what you paste is judged here all the same."
    : "This page has no permission to use the network at all.";
  return h(
    "details",
    { class: "privacy" },
    h("summary", {}, "How to check that"),
    h("p", {}, `${reach} Your browser enforces it, by this policy in the page’s first lines:`),
    policy !== "" && h("pre", { tabindex: "0" }, policy.split("; ").join(";\n")),
    h(
      "p",
      {},
      "To see for yourself, open the developer tools on the network tab and paste something: the list stays empty. " +
        "Or disconnect first; everything works without a network.",
    ),
  );
}

/**
 * Takes what was pasted or dropped.
 * @param {DataTransfer | null} data
 * @param {Add} add
 * @param {(message: string) => void} report
 * @returns {boolean} Whether there was anything to take.
 */
function take(data, add, report) {
  const files = [...(data?.files ?? [])];
  if (files.length > 0) {
    void read(files, add, report);
    return true;
  }
  const text = data?.getData("text/plain") ?? "";
  if (text !== "") add([pasted(text)]);
  return text !== "";
}

/**
 * @param {File[]} files
 * @param {Add} add
 * @param {(message: string) => void} report
 */
async function read(files, add, report) {
  /** @type {NamedInput[]} */
  const inputs = [];
  const unread = [];
  for (const file of files) {
    try {
      inputs.push({ name: file.name, content: new Uint8Array(await file.arrayBuffer()) });
    } catch {
      unread.push(file.name);
    }
  }
  if (unread.length > 0) report(`Could not read ${unread.join(", ")}. A folder has to be opened, and its files dropped.`);
  if (inputs.length > 0) add(inputs);
}

/**
 * @param {string} content
 * @returns {NamedInput}
 */
function pasted(content) {
  pastes += 1;
  return { name: pastes === 1 ? "pasted text" : `pasted text ${pastes}`, content };
}
