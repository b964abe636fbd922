// @ts-check
// The raw ASN.1 of a certificate as a tree: where each element stands, its tag, its length and what it says. A branch is
// read when it is opened; nothing that was pasted can make it deeper, wider or longer than the bounds here.

import { h, unseen } from "./dom.js";
import { count } from "./words.js";

/** Elements inside elements that are followed. */
const MOST_DEEP = 40;
/** Elements of one branch that are drawn. */
const MOST_WIDE = 300;
/** Bytes of a value that are drawn. */
const MOST_BYTES = 64;
const MOST_LETTERS = 300;

const TAGS = /** @type {Record<number, string>} */ ({
  1: "BOOLEAN", 2: "INTEGER", 3: "BIT STRING", 4: "OCTET STRING", 5: "NULL", 6: "OBJECT IDENTIFIER", 10: "ENUMERATED", 12: "UTF8String", 16: "SEQUENCE",
  17: "SET", 18: "NumericString", 19: "PrintableString", 20: "TeletexString", 22: "IA5String", 23: "UTCTime", 24: "GeneralizedTime", 26: "VisibleString",
  28: "UniversalString", 30: "BMPString",
});
const CLASSES = ["", "APPLICATION ", "", "PRIVATE "];

const NAMES = /** @type {Record<string, string>} */ ({
  "1.2.840.10040.4.1": "DSA", "1.2.840.10045.2.1": "ecPublicKey", "1.2.840.10045.3.1.7": "P-256", "1.2.840.10045.4.3.2": "ecdsa-with-SHA256",
  "1.2.840.10045.4.3.3": "ecdsa-with-SHA384", "1.2.840.10045.4.3.4": "ecdsa-with-SHA512", "1.2.840.113549.1.1.1": "rsaEncryption",
  "1.2.840.113549.1.1.5": "sha1WithRSAEncryption", "1.2.840.113549.1.1.8": "mgf1", "1.2.840.113549.1.1.10": "RSASSA-PSS", "1.2.840.113549.1.1.11": "sha256WithRSAEncryption",
  "1.2.840.113549.1.1.12": "sha384WithRSAEncryption", "1.2.840.113549.1.1.13": "sha512WithRSAEncryption", "1.2.840.113549.1.9.1": "emailAddress",
  "1.3.101.112": "Ed25519", "1.3.101.113": "Ed448", "1.3.132.0.34": "P-384", "1.3.132.0.35": "P-521", "1.3.6.1.4.1.11129.2.4.2": "signedCertificateTimestampList",
  "1.3.6.1.5.5.7.1.1": "authorityInfoAccess", "1.3.6.1.5.5.7.1.24": "tlsFeature", "1.3.6.1.5.5.7.2.1": "CPS", "1.3.6.1.5.5.7.3.1": "serverAuth", "1.3.6.1.5.5.7.3.2": "clientAuth",
  "1.3.6.1.5.5.7.3.4": "emailProtection", "1.3.6.1.5.5.7.48.1": "OCSP", "1.3.6.1.5.5.7.48.2": "caIssuers", "2.5.4.3": "commonName", "2.5.4.5": "serialNumber",
  "2.5.4.6": "countryName", "2.5.4.7": "localityName", "2.5.4.8": "stateOrProvinceName", "2.5.4.10": "organizationName", "2.5.4.11": "organizationalUnitName",
  "2.5.4.15": "businessCategory", "2.5.29.14": "subjectKeyIdentifier", "2.5.29.15": "keyUsage", "2.5.29.17": "subjectAltName", "2.5.29.19": "basicConstraints",
  "2.5.29.30": "nameConstraints", "2.5.29.31": "cRLDistributionPoints", "2.5.29.32": "certificatePolicies", "2.5.29.35": "authorityKeyIdentifier", "2.5.29.37": "extKeyUsage",
  "2.16.840.1.101.3.4.2.1": "sha256", "2.16.840.1.101.3.4.3.17": "ML-DSA-44", "2.16.840.1.101.3.4.3.18": "ML-DSA-65", "2.16.840.1.101.3.4.3.19": "ML-DSA-87",
  "2.23.140.1.2.1": "domain-validated", "2.23.140.1.2.2": "organization-validated", "2.23.140.1.1": "extended-validation",
});

