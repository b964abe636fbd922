// @ts-check
// What an input is for, by its content: evidence, a policy, an inventory of flows, or a report that was saved.

/** @typedef {import("intransit").NamedInput} NamedInput */
/** @typedef {"evidence" | "policy" | "inventory" | "sheet" | "store" | "report"} Kind */

/** Files of people are smaller; what is larger comes from a machine. */
const LONGEST_SETTING = 2_000_000;
const LONGEST_REPORT = 30_000_000;
const HEAD = 4000;

const POLICY_KEYS = ["extends", "waivers", "attestations", "maxEvidenceAgeDays", "expects", "inventory"];
const POLICY_WORDS = /"(?:extends|waivers|attestations|maxEvidenceAgeDays)"\s*:/;
/** How hand-off sheets begin, and the first attribute of Microsoft's table. */
const SHEET_WORDS = /^(?:# )?Hand-off sheet\r?\n|Certificate authority root issuer/;
/** What certutil, PowerShell and keytool write of a store before its first thumbprint. */
const STORE_WORDS = /^={16} .* 0 ={16}\r?$|^Thumbprint\s+Subject|, trustedCertEntry,|^Entry type: trustedCertEntry/m;
/** Members that no policy has and every scan report has. */
const REPORT_WORDS = /"(?:scanResult|server_scan_results|finding|endpoints|findings|scans)"\s*:/;

/**
 * What an input is, and its text where it is none of the evidence.
 * @param {NamedInput} input
 * @returns {{ kind: Kind, text: string }}
 */
export function kindOf({ content }) {
  const evidence = { kind: /** @type {const} */ ("evidence"), text: "" };
  if (content.length > LONGEST_REPORT) return evidence;
  const head = textOf(content.slice(0, HEAD)).trimStart();
  if (head.startsWith("{") && /"schemaVersion"\s*:/.test(head) && /"generator"\s*:\s*"intransit/.test(head)) {
    return { kind: "report", text: textOf(content) };
  }
  if (content.length <= LONGEST_SETTING && SHEET_WORDS.test(head)) return { kind: "sheet", text: textOf(content) };
  if (content.length <= LONGEST_SETTING && STORE_WORDS.test(head)) return { kind: "store", text: "" };
  if (content.length > LONGEST_SETTING || !(/^[{[]/.test(head) || isHeader(head))) return evidence;
  const text = textOf(content);
  if (isInventory(text)) return { kind: "inventory", text };
  return isPolicy(text) ? { kind: "policy", text } : evidence;
}

/** @param {string | Uint8Array} content */
function textOf(content) {
  const text = typeof content === "string" ? content : new TextDecoder(content[0] === 0xff && content[1] === 0xfe ? "utf-16le" : "utf-8").decode(content);
  return text.replace(/^\uFEFF/, "");
}

/** @param {string} text */
function isInventory(text) {
  return isHeader(text) || (/^\s*\[/.test(text) && /"anyOf"\s*:/.test(text) && !REPORT_WORDS.test(text));
}

/**
 * Whether the first line that says something names the columns of an inventory.
 * @param {string} text
 */
function isHeader(text) {
  const line = text.split(/\r?\n/).find((one) => one.trim() !== "" && !one.startsWith("#")) ?? "";
  const columns = line.split(/[,;]/).map((name) => name.trim().replaceAll('"', "").toLowerCase());
  return columns.includes("endpoints") && (columns.includes("name") || columns.includes("flow"));
}

/**
 * A policy that is broken is still no evidence: what is wrong with it should be said as such.
 * @param {string} text
 */
function isPolicy(text) {
  if (!/^\s*\{/.test(text) || REPORT_WORDS.test(text)) return false;
  try {
    const keys = Object.keys(JSON.parse(text));
    return POLICY_KEYS.some((key) => keys.includes(key)) || (keys.includes("rules") && keys.includes("id"));
  } catch {
    return POLICY_WORDS.test(text);
  }
}
