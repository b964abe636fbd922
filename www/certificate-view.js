// @ts-check
// A certificate in words, with every extension, its fingerprints, and itself to copy.

import { dayWords, distanceWords } from "./dates.js";
import { asn1View } from "./asn1.js";
import { copyButton, factList, fill, h, unseen } from "./dom.js";
import { certificateName, count } from "./words.js";

/** @typedef {import("intransit").CertificateSummary} Certificate */
/** @typedef {import("./endpoints-view.js").Reach} Reach */

const DAY = 86_400_000;

/** What the extensions are for, in words; the others stand under their usual name. */
const EXTENSIONS = /** @type {Record<string, string>} */ ({
  subjectAltName: "Names it is for",
  basicConstraints: "Kind of certificate",
  keyUsage: "What the key may do",
  extKeyUsage: "Purposes",
  authorityKeyIdentifier: "Identifier of the issuer’s key",
  subjectKeyIdentifier: "Identifier of its own key",
  cRLDistributionPoints: "Where revocation lists are",
  authorityInfoAccess: "About its issuer",
  certificatePolicies: "Policies it was issued under",
  nameConstraints: "Limits on names below it",
  signedCertificateTimestampList: "Timestamps of public logs",
  tlsFeature: "What the server must answer with",
});

/**
 * @param {Certificate} certificate
 * @param {string} at
 * @param {Reach} reach
 */
export function certificateView(certificate, at, reach) {
  const { subject, issuer, notBefore, notAfter, key, signatureAlgorithm, names, serial, sha256, extensions = [], problems = [], words } = certificate;
  const name = certificateName(certificate);
  const ends = notAfter && `${Date.parse(notAfter) < Date.parse(at) ? "ended" : "ends"} ${distanceWords(notAfter, at)}`;
  const prints = h("dd", {}, h("p", {}, "SHA-256 ", h("code", {}, sha256)));
  const tools = h("div", { class: "row" });
  const element = h(
    "details",
    { class: "endpoint certificate", "data-open": `certificate ${sha256}`, "data-sha256": sha256 },
    h("summary", {}, h("span", { class: "endpoint-name" }, name), h("span", { class: "finding-where" }, [key, ends].filter(Boolean).join(" · "))),
    factList([
      ["Subject", subject || "empty"],
      ["Issuer", issuer === subject && issuer !== "" ? `${issuer}, the same name` : issuer],
      ["Valid", notBefore && notAfter && `${dayWords(notBefore)} to ${dayWords(notAfter)}, ${count(lifetime(notBefore, notAfter), "day")}; ${ends}`],
      ["Key", key],
      ["Signature", signatureAlgorithm],
      ["Names", names.length > 0 && h("ul", { class: "plain" }, ...names.map((one) => h("li", {}, one)))],
      ["Serial", serial && h("code", {}, serial)],
      ["Problems", problems.length > 0 && h("ul", { class: "plain" }, ...problems.map((one) => h("li", {}, one)))],
    ]),
    h("h4", {}, `Extensions, ${extensions.length}`),
    extensions.length > 0 ? h("dl", { class: "facts extensions" }, ...extensions.flatMap(extension)) : h("p", { class: "hint" }, "None was shown."),
    h("h4", {}, "Fingerprints"),
    h("dl", { class: "facts" }, h("dt", {}, "Of its bytes"), prints),
    tools,
  );
  fill(tools, words.length > 0 && h("button", { type: "button", onclick: () => reach.go(words) }, "Show me", unseen(` the certificate of ${name}`)));
  void offerPem(certificate, reach, prints, tools, name);
  return element;
}

/** @param {NonNullable<Certificate["extensions"]>[number]} extension */
function extension({ oid, name, critical, says = [], hex }) {
  const values = says.length > 1 ? h("ul", { class: "plain" }, ...says.map((one) => h("li", {}, one))) : h("p", {}, says[0] ?? "");
  const raw = hex !== undefined && [h("p", { class: "hint" }, "Not decoded; its bytes:"), h("code", { class: "raw" }, hex || "none")];
  const words = name && EXTENSIONS[name];
  return [
    h("dt", {}, words ?? name ?? "Extension without a known name"),
    h("dd", {}, ...(raw || [values]), h("p", { class: "hint" }, [words && name, oid, critical ? "critical" : "not critical"].filter(Boolean).join(" · "))),
  ];
}

/**
 * @param {string} from
 * @param {string} to
 */
function lifetime(from, to) {
  return Math.round((Date.parse(to) - Date.parse(from)) / DAY);
}

/**
 * Offers the certificate itself where the bytes in the evidence are proven to be the ones that were judged.
 * @param {Certificate} certificate
 * @param {Reach} reach
 * @param {Element} prints
 * @param {Element} tools
 * @param {string} name
 */
async function offerPem({ sha256, words }, { bytesAt }, prints, tools, name) {
  // Browsers hash in secure contexts only; without a hash there is no proof.
  const hashing = globalThis.crypto?.subtle;
  if (!hashing) return;
  for (const span of words) {
    const der = certificateBytes(bytesAt(span));
    if (!der || hexOf(await hashing.digest("SHA-256", der)) !== sha256) continue;
    const sha1 = hexOf(await hashing.digest("SHA-1", der));
    prints.append(h("p", {}, "SHA-1 ", h("code", {}, sha1)), h("p", { class: "hint" }, "SHA-1 is here to look the certificate up in older tools, not to trust it."));
    const button = copyButton(pem(der), "Copy as PEM");
    button.setAttribute("aria-label", `Copy as PEM: the certificate ${sha256.slice(0, 8)}`);
    button.classList.remove("quiet");
    tools.append(button);
    tools.after(asn1View(der, name));
    return;
  }
}

/**
 * The bytes of a certificate: as they are, or out of base64 with or without its PEM lines and JSON's escapes.
 * @param {Uint8Array | undefined} bytes
 * @returns {Uint8Array<ArrayBuffer> | undefined}
 */
function certificateBytes(bytes) {
  if (!bytes) return undefined;
  if (bytes[0] === 0x30) return new Uint8Array(bytes);
  const text = new TextDecoder().decode(bytes).replace(/\\[nr]/g, "\n").replaceAll("\\/", "/");
  const base64 = (/-----BEGIN [A-Z0-9 ]*CERTIFICATE-----(.*?)-----END/s.exec(text)?.[1] ?? text).replace(/[^A-Za-z0-9+/]/g, "");
  try {
    return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  } catch {
    return undefined;
  }
}

/** @param {Uint8Array} der */
function pem(der) {
  const base64 = btoa(Array.from(der, (byte) => String.fromCharCode(byte)).join(""));
  return `-----BEGIN CERTIFICATE-----\n${base64.replace(/.{1,64}/g, "$&\n")}-----END CERTIFICATE-----\n`;
}

/** @param {ArrayBuffer} buffer */
function hexOf(buffer) {
  return Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
