// @ts-check
// The addresses that the certificates name for CRLs, OCSP and issuers' certificates: what a firewall has to let through.

import { h, quoted } from "./dom.js";
import { certificateName } from "./words.js";

/** @typedef {import("intransit").Report} Report */

/** Certificates that are named with an address. */
const FIRST = 3;

const USES = { crl: "CRLs", ocsp: "OCSP", caIssuers: "certificates of issuing CAs" };

/**
 * @param {Report} report
 */
export function addressesView(report) {
  const { caAddresses = [], certificates } = report;
  if (caAddresses.length === 0) return null;
  const name = (/** @type {string} */ sha256) => {
    const certificate = certificates.find((one) => one.sha256 === sha256);
    return certificate ? certificateName(certificate) : sha256;
  };
  const named = (/** @type {readonly string[]} */ by) => {
    const more = by.length > FIRST ? [`${by.length - FIRST} more`] : [];
    return [...by.slice(0, FIRST).map(name), ...more].join(", ");
  };
  return h(
    "details",
    { class: "endpoint", "data-open": "ca-addresses" },
    h("summary", {}, `Addresses that validating the certificates may need: ${caAddresses.length}`),
    h("p", { class: "hint" }, ...quoted("What a locked-down firewall has to let through. CRLs and OCSP are asked for over http, not https: they are signed. On Windows, `certutil -verify -urlfetch CERTIFICATE.cer` tries them.")),
    h(
      "ul",
      { class: "plain addresses" },
      ...caAddresses.map(({ scheme, host, port, uses, certificates: by }) =>
        h("li", {}, h("code", {}, `${scheme}://${host}:${port}`), h("span", { class: "hint" }, `for ${uses.map((use) => USES[use]).join(", ")}; named by ${named(by)}`)),
      ),
    ),
  );
}
