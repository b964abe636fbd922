// @ts-check
// By which policy, as at which day, for which host: quiet, with defaults that need no thought.

import { dayWords, today } from "./dates.js";
import { fill, h } from "./dom.js";
import { MOZILLA, OWN_ROOTS } from "./roots.js";

/** How files of stores end. */
const STORES = ".pem,.crt,.cer,.der,.p7b,.p7c,.txt";
/** The value that stands for the policy file that was dropped. */
export const OWN_POLICY = "own";

/**
 * What can be set; empty text is the default.
 * @typedef {{ policy: string, at: string, host: string, collected: string, roots: string, ownHosts: readonly string[] }} Settings
 */

/** What the reader can state that evidence does not say. @typedef {"host" | "collected" | "ownHosts" | "roots"} Stated */

/**
 * @param {Element} root
 * @param {(settings: Settings) => void} changed
 * @param {(file: File, isBeside: boolean) => void} takeRoots Takes a file of roots.
 */
export function settingsView(root, changed, takeRoots) {
  const policy = h("select", { id: "policy" }, h("option", { value: "" }, "M365 in transit"));
  const at = h("input", { id: "at", type: "date", required: true });
  const plain = { type: "text", spellcheck: "false", autocapitalize: "off", autocomplete: "off" };
  const host = h("input", { id: "host", ...plain, placeholder: "mail.example.com", "aria-describedby": "host-hint" });
  const ownHosts = h("input", { id: "own-hosts", ...plain, placeholder: "mx.example.com 192.0.2.0/24", "aria-describedby": "own-hosts-hint" });
  const collected = h("input", { id: "collected", type: "date", "aria-describedby": "collected-hint" });
  at.value = today();
  const roots = h("select", { id: "roots", "aria-describedby": "roots-hint" }, h("option", { value: MOZILLA }, "Mozilla’s"), h("option", { value: "" }, "None"));
  const rootsFile = h("input", { id: "roots-file", type: "file", accept: STORES, "aria-describedby": "roots-file-hint" });
  const storesFile = h("input", { id: "stores-file", type: "file", accept: STORES, multiple: true, "aria-describedby": "stores-file-hint" });
  for (const input of [rootsFile, storesFile]) {
    input.addEventListener("change", () => {
      for (const file of input.files ?? []) takeRoots(file, input === storesFile);
      input.value = "";
    });
  }

  const more = h(
    "details",
    { class: "declare" },
    h("summary", {}, "Roots, hosts, scan date"),
    h(
      "div",
      { class: "declare-panel" },
      field("roots", "Roots", roots),
      h("p", { id: "roots-hint", class: "hint" }, "The root CAs that chains are verified against. Without any, none is verified."),
      field("roots-file", "Or your own", rootsFile),
      h("p", { id: "roots-file-hint", class: "hint" }, "Their certificates as PEM, DER or PKCS #7 (.p7b)."),
      field("stores-file", "Beside them", storesFile),
      h("p", { id: "stores-file-hint", class: "hint" }, "Other clients’ stores, to see which of them accept the chains: also what certutil -store Root or keytool -list print."),
      h("p", { class: "declare-more" }, "What the evidence does not say itself. The report marks it as declared."),
      field("host", "Host", host),
      h("p", { id: "host-hint", class: "hint" }, "The host that a pasted chain is for."),
      field("own-hosts", "Own mail hosts", ownHosts),
      h("p", { id: "own-hosts-hint", class: "hint" }, "Whose lines in the headers of a message you believe: names, *.example.com, addresses. Without any, headers prove nothing."),
      field("collected", "Collected on", collected),
      h("p", { id: "collected-hint", class: "hint" }, "The day of the scan, where a report carries no time."),
    ),
  );
  more.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    more.open = false;
    more.querySelector("summary")?.focus();
  });
  addEventListener("pointerdown", (event) => {
    if (event.target instanceof Node && !more.contains(event.target)) more.open = false;
  });

  let ownName = "";
  let rootsName = "";
  let packDefault = "";
  const send = () => changed(read());
  for (const control of [policy, roots, at, host, ownHosts, collected]) control.addEventListener("change", send);
  const fold = h(
    "details",
    { class: "fold-settings" },
    h("summary", {}, "Policy, roots and date"),
    h("div", { class: "fields" }, field("policy", "Policy", policy), field("at", "Judged as at", at), more),
  );
  const wide = matchMedia("(min-width: 40rem)");
  const unfold = () => (fold.open = wide.matches);
  wide.addEventListener("change", unfold);
  unfold();
  fill(root, fold);

  /** @returns {Settings} */
  function read() {
    if (at.value === "") at.value = today();
    return {
      policy: policy.value,
      at: at.value === today() ? "" : at.value,
      host: host.value.trim(),
      collected: collected.value,
      roots: roots.value,
      ownHosts: ownHosts.value.split(/[\s,;]+/).filter(Boolean),
    };
  }

  return {
    read,
    /**
     * @param {{ id: string, title: string, version: string }[]} policies
     * @param {string} chosen
     * @param {import("intransit").StoreReference} mozilla
     */
    offer(policies, chosen, mozilla) {
      packDefault = chosen;
      fill(policy, ...policies.map(({ id, title, version }) => h("option", { value: id }, `${title} ${version}`)));
      policy.value = chosen;
      this.own(ownName);
      const shipped = roots.querySelector(`[value=${MOZILLA}]`);
      if (shipped) shipped.textContent = `Mozilla’s, ${dayWords(mozilla.date)}`;
    },
    /**
     * Offers and chooses the policy of a file, or withdraws it.
     * @param {string} name Empty where there is none.
     */
    own(name) {
      const had = policy.value === OWN_POLICY || name !== ownName;
      ownName = name;
      policy.querySelector(`[value=${OWN_POLICY}]`)?.remove();
      if (name !== "") policy.append(h("option", { value: OWN_POLICY }, `Yours: ${name}`));
      if (had) policy.value = name === "" ? packDefault : OWN_POLICY;
    },
    /**
     * Offers and chooses the roots of a file, or withdraws them.
     * @param {string} name Empty where there are none.
     */
    ownRoots(name) {
      if (name === rootsName) return;
      const had = roots.value === OWN_ROOTS || name !== "";
      rootsName = name;
      roots.querySelector(`[value=${OWN_ROOTS}]`)?.remove();
      if (name !== "") roots.append(h("option", { value: OWN_ROOTS }, `Yours: ${name}`));
      if (had) roots.value = name === "" ? MOZILLA : OWN_ROOTS;
    },
    /**
     * Judges by this shipped policy.
     * @param {string} id
     */
    judgeBy(id) {
      policy.value = id;
      send();
    },
    /** Judges as at today again. */
    backToToday() {
      at.value = today();
      send();
    },
    /** @param {Stated} name */
    declare(name) {
      fold.open = true;
      more.open = true;
      ({ host, collected, ownHosts, roots })[name].focus();
    },
  };
}

/**
 * @param {string} id
 * @param {string} label
 * @param {Element} control
 */
function field(id, label, control) {
  return h("div", { class: "field" }, h("label", { for: id }, label), control);
}
