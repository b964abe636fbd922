// @ts-check
// What the page judges by: what was chosen in the bar, with the files that were taken.

import { startOf } from "./dates.js";
import { OWN_ROOTS, rootsWords } from "./roots.js";
import { OWN_POLICY } from "./settings-view.js";

/** @typedef {ReturnType<ReturnType<typeof import("./settings-view.js").settingsView>["read"]>} Chosen */
/** @typedef {import("./basis.js").Basis} Basis */
/** @typedef {import("intransit").Catalogue} Catalogue */

/**
 * How to judge, as `check` takes it.
 * @param {Chosen} chosen
 * @param {Basis} basis
 */
export function optionsOf({ policy, at, host, collected, roots, ownHosts }, basis) {
  const own = policy === OWN_POLICY ? basis.policy : undefined;
  return {
    now: new Date(),
    ...(own ? { policy: own.text, policyName: own.name } : policy && policy !== OWN_POLICY && { policy }),
    ...storesOf(roots, basis),
    ...(basis.sheet && { sheet: basis.sheet.text, sheetName: basis.sheet.name }),
    ...(basis.inventory && { inventory: basis.inventory.text, inventoryName: basis.inventory.name }),
    ...(at && { at: startOf(at) }),
    ...(host && { host }),
    ...(ownHosts.length > 0 && { ownHosts }),
    ...(collected && { collected: startOf(collected) }),
  };
}

/**
 * The stores, the deciding one first.
 * @param {string} roots
 * @param {Basis} basis
 */
function storesOf(roots, { roots: own, stores }) {
  const first = roots === OWN_ROOTS ? own : roots;
  const all = [...(first ? [first] : []), ...stores.filter(({ name }) => name !== own?.name || first !== own)];
  return all.length > 0 && { roots: all };
}

/**
 * What people call the policy that is chosen.
 * @param {Chosen} chosen
 * @param {Basis} basis
 * @param {Catalogue | undefined} catalogue
 */
export function policyTitle({ policy }, basis, catalogue) {
  const pack = catalogue?.policies.find(({ id }) => id === (policy || catalogue.defaultPolicy));
  return (policy === OWN_POLICY ? basis.policy?.name : pack?.title) ?? "the policy";
}

/**
 * What chains are verified against, as it is chosen; nothing where no roots are.
 * @param {Chosen} chosen
 * @param {Basis} basis
 * @param {Catalogue | undefined} catalogue
 */
export function rootsTitle({ roots }, basis, catalogue) {
  if (roots === OWN_ROOTS && basis.roots) return `your roots, ${basis.roots.name}`;
  return roots && (catalogue ? rootsWords(catalogue.mozillaRoots) : "Mozilla’s roots");
}
