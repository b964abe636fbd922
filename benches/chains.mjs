// Chains of four RSA certificates verified in Node: server, two issuing CAs, root, 2048 bits each. Every contender
// starts from the same PEM text, has to accept each chain for the root it is given, and to refuse it once a bit of the
// server's signature is flipped. intransit also judges the chain by a whole pack and builds its report in that time.
// No certificate but the root is in two chains, and there are more than intransit remembers signatures of.

import assert from "node:assert/strict";
import { webcrypto } from "node:crypto";

import "reflect-metadata";
import * as peculiar from "@peculiar/x509";
import { check } from "../dist/pkg/intransit.js";
import * as pkijs from "pkijs";

import { figures, median, raceAwaited, ratio, table, target } from "./lib/rounds.mjs";

const AT = new Date("2026-11-22T10:00:00Z");
const HOST = "mail.example.org";
const CHAINS = 1500;
const RSA = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256", publicExponent: new Uint8Array([1, 0, 1]), modulusLength: 2048 };

peculiar.cryptoProvider.set(webcrypto);
pkijs.setEngine("node", new pkijs.CryptoEngine({ name: "node", crypto: webcrypto }));

const keys = await Promise.all(Array.from({ length: 4 }, () => webcrypto.subtle.generateKey(RSA, true, ["sign", "verify"])));
const names = [`CN=${HOST}`, "CN=Issuing CA 2", "CN=Issuing CA 1", "CN=Root CA"];
const validity = { notBefore: new Date("2026-10-01T00:00:00Z"), notAfter: new Date("2026-12-31T00:00:00Z") };

/** One certificate of a chain: 0 is the server's, 3 the root. */
async function made(serial, index) {
  const issuer = Math.min(index + 1, 3);
  const isCa = index > 0;
  const { KeyUsageFlags, ExtendedKeyUsage } = peculiar;
  const usage = isCa ? KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign : KeyUsageFlags.digitalSignature;
  const ofServer = [
    new peculiar.ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
    new peculiar.SubjectAlternativeNameExtension([{ type: "dns", value: HOST }]),
  ];
  return peculiar.X509CertificateGenerator.create({
    serialNumber: `4a${String(serial).padStart(28, "0")}0${index}`,
    subject: names[index],
    issuer: names[issuer],
    ...validity,
    signingAlgorithm: RSA,
    publicKey: keys[index].publicKey,
    signingKey: keys[issuer].privateKey,
    extensions: [
      new peculiar.BasicConstraintsExtension(isCa, undefined, true),
      new peculiar.KeyUsagesExtension(usage, true),
      ...(isCa ? [] : ofServer),
      await peculiar.SubjectKeyIdentifierExtension.create(keys[index].publicKey),
      await peculiar.AuthorityKeyIdentifierExtension.create(keys[issuer].publicKey),
    ],
  });
}

const pem = (bytes) => peculiar.PemConverter.encode(bytes, "CERTIFICATE");
const der = (text) => peculiar.PemConverter.decode(text)[0];

const root = pem((await made(0, 3)).rawData);

/** A chain that is like no other, as text. */
async function chain(serial) {
  const certificates = await Promise.all([0, 1, 2].map((index) => made(serial, index)));
  return [...certificates.map(({ rawData }) => pem(rawData)), root];
}

/** The same with one bit of the server's signature flipped. */
function flipped([server, ...issuers]) {
  const bytes = new Uint8Array(der(server));
  bytes[bytes.length - 20] ^= 1;
  return [pem(bytes.buffer), ...issuers];
}

/** Whether each contender accepts the chain; the last certificate is the only root. */
const contenders = {
  intransit: async (chain) => {
    const answer = check(chain.slice(0, 3).join("\n"), { at: AT, now: AT, host: HOST, roots: chain[3] });
    assert.ok(answer.ok, "the chain was not judged");
    return answer.report.chains[0].trusted;
  },
  "PKI.js": async (chain) => {
    const certificates = chain.map((text) => pkijs.Certificate.fromBER(der(text)));
    const engine = new pkijs.CertificateChainValidationEngine({
      trustedCerts: [certificates[3]],
      certs: certificates.slice(0, 3).reverse(),
      checkDate: AT,
    });
    return (await engine.verify()).result;
  },
  // Its builder stops at the issuer whose key does not verify; nothing else of the path is validated.
  "@peculiar/x509": async (chain) => {
    const certificates = chain.map((text) => new peculiar.X509Certificate(der(text)));
    const built = await new peculiar.X509ChainBuilder({ certificates: certificates.slice(1) }).build(certificates[0]);
    return built.length === 4;
  },
};

const chains = [];
for (let serial = 1; serial <= CHAINS; serial += 1) chains.push(await chain(serial));
for (const [name, accepts] of Object.entries(contenders)) {
  assert.equal(await accepts(chains[0]), true, `${name} refuses the chain`);
  assert.equal(await accepts(flipped(chains[0])), false, `${name} accepts a flipped signature`);
}

const works = Object.entries(contenders).map(([name, accepts]) => {
  let next = 0;
  const work = async () => {
    next = (next + 1) % CHAINS;
    assert.equal(await accepts(chains[next]), true);
  };
  return [name, work];
});
const times = await raceAwaited(Object.fromEntries(works));

console.log(`chains of four RSA certificates of 2048 bits, verified in Node ${process.version}; intransit also judges them`);
const rows = [["", "CPU ms for each", "intransit is"]];
for (const [name, found] of Object.entries(times)) {
  rows.push([name, figures(median(found) / 1000), name === "intransit" ? "" : ratio(times.intransit, found).words]);
}
table(rows);
for (const name of ["PKI.js", "@peculiar/x509"]) {
  target(`verified chains against ${name}`, ratio(times.intransit, times[name]).middle, 2);
}
const spent = median(times.intransit) / 1000;
console.log(`${spent <= 10 ? "met" : "MISSED"}: ${figures(spent)} ms of CPU for a chain, at most 10 wanted`);