/**
 * An element: what its first byte says, where its contents begin, and where it ends.
 * @typedef {{ start: number, tag: number, kind: number, constructed: boolean, body: number, end: number }} Tlv
 */

/**
 * The element at `start`, or why there is none. Lengths are those of DER, and never reach beyond `end`.
 * @param {Uint8Array} bytes
 * @param {number} start
 * @param {number} end
 * @returns {Tlv | string}
 */
export function element(bytes, start, end) {
  const first = bytes[start] ?? 0;
  let at = start + 1;
  let tag = first & 0x1f;
  if (tag === 0x1f) {
    tag = 0;
    for (let more = true; more; at += 1) {
      if (at >= end || at > start + 4) return "the tag does not end";
      more = ((bytes[at] ?? 0) & 0x80) !== 0;
      tag = (tag << 7) | ((bytes[at] ?? 0) & 0x7f);
    }
  }
  if (at >= end) return "the length is missing";
  const octets = bytes[at] ?? 0;
  at += 1;
  let length = octets;
  if (octets === 0x80) return "its length is indefinite, which DER does not allow";
  if (octets > 0x80) {
    if (octets > 0x84) return "its length has more than four bytes";
    length = 0;
    for (let left = octets & 0x7f; left > 0; left -= 1, at += 1) {
      if (at >= end) return "the length is cut short";
      length = length * 256 + (bytes[at] ?? 0);
    }
  }
  if (length > end - at) return `it claims ${count(length, "byte")}, found ${end - at}`;
  return { start, tag, kind: first >> 6, constructed: (first & 0x20) !== 0, body: at, end: at + length };
}

/**
 * The elements that fill a range exactly, at most one more than are drawn; nothing where something else stands there.
 * @param {Uint8Array} bytes
 * @param {number} start
 * @param {number} end
 */
function inside(bytes, start, end) {
  const found = [];
  for (let at = start; at < end && found.length <= MOST_WIDE; ) {
    const one = element(bytes, at, end);
    if (typeof one === "string") return undefined;
    found.push(one);
    at = one.end;
  }
  return found.length > 0 ? found : undefined;
}

/**
 * Where the elements inside an element begin: those of a constructed one, or DER that a string carries.
 * @param {Uint8Array} bytes
 * @param {Tlv} one
 */
function carried(bytes, { kind, tag, constructed, body, end }) {
  if (constructed) return body;
  if (kind !== 0 || (tag !== 3 && tag !== 4)) return undefined;
  const from = tag === 3 ? body + 1 : body;
  if (tag === 3 && bytes[body] !== 0) return undefined;
  // Keys and hashes begin as elements by chance; what is DER fills its string, and begins with one of the usual tags.
  const isLikely = [0x30, 0x31, 0x02, 0x03, 0x04, 0x06, 0x0c, 0x13, 0x16].includes(bytes[from] ?? 0);
  return isLikely && inside(bytes, from, end)?.length === 1 ? from : undefined;
}

/**
 * @param {Tlv} one
 * @returns {string}
 */
export function tagName({ kind, tag }) {
  return kind === 0 ? (TAGS[tag] ?? `tag ${tag}`) : `${CLASSES[kind]}[${tag}]`;
}

/**
 * The value of a primitive element in words; hex where it has none.
 * @param {Uint8Array} bytes
 * @param {Tlv} one
 */
export function valueWords(bytes, { kind, tag, body, end }) {
  const value = bytes.subarray(body, end);
  if (kind === 0) {
    if (tag === 1 && value.length === 1) return value[0] === 0 ? "FALSE" : "TRUE";
    if (tag === 5 && value.length === 0) return "";
    if ((tag === 2 || tag === 10) && value.length > 0 && value.length <= 8) return String(BigInt.asIntN(8 * value.length, BigInt(`0x${hex(value)}`)));
    if (tag === 6) return identifier(value);
    const letters = text(tag, value);
    if (letters !== undefined) return letters;
  }
  const shown = hex(value.subarray(0, MOST_BYTES));
  return value.length > MOST_BYTES ? `${shown}… and ${count(value.length - MOST_BYTES, "more byte")}` : shown;
}

