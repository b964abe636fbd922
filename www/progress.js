// @ts-check
// What is shown while a judgement takes longer than a blink, with the way to stop it.

import { h } from "./dom.js";

const PATIENCE = 200;

/**
 * @param {Element} subject What is busy.
 * @param {() => void} cancel
 */
export function progress(subject, cancel) {
  const words = h("span", {});
  const bar = h("progress", { "aria-label": "Judging" });
  const element = h(
    "div",
    { class: "progress", hidden: true },
    h("div", { role: "status" }, words),
    bar,
    h("button", { type: "button", onclick: cancel }, "Cancel"),
  );
  document.body.append(element);
  let isOn = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  return {
    isOn: () => isOn,
    /** @param {string} message */
    start(message) {
      isOn = true;
      clearTimeout(timer);
      timer = setTimeout(() => {
        words.textContent = message;
        element.hidden = false;
        subject.setAttribute("aria-busy", "true");
      }, PATIENCE);
    },
    stop() {
      isOn = false;
      clearTimeout(timer);
      element.hidden = true;
      words.textContent = "";
      subject.removeAttribute("aria-busy");
    },
  };
}
