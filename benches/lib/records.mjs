// Records of a mass scan as JSON lines, the same ones in every run: `node benches/lib/records.mjs tlsx 100000 FILE`.

import { closeSync, openSync, writeSync } from "node:fs";
import { createHash } from "node:crypto";
import { pathToFileURL } from "node:url";

const hash = (algorithm, words) => createHash(algorithm).update(words).digest("hex");
const pick = (list, number) => list[number % list.length];

const VERSIONS = ["tls13", "tls13", "tls12", "tls13", "tls12", "tls13", "tls10"];
const CIPHERS = {
  tls13: ["TLS_AES_256_GCM_SHA384", "TLS_AES_128_GCM_SHA256", "TLS_CHACHA20_POLY1305_SHA256"],
  tls12: ["TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "TLS_RSA_WITH_AES_128_CBC_SHA"],
  tls10: ["TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", "TLS_RSA_WITH_3DES_EDE_CBC_SHA"],
};

/** What tlsx writes of one host with `-json`. */
function tlsx(number) {
  const host = `host${number}.example`;
  const version = pick(VERSIONS, number);
  const issuer = `Example Issuing CA ${(number % 9) + 1}`;
  return {
    timestamp: "2026-11-20T09:12:33.799053Z",
    host,
    ip: `198.51.${(number >> 8) % 256}.${number % 256}`,
    port: "443",
    probe_status: true,
    tls_version: version,
    cipher: pick(CIPHERS[version], number),
    not_before: "2026-10-01T00:00:00Z",
    not_after: number % 11 === 0 ? "2026-11-01T23:59:59Z" : "2027-01-10T23:59:59Z",
    subject_dn: `CN=${host}, O=Example Organisation ${number % 1000}, L=Amsterdam, C=NL`,
    subject_cn: host,
    subject_org: [`Example Organisation ${number % 1000}`],
    subject_an: [host, `www.${host}`, `mail.${host}`, `api.${host}`],
    serial: hash("sha256", host).slice(0, 32).match(/../g).join(":").toUpperCase(),
    issuer_dn: `CN=${issuer}, O=Example Trust, C=NL`,
    issuer_cn: issuer,
    issuer_org: ["Example Trust"],
    fingerprint_hash: { md5: hash("md5", host), sha1: hash("sha1", host), sha256: hash("sha256", host) },
    wildcard_certificate: false,
    tls_connection: "ctls",
    sni: host,
  };
}

/** What SSL Labs answers for one host without the details of its suites. */
function ssllabs(number) {
  const host = `host${number}.example`;
  const version = (name, id) => ({ id, name: "TLS", version: name });
  const old = number % 7 === 0 ? [version("1.0", 769)] : [];
  return {
    host,
    port: 443,
    protocol: "http",
    status: "READY",
    startTime: 1795300000000,
    testTime: 1795300080000,
    engineVersion: "2.4.1",
    criteriaVersion: "2009q",
    endpoints: [
      {
        ipAddress: `198.51.${(number >> 8) % 256}.${number % 256}`,
        serverName: host,
        statusMessage: "Ready",
        grade: "A",
        progress: 100,
        details: {
          hostStartTime: 1795300000000,
          protocols: [...old, version("1.2", 771), version("1.3", 772)],
          sims: { results: [] },
          heartbleed: false,
          poodle: false,
          freak: false,
          logjam: false,
          vulnBeast: false,
          supportsRc4: false,
          renegSupport: 2,
          compressionMethods: 0,
          forwardSecrecy: 4,
        },
      },
    ],
  };
}

export const KINDS = { tlsx, ssllabs };

/** Writes `count` records of a kind to a file; its size in bytes. */
export function write(kind, count, path) {
  const file = openSync(path, "w");
  let size = 0;
  for (let at = 0; at < count; at += 1000) {
    const numbers = Array.from({ length: Math.min(1000, count - at) }, (_, index) => at + index);
    size += writeSync(file, numbers.map((number) => `${JSON.stringify(KINDS[kind](number))}\n`).join(""));
  }
  closeSync(file);
  return size;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [kind, count, path] = process.argv.slice(2);
  console.log(`${write(kind, Number(count), path)} bytes`);
}