/** @param {Uint8Array} value */
function identifier(value) {
  /** @type {bigint[]} */
  const arcs = [];
  let arc = 0n;
  for (const byte of value.subarray(0, MOST_BYTES)) {
    arc = (arc << 7n) | BigInt(byte & 0x7f);
    if (byte & 0x80) continue;
    if (arcs.length === 0) arcs.push(arc < 80n ? arc / 40n : 2n, arc < 80n ? arc % 40n : arc - 80n);
    else arcs.push(arc);
    arc = 0n;
  }
  const dotted = arcs.join(".");
  return NAMES[dotted] ? `${dotted} ${NAMES[dotted]}` : dotted;
}

/**
 * @param {number} tag
 * @param {Uint8Array} value
 */
function text(tag, value) {
  const label = tag === 30 ? "utf-16be" : [12, 18, 19, 22, 23, 24, 26].includes(tag) ? "utf-8" : tag === 20 ? "iso-8859-1" : undefined;
  if (label === undefined) return undefined;
  const words = new TextDecoder(label).decode(value.subarray(0, 4 * MOST_LETTERS));
  const shown = words.slice(0, MOST_LETTERS).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "\ufffd");
  return `"${shown}"${words.length > MOST_LETTERS ? "…" : ""}`;
}

/** @param {Uint8Array} value */
function hex(value) {
  return Array.from(value, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * A fold that shows the tree of a certificate, read when it is opened.
 * @param {Uint8Array} der
 * @param {string} name What the certificate is called.
 */
export function asn1View(der, name) {
  const view = h("details", { class: "asn1" }, h("summary", {}, "Raw ASN.1", unseen(` of the certificate of ${name}`)));
  whenOpened(view, () => [
    h("p", { class: "hint" }, "Each element with the byte at which it begins, its tag, and the length of what it holds. Open one to see inside."),
    branch(der, 0, der.length, 1),
  ]);
  return view;
}

/**
 * @param {HTMLDetailsElement} fold
 * @param {() => Element[]} make
 */
function whenOpened(fold, make) {
  fold.addEventListener("toggle", () => fold.open && fold.append(...make()), { once: true });
}

/**
 * @param {Uint8Array} bytes
 * @param {number} start
 * @param {number} end
 * @param {number} depth
 */
function branch(bytes, start, end, depth) {
  const rows = [];
  for (let at = start; at < end; ) {
    const one = element(bytes, at, end);
    if (typeof one === "string") {
      rows.push(h("li", { class: "asn1-broken" }, h("code", {}, String(at)), ` not DER: ${one}. `, h("code", { class: "raw" }, hex(bytes.subarray(at, Math.min(end, at + MOST_BYTES))))));
      break;
    }
    if (rows.length === MOST_WIDE) {
      rows.push(h("li", { class: "hint" }, `More elements from byte ${at} on are not shown.`));
      break;
    }
    rows.push(h("li", {}, row(bytes, one, depth)));
    at = one.end;
  }
  return h("ul", { class: "asn1-tree" }, ...rows);
}

/**
 * @param {Uint8Array} bytes
 * @param {Tlv} one
 * @param {number} depth
 */
function row(bytes, one, depth) {
  const from = depth < MOST_DEEP ? carried(bytes, one) : undefined;
  const head = [h("code", { class: "asn1-at" }, unseen("byte "), String(one.start)), " ", h("span", { class: "asn1-tag" }, tagName(one)), h("span", { class: "hint" }, `, ${count(one.end - one.body, "byte")}`)];
  if (from === undefined) {
    const words = one.constructed ? "not followed deeper" : valueWords(bytes, one);
    return h("div", { class: "asn1-row" }, ...head, words !== "" && [" ", h("code", { class: "raw" }, words)]);
  }
  const fold = h("details", { open: depth === 1 }, h("summary", {}, ...head));
  if (depth === 1) fold.append(branch(bytes, from, one.end, depth + 1));
  else whenOpened(fold, () => [branch(bytes, from, one.end, depth + 1)]);
  return fold;
}
