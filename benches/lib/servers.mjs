// Servers on loopback whose configuration is the truth that a scan is held to, and links that are slow.

import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

export const HOST = "bench.test";
const INTERMEDIATE = [
  "ECDHE-ECDSA-AES128-GCM-SHA256",
  "ECDHE-RSA-AES128-GCM-SHA256",
  "ECDHE-ECDSA-AES256-GCM-SHA384",
  "ECDHE-RSA-AES256-GCM-SHA384",
  "ECDHE-ECDSA-CHACHA20-POLY1305",
  "ECDHE-RSA-CHACHA20-POLY1305",
  "DHE-RSA-AES128-GCM-SHA256",
  "DHE-RSA-AES256-GCM-SHA384",
  "DHE-RSA-CHACHA20-POLY1305",
];

/** What the web server has: Mozilla's intermediate list, two certificates, the groups that OpenSSL has of itself. */
export const WEB = {
  port: 8443,
  versions: ["TLSv1.2", "TLSv1.3"],
  refused: ["SSLv2", "SSLv3", "TLSv1.0", "TLSv1.1"],
  suites: {
    "TLSv1.2": [
      "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
      "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
      "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
      "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
      "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
      "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
      "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256",
      "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384",
      "TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
    ],
    "TLSv1.3": ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"],
  },
  groups: ["x25519", "x448", "secp256r1", "secp384r1", "secp521r1"],
  finiteGroups: ["ffdhe2048", "ffdhe3072", "ffdhe4096", "ffdhe6144", "ffdhe8192"],
  chains: 2,
  preference: "client",
};

/** Postfix as Debian ships it, with the same two certificates. */
export const MAIL = {
  port: 2525,
  versions: ["TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3"],
  refused: ["SSLv2", "SSLv3"],
  chains: 2,
  preference: "client",
};

/** A server that a strict policy has nothing against: one certificate, an order of its own, forward secrecy alone. */
export const GOOD = { port: 8446 };

export const MASS = { port: 7443 };

/** Whether a program can be started. */
export const isInstalled = (name, words = ["--version"]) => !spawnSync(name, words, { stdio: "ignore" }).error;

function openssl(folder, words) {
  const { status, stderr } = spawnSync("openssl", words.split(" "), { cwd: folder, encoding: "utf8" });
  if (status !== 0) throw new Error(`openssl ${words}: ${stderr}`);
}

/** A root, and an RSA and an ECDSA certificate of it. */
export function certificates(folder) {
  const extensions = `subjectAltName=DNS:${HOST}\nbasicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth\n`;
  writeFileSync(join(folder, "leaf.ext"), extensions);
  openssl(folder, "req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 30 -subj /CN=root");
  for (const [name, key] of [["rsa", "rsa:2048"], ["ec", "ec -pkeyopt ec_paramgen_curve:P-256"]]) {
    openssl(folder, `req -newkey ${key} -nodes -keyout ${name}.key -out ${name}.csr -subj /CN=${HOST}`);
    openssl(folder, `x509 -req -in ${name}.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 60 -extfile leaf.ext -out ${name}.pem`);
  }
  openssl(folder, "dhparam -dsaparam -out dh.pem 2048");
}

/** Waits until somebody listens. */
export async function listens(port) {
  for (let tries = 0; tries < 250; tries += 1) {
    const isThere = await new Promise((resolve) => {
      const socket = connect(port, "127.0.0.1", () => resolve(true)).on("error", () => resolve(false));
      socket.on("connect", () => socket.destroy());
    });
    if (isThere) return;
    await sleep(20);
  }
  throw new Error(`nobody listens at port ${port}`);
}

