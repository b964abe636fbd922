// Certificates decoded and judged in Node, in one thread, against libraries that decode them. Every contender starts
// from the same PEM text and has to hand over the same facts of every certificate; a fact that is missing or another
// one fails the bench. Nobody else judges: intransit does so in the time that is measured, and builds its report.

import assert from "node:assert/strict";
import { X509Certificate as NodeCertificate, createHash } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";

import "reflect-metadata";
import * as peculiar from "@peculiar/x509";
import { check } from "../dist/pkg/intransit.js";
import jsrsasign from "jsrsasign";
import * as pkijs from "pkijs";

import { median, race, ratio, table, target, figures } from "./lib/rounds.mjs";

const folder = new URL("../tests/cases/pki/", import.meta.url);
const BLOCK = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----\n?/g;
const NAMES = "2.5.29.17";

const hex = (bytes) => Buffer.from(bytes).toString("hex");
const magnitude = (serial) => serial.toLowerCase().replace(/^(00)+(?=.)/, "");
const seconds = (date) => Math.floor(date.getTime() / 1000);
const der = (pem) => Buffer.from(pem.slice(pem.indexOf("\n"), pem.lastIndexOf("-----END")), "base64");

/** What each contender does with one certificate; the facts show that it did it. */
const peers = {
  // `fromBER` decodes names and key; `parsedValue` the value of each extension that it knows.
  "PKI.js": (pem) => {
    const certificate = pkijs.Certificate.fromBER(der(pem));
    const names = certificate.extensions?.find(({ extnID }) => extnID === NAMES)?.parsedValue?.altNames ?? [];
    return {
      serial: magnitude(hex(certificate.serialNumber.valueBlock.valueHexView)),
      notAfter: seconds(certificate.notAfter.value),
      dns: names.filter(({ type }) => type === 2).map(({ value }) => value),
      extensions: certificate.extensions?.length ?? 0,
      parsed: certificate.extensions?.map(({ parsedValue }) => parsedValue),
    };
  },
  // Extensions are decoded when they are asked for, and are: each by the constructor of its kind.
  "@peculiar/x509": (pem) => {
    const certificate = new peculiar.X509Certificate(der(pem));
    const names = certificate.getExtension(peculiar.SubjectAlternativeNameExtension)?.names.items ?? [];
    return {
      serial: magnitude(certificate.serialNumber),
      notAfter: seconds(certificate.notAfter),
      dns: names.filter(({ type }) => type === "dns").map(({ value }) => value),
      extensions: certificate.extensions.length,
      parsed: [certificate.subject, certificate.issuer, certificate.notBefore, certificate.publicKey.algorithm],
    };
  },
  // `getParam` walks the whole certificate, with every extension.
  jsrsasign: (pem) => {
    const certificate = new jsrsasign.X509(pem);
    const facts = certificate.getParam();
    const names = facts.ext?.find(({ extname }) => extname === "subjectAltName")?.array ?? [];
    return {
      serial: magnitude(facts.serial.hex),
      notAfter: seconds(jsrsasign.zulutodate(facts.notafter)),
      dns: names.flatMap(({ dns }) => dns ?? []),
      extensions: facts.ext?.length ?? 0,
      parsed: facts,
    };
  },
  // OpenSSL; it has no list of extensions, so that all is read that it has a property for.
  "crypto.X509Certificate": (pem) => {
    const certificate = new NodeCertificate(pem);
    const { subject, issuer, subjectAltName = "", infoAccess, keyUsage, ca, validFrom, fingerprint256 } = certificate;
    const { asymmetricKeyType, asymmetricKeyDetails } = certificate.publicKey;
    return {
      serial: magnitude(certificate.serialNumber),
      notAfter: seconds(new Date(certificate.validTo)),
      dns: subjectAltName.split(", ").flatMap((name) => (name.startsWith("DNS:") ? name.slice(4) : [])),
      parsed: [subject, issuer, infoAccess, keyUsage, ca, validFrom, fingerprint256, asymmetricKeyType, asymmetricKeyDetails],
    };
  },
};

/** The certificates that every contender can read, each once: peers refuse odd keys and broken fields. */
function readable() {
  const found = new Set();
  const left = [];
  for (const file of readdirSync(folder).filter((name) => name.endsWith(".pem")).sort()) {
    for (const pem of readFileSync(new URL(file, folder), "utf8").match(BLOCK) ?? []) found.add(pem);
  }
  const kept = [...found].filter((pem) => {
    try {
      const facts = Object.entries(peers).map(([name, read]) => [name, read(pem)]);
      for (const [, { serial, notAfter, dns }] of facts) {
        assert.deepEqual({ serial, notAfter, dns }, { serial: facts[0][1].serial, notAfter: facts[0][1].notAfter, dns: facts[0][1].dns });
      }
      return true;
    } catch (error) {
      left.push(String(error).split("\n")[0]);
      return false;
    }
  });
  return { kept, left };
}

const { kept, left } = readable();
const bundle = Buffer.from(kept.join(""));
const options = { now: new Date("2026-11-22T10:00:00Z") };

/** Ours: one call for the bundle, from bytes to the report as a JavaScript object. */
const ours = () => check(bundle, options);

/** Every fact that the contenders are asked for; how many findings there are. */
function compare() {
  const answer = ours();
  assert.ok(answer.ok, "the bundle was not judged");
  const { certificates, findings } = answer.report;
  assert.equal(certificates.length, kept.length, "a certificate is missing from the report");
  const byHash = new Map(certificates.map((certificate) => [certificate.sha256, certificate]));
  const subjects = new Set(findings.map(({ subject }) => subject.certificate));
  for (const pem of kept) {
    const { serial, notAfter, dns } = peers["PKI.js"](pem);
    const certificate = byHash.get(createHash("sha256").update(der(pem)).digest("hex"));
    assert.ok(certificate, `certificate ${serial} is missing from the report`);
    assert.equal(magnitude(certificate.serial), serial);
    assert.equal(seconds(new Date(certificate.notAfter)), notAfter, `the end of ${serial}`);
    for (const name of dns) assert.ok(certificate.names.includes(name), `the name ${name} of ${serial}`);
    assert.ok(subjects.has(certificate.sha256), `no finding speaks of ${serial}`);
    for (const word of ["subject", "issuer", "key", "signatureAlgorithm", "notBefore"]) {
      assert.ok(certificate[word], `the ${word} of ${serial}`);
    }
  }
  const counts = ["PKI.js", "@peculiar/x509", "jsrsasign"].map((name) =>
    kept.reduce((sum, pem) => sum + peers[name](pem).extensions, 0),
  );
  assert.equal(new Set(counts).size, 1, `extensions: ${counts.join(", ")}`);
  return findings.length;
}

const findings = compare();
const all = Object.entries(peers).map(([name, read]) => [name, () => kept.forEach((pem) => read(pem))]);
const times = race({ intransit: ours, ...Object.fromEntries(all) });

console.log(
  `certificates per CPU-second in Node ${process.version}: ${kept.length} of tests/cases/pki, those that all can read ` +
    `(${left.length} others); intransit also judges them (${findings} findings)`,
);
const rows = [["", "per CPU-second", "intransit is"]];
for (const [name, found] of Object.entries(times)) {
  const perSecond = (kept.length * 1e6) / median(found);
  rows.push([name, figures(perSecond), name === "intransit" ? "" : ratio(times.intransit, found).words]);
}
table(rows);
target("certificates against PKI.js", ratio(times.intransit, times["PKI.js"]).middle, 40);
