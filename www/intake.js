// @ts-check
// Where evidence comes in: pasted, dropped, chosen as files, or a sample at a click.

import { fill, h } from "./dom.js";
import { SAMPLES } from "./samples.js";
import { Slices } from "./slices.js";

/** @typedef {import("intransit").NamedInput} NamedInput */
/** @typedef {(inputs: NamedInput[]) => void} Add */

/**
 * Where evidence goes; `takeFiles` says whether it took files that are too many to be read at once.
 * @typedef {{ add: Add, takeFiles: (files: { name: string, file: File }[]) => Promise<boolean>, report: (message: string) => void }} Intake
 */

let pastes = 0;

/**
 * The first sight of the page.
 * @param {Element} root
 * @param {Intake & { formats: Element }} wiring
 */
export function renderIntake(root, wiring) {
  const { add, formats } = wiring;
  fill(
    root,
    h("h1", { id: "intake-title" }, "Is it encrypted in transit? Paste what you have."),
    h("p", { class: "lead" }, "Nothing you paste leaves this page."),
    privacy(),
    pasteArea(wiring),
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
 * @param {Intake} wiring
 * @param {boolean} isApart Whether each input is judged on its own.
 */
export function openIntake(wiring, isApart) {
  const dialog = h("dialog", { class: "more", "aria-labelledby": "more-title" });
  const close = () => dialog.close();
  fill(
    dialog,
    h("h2", { id: "more-title" }, "Add evidence"),
    h("p", {}, isApart ? "Each input is judged on its own, and becomes a row of the table." : "It is judged together with what is there: two reports on one endpoint are laid side by side."),
    pasteArea({
      ...wiring,
      add: (inputs) => {
        close();
        wiring.add(inputs);
      },
      takeFiles: async (files) => {
        const isTaken = await wiring.takeFiles(files);
        if (isTaken) close();
        return isTaken;
      },
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
 * @param {Intake} wiring
 */
export function listenEverywhere(wiring) {
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
    take(event.dataTransfer, wiring);
    document.querySelector("dialog")?.close();
  });
  addEventListener("paste", (event) => {
    const { target } = event;
    const isField = target instanceof Element && target.closest("input, textarea, select");
    if (!isField && take(event.clipboardData, wiring)) event.preventDefault();
  });
}

/** @param {Intake} wiring */
function pasteArea(wiring) {
  const { add } = wiring;
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
    if (area.value === "" && take(event.clipboardData, wiring)) event.preventDefault();
  });
  area.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) submit();
  });
  const files = h("input", { type: "file", multiple: true, class: "unseen", "aria-label": "Choose files", tabindex: "-1" });
  files.addEventListener("change", () => chosen(files, wiring));
  return h(
    "div",
    { class: "paste" },
    area,
    h(
      "div",
      { class: "paste-row" },
      h("button", { type: "button", onclick: () => files.click() }, "Choose files…"),
      h("button", { type: "button", class: "folder", onclick: () => chooseFolder(wiring) }, "Choose a folder…"),
      h("span", { class: "hint" }, "Thousands at once are fine."),
      h("button", { type: "button", class: "primary", onclick: submit }, "Judge"),
    ),
    files,
  );
}

/**
 * Asks for a folder, and takes all that is in it.
 * @param {Intake} wiring
 */
function chooseFolder(wiring) {
  const folder = h("input", { type: "file", webkitdirectory: true });
  folder.addEventListener("change", () => chosen(folder, wiring));
  folder.click();
}

/**
 * Takes what was chosen.
 * @param {HTMLInputElement} input
 * @param {Intake} wiring
 */
function chosen(input, wiring) {
  // An emptied field empties its list.
  if (input.files) void read(input.files, wiring).finally(() => (input.value = ""));
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
 * @param {Intake} wiring
 * @returns {boolean} Whether there was anything to take.
 */
function take(data, wiring) {
  const files = data?.files;
  if (files && files.length > 0) {
    void read(files, wiring);
    return true;
  }
  const text = data?.getData("text/plain") ?? "";
  if (text !== "") wiring.add([pasted(text)]);
  return text !== "";
}

/**
 * @param {FileList} files The list outlives the event that it came with; thousands are looked at in slices.
 * @param {Intake} wiring
 */
async function read(files, { add, takeFiles, report }) {
  const slices = new Slices();
  const named = [];
  for (const file of files) {
    // Those of a folder may have the same name, and then differ by where they stand in it.
    named.push({ name: file.webkitRelativePath || file.name, file });
    if (slices.isOver()) await slices.rest();
  }
  if (named.length === 0 || (await takeFiles(named))) return;
  /** @type {NamedInput[]} */
  const inputs = [];
  const unread = [];
  for (const { name, file } of named) {
    try {
      inputs.push({ name, content: new Uint8Array(await file.arrayBuffer()) });
    } catch {
      unread.push(name);
    }
  }
  if (unread.length > 0) report(`Could not read ${unread.join(", ")}. A folder has to be chosen with its button, or opened and its files dropped.`);
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