/** nginx with the web server, and with one that answers at every address of 127.0.0.0/8. */
export async function nginx(folder) {
  const file = join(folder, "nginx.conf");
  const certificate = (name) => `ssl_certificate ${folder}/${name}.pem; ssl_certificate_key ${folder}/${name}.key;`;
  writeFileSync(
    file,
    `worker_processes 1; pid ${folder}/nginx.pid; error_log ${folder}/nginx.log crit; daemon off; worker_rlimit_nofile 20000;
events { worker_connections 8192; }
http {
  access_log off;
  server { listen 127.0.0.1:${WEB.port} ssl http2 backlog=4096; server_name ${HOST}; ${certificate("ec")} ${certificate("rsa")}
    ssl_protocols TLSv1.2 TLSv1.3; ssl_prefer_server_ciphers off; ssl_dhparam ${folder}/dh.pem; ssl_ciphers ${INTERMEDIATE.join(":")}; }
  server { listen 127.0.0.1:${GOOD.port} ssl; server_name ${HOST}; ${certificate("rsa")}
    ssl_protocols TLSv1.2 TLSv1.3; ssl_prefer_server_ciphers on; ssl_ciphers ECDHE+AESGCM; }
  server { listen 0.0.0.0:${MASS.port} ssl backlog=4096; server_name ${HOST}; ${certificate("ec")} ssl_protocols TLSv1.2 TLSv1.3; }
}
`,
  );
  const child = spawn("nginx", ["-c", file, "-e", `${folder}/nginx.log`], { stdio: "ignore" });
  await listens(WEB.port);
  return () => child.kill();
}

/** Postfix with a folder of its own; it delivers nothing. */
export async function postfix(folder) {
  const place = join(folder, "postfix");
  for (const part of ["etc", "spool", "data"]) mkdirSync(join(place, part), { recursive: true });
  spawnSync("chown", ["postfix", join(place, "data")]);
  spawnSync("chmod", ["755", folder, place, join(place, "etc"), join(place, "spool")]);
  writeFileSync(
    join(place, "etc/main.cf"),
    `compatibility_level = 3.6
queue_directory = ${place}/spool
data_directory = ${place}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = ${HOST}
mydestination = localhost
default_transport = error:nothing is delivered
smtpd_tls_security_level = may
smtpd_tls_chain_files = ${folder}/rsa.key, ${folder}/rsa.pem, ${folder}/ec.key, ${folder}/ec.pem
smtpd_client_connection_count_limit = 0
maillog_file = /var/log/intransit-bench.log
`,
  );
  writeFileSync(
    join(place, "etc/master.cf"),
    `${MAIL.port} inet n - n - 200 smtpd
postlog unix-dgram n - n - 1 postlogd
anvil unix - - n - 1 anvil
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
error unix - - n - - error
bounce unix - - n - 0 bounce
proxymap unix - - n - - proxymap
`,
  );
  const { status, stderr } = spawnSync("postfix", ["-c", join(place, "etc"), "start"], { encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
  await listens(MAIL.port);
  return () => spawnSync("postfix", ["-c", join(place, "etc"), "stop"], { stdio: "ignore" });
}

/** A server that takes every connection; what it does with one is `serve`. */
export async function server(serve) {
  const one = createServer((socket) => {
    socket.on("error", () => {});
    serve(socket);
  });
  await new Promise((resolve) => one.listen(0, "127.0.0.1", resolve));
  return { port: one.address().port, stop: () => one.close() };
}

/** It reads, and says nothing. */
export const stall = () => server((socket) => socket.resume());

/** It sends a byte each second, of a message of 16 kB. */
export const drip = () =>
  server((socket) => {
    socket.once("data", () => {
      socket.write(Buffer.from([22, 3, 3, 64, 0, 2, 0, 63, 252]));
      const timer = setInterval(() => socket.write(Buffer.from([0])), 1000);
      socket.on("close", () => clearInterval(timer));
    });
    socket.resume();
  });

/**
 * A link to a port of this machine that takes `milliseconds` one way. The kernel answers for it at once that there is a
 * connection, so that the first bytes wait for that round trip as well.
 */
export async function link(port, milliseconds) {
  let connections = 0;
  const { port: own, stop } = await server((near) => {
    connections += 1;
    near.setNoDelay(true);
    const opened = performance.now() + 2 * milliseconds;
    const far = connect(port, "127.0.0.1").setNoDelay(true);
    const carry = (from, to) => {
      let due = opened;
      const later = (work) => {
        due = Math.max(due, performance.now() + milliseconds);
        setTimeout(work, due - performance.now());
      };
      from.on("data", (bytes) => later(() => to.write(bytes)));
      from.on("end", () => later(() => to.end()));
      from.on("error", () => to.destroy());
      from.on("close", () => later(() => to.destroy()));
    };
    carry(near, far);
    carry(far, near);
  });
  return { port: own, stop, connections: () => connections };
}
