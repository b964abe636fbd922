// @ts-check
// Elements without markup: text goes in as text, so nothing that was pasted can become part of the page.

/** @typedef {Node | string | number | false | null | undefined} Child */

/**
 * An element. Properties that start with `on` are listeners, `true` is an attribute without a value, and `false`
 * and `undefined` are no attribute.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, unknown>} [properties]
 * @param {...(Child | Child[])} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), /** @type {EventListener} */ (value));
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== undefined) element.setAttribute(name, String(value));
  }
  append(element, children);
  return element;
}

/**
 * An element of a drawing.
 * @param {string} tag
 * @param {Record<string, string | number>} attributes
 * @param {...Element} children
 */
export function svg(tag, attributes, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}

/**
 * A link that leaves the page, and says so.
 * @param {string} url
 * @param {string} words
 */
export function leaving(url, words) {
  return h("a", { href: url, target: "_blank", rel: "noreferrer noopener" }, words, unseen(" (leaves this page)"));
}

/**
 * Terms with their descriptions; what is missing is left out.
 * @param {[string, Child | Child[]][]} rows
 */
export function factList(rows) {
  const isThere = (/** @type {Child | Child[]} */ value) => value !== undefined && value !== false && value !== null && value !== "";
  return h("dl", { class: "facts" }, ...rows.flatMap(([term, value]) => (isThere(value) ? [h("dt", {}, term), h("dd", {}, value)] : [])));
}

/**
 * Replaces what is in an element.
 * @param {Element} element
 * @param {...(Child | Child[])} children
 */
export function fill(element, ...children) {
  element.replaceChildren();
  append(element, children);
}

/**
 * @param {string} id
 * @returns {HTMLElement}
 */
export function byId(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`expected an element \`#${id}\` in the page`);
  return element;
}

/**
 * Words that are read aloud and not shown.
 * @param {string} words
 */
export function unseen(words) {
  return h("span", { class: "unseen" }, words);
}

/**
 * Words with the user's own text, which stands in backticks, as code, and with places for line breaks in names
 * such as `TLS_RSA_WITH_AES_128_CBC_SHA`.
 * @param {string} words
 * @returns {Child[]}
 */
export function quoted(words) {
  return words.split("`").flatMap((part, index) => (index % 2 === 1 ? h("code", {}, part) : breakable(part)));
}

/**
 * A command with a button that copies it. Lines break between its words, not behind the hyphens of an option.
 * @param {string} command
 */
export function commandLine(command) {
  const words = command.split(/( +)/).map((word) => (word.startsWith("-") ? h("span", { class: "word" }, word) : word));
  return h("div", { class: "command" }, h("code", {}, ...words), copyButton(command, "Copy"));
}

/**
 * A button that copies text and says so.
 * @param {string} text
 * @param {string} label
 */
export function copyButton(text, label) {
  const state = h("span", { "aria-live": "polite" }, label);
  const button = h("button", { type: "button", class: "quiet copy", "aria-label": `${label}: ${text}` }, state);
  button.addEventListener("click", async () => {
    const done = await copy(text);
    state.textContent = done ? "Copied" : "Select and copy";
    setTimeout(() => (state.textContent = label), 2000);
  });
  return button;
}

/**
 * @param {string} words
 * @returns {Child[]}
 */
function breakable(words) {
  return words.split(/(?<=_)/).flatMap((part) => (part.endsWith("_") ? [part, h("wbr")] : [part]));
}

/**
 * @param {string} text
 * @returns {Promise<boolean>}
 */
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Pages on file:// may have no clipboard API; the old command still works there.
    const area = h("textarea", { class: "unseen", "aria-hidden": "true", tabindex: "-1" });
    area.value = text;
    const focused = document.activeElement;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    if (focused instanceof HTMLElement) focused.focus();
    return done;
  }
}

/**
 * @param {Element} element
 * @param {(Child | Child[])[]} children
 */
function append(element, children) {
  for (const child of children.flat()) {
    if (child !== false && child !== null && child !== undefined) element.append(child instanceof Node ? child : String(child));
  }
}
