// The command `intransit` beside intransit-probe: what they print and how they end is the same, byte for byte, but for
// the program's name and what a test names in its title.

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const CLI = join(root, "dist/pkg/cli.js");
const PROBE = process.env.INTRANSIT_PROBE ?? join(root, "target/debug/intransit-probe");
// Where the variable names it, it has to be there.
const withProbe = { skip: process.env.INTRANSIT_PROBE || existsSync(PROBE) ? false : "intransit-probe is not built" };

const OWN = '{"id":"mine","version":"1","expects":["chain"],"rules":[{"rule":"rsa-key-short","level":"error"}]}';
const FLOWS = "name,flow,endpoints\nPartner mail,serviceToOther,mail.example:25\n";
const TODAY = ["--now", "2026-11-22"];
const MIB = 1024 * 1024;

let folder;

before(() => {
  folder = mkdtempSync(join(tmpdir(), "intransit-cli-"));
  mkdirSync(join(folder, "folder"));
  for (const file of ["pki/chain.pem", "pki/rsa-1024.pem", "pki/rsa-2048.pem", "stores/two-roots-der.p7b"]) {
    cpSync(join(root, "tests/cases", file), join(folder, file.split("/").pop()));
  }
  for (const [name, file] of [
    ["testssl.json", "testssl-3.3dev/smtp-pretty.json"],
    ["flat.json", "testssl-3.0.8/tls10-flat.json"],
    ["sslyze.json", "sslyze-6.3.1/smtp.json"],
    ["labs.json", "ssllabs-v3/two-addresses.json"],
  ]) {
    cpSync(join(root, "tests/cases/formats", file), join(folder, name));
  }
  for (const [name, content] of [
    ["mine.json", OWN],
    ["it's mine.json", OWN],
    ["leevl.json", OWN.replace("level", "leevl")],
    ["harmless.json", OWN.replace("error", "warning")],
    ["marked.json", `\ufeff${OWN}`],
    ["latin.json", Buffer.from('{"id":"\xe9"}', "latin1")],
    ["flows.csv", FLOWS],
    ["flows.json", '[{"name":"Partner mail","anyOf":["mail.example:25"]}]'],
    ["who.csv", "who\n"],
    ["empty", ""],
    ["page.html", "\n <html>\n"],
    ["keys.jks", Buffer.from("feedfeed0000000200000001", "hex")],
    ["bundle.pfx", Buffer.from("30820a0f020103308209d506092a864886f70d010701", "hex")],
    ["key.ppk", "PuTTY-User-Key-File-3: ssh-ed25519\r\nPrivate-Lines: 1\r\nc2VjcmV0\r\nPrivate-MAC: 00\r\n"],
    ["sheet.txt", "Certificate name: other.example\n"],
    ["hostile\u009b2J.json", '["\u001b]0;title\u0007\u009b31m\u202e"]\n'],
    ["sparse", ""],
  ]) {
    writeFileSync(join(folder, name), content);
  }
  truncateSync(join(folder, "sparse"), 256 * MIB + 1);
});

after(() => rmSync(folder, { recursive: true, force: true }));

function ended(program, words, input = "") {
  const { status, stdout, stderr } = spawnSync(program, words, { cwd: folder, input, encoding: "utf8" });
  return { status, stdout, stderr };
}

const cli = (words, input) => ended(process.execPath, [CLI, ...words], input);
const probe = (words, input) => ended(PROBE, words, input);
const mine = (...words) => ["check", ...TODAY, "--policy", "mine.json", ...words];

test("reports are the probe's", withProbe, () => {
  const formats = ["text", "json", "markdown", "html", "csv", "sarif", "junit", "sheet", "sheet-markdown"];
  for (const [words, status] of [
    [mine("rsa-2048.pem"), 0],
    [mine("rsa-2048.pem", "rsa-2048.pem"), 0],
    [mine("rsa-1024.pem"), 1],
    [mine("rsa-2048.pem", "mine.json"), 3],
    [mine("rsa-2048.pem", "--", "hostile\u009b2J.json"), 3],
    [mine("--at=2020-01-01", "--collected", "2026-11-21", "--host=mail.example", "rsa-2048.pem"), 0],
    [mine("--inventory", "flows.csv", "rsa-2048.pem"), 3],
    [mine("--inventory", "flows.json", "--format", "json", "rsa-2048.pem"), 3],
    [["check", ...TODAY, "--policy", "it's mine.json", "--format", "json", "rsa-2048.pem"], 0],
    [["check", ...TODAY, "chain.pem", "testssl.json", "sslyze.json", "labs.json"], 1],
    [["check", ...TODAY, "--policy", "baseline-1.0", "labs.json"], 3],
    [mine("--roots", "mozilla", "--roots", "two-roots-der.p7b", "--format", "json", "rsa-2048.pem"), 0],
    [mine("--sheet", "sheet.txt", "rsa-2048.pem"), 1],
    [mine("--own-host", "mx.example.net", "--own-host", "*.example.org", "rsa-2048.pem"), 0],
    ...formats.map((format) => [["check", ...TODAY, "--format", format, "testssl.json"], 1]),
    ...formats.map((format) => [mine("--format", format, "rsa-2048.pem", "hostile\u009b2J.json"), 3]),
    ...["flat.json", "sslyze.json"].map((file) => [["check", ...TODAY, "--format", "json", file], 1]),
  ]) {
    const seen = cli(words);
    assert.deepEqual(seen, probe(words), words.join(" "));
    assert.equal(seen.status, status, `${words.join(" ")}\n${seen.stdout}${seen.stderr}`);
    assert.equal(seen.stderr, "", words.join(" "));
  }
});

test("standard input is read for a hyphen", withProbe, () => {
  const content = readFileSync(join(root, "tests/cases/pki/rsa-2048.pem"));
  for (const format of ["text", "json"]) {
    const words = mine("--format", format, "-");
    const seen = cli(words, content);
    assert.deepEqual(seen, probe(words, content));
    assert.equal(seen.status, 0, seen.stderr);
    assert.match(seen.stdout, /standard input/);
  }
});

test("refusals are the probe's", withProbe, () => {
  for (const words of [
    ["empty"],
    ["absent.pem"],
    ["folder"],
    ["sparse"],
    ["page.html"],
    ["empty", "page.html"],
    ["hostile\u009b2J.json"],
    ["keys.jks"],
    ["bundle.pfx"],
    ["key.ppk"],
    ["--policy", "leevl.json", "rsa-2048.pem"],
    ["--policy", "harmless.json", "rsa-2048.pem"],
    ["--policy", "marked.json", "rsa-2048.pem"],
    ["--policy", "latin.json", "rsa-2048.pem"],
    ["--policy", "folder", "rsa-2048.pem"],
    ["--policy", "sparse", "rsa-2048.pem"],
    ["--policy", "basline", "rsa-2048.pem"],
    ["--policy", "\u001b[31m", "rsa-2048.pem"],
    ["--inventory", "who.csv", "rsa-2048.pem"],
    ["--inventory", "absent.csv", "rsa-2048.pem"],
    ["--roots", "absent.pem", "rsa-2048.pem"],
    ["--roots", "sparse", "rsa-2048.pem"],
    ["--roots", "mozilla", "--roots", "mozilla", "rsa-2048.pem"],
    ["--roots", "keys.jks", "rsa-2048.pem"],
    ["--sheet", "page.html", "rsa-2048.pem"],
    ["--host", "-", "rsa-2048.pem"],
    ...(existsSync("/dev/zero") ? [["--policy", "/dev/zero", "rsa-2048.pem"]] : []),
    ["-", "-"],
    ["-"],
    [],
    ["--at", "yesterday", "rsa-2048.pem"],
    ["--at"],
    ["--at", "--now", "2026-11-22", "rsa-2048.pem"],
    ["--policy", "mine.json", "--policy", "mine.json", "rsa-2048.pem"],
  ]) {
    const seen = cli(["check", ...words]);
    const expected = probe(["check", ...words]);
    assert.deepEqual(seen, { ...expected, stderr: renamed(expected.stderr) }, words.join(" "));
    assert.equal(seen.status, 2, words.join(" "));
    assert.equal(seen.stdout, "", words.join(" "));
    assert.match(seen.stderr, /^error: /, words.join(" "));
  }
});

test("refusals of the command line lack only the probe's guesses", withProbe, () => {
  for (const [words, message] of [
    [["check", "--fromat", "json", "rsa-2048.pem"], "unexpected argument '--fromat' found"],
    [["check", "-x"], "unexpected argument '-x' found"],
    [["check", "--format", "xml", "rsa-2048.pem"], "invalid value 'xml' for '--format <FORMAT>'"],
    [["chek"], "unrecognized subcommand 'chek'"],
    [["--verbose"], "unexpected argument '--verbose' found"],
  ]) {
    const seen = cli(words);
    const expected = probe(words);
    assert.equal(seen.stderr.split("\n")[0], expected.stderr.split("\n")[0]);
    assert.equal(seen.stderr.split("\n")[0], `error: ${message}`);
    assert.deepEqual([seen.status, seen.stdout], [2, ""]);
  }
});

test("its help is the probe's, but for its own name and option and the probe's streams", withProbe, () => {
  const help = cli(["check", "--help"]);
  assert.deepEqual([help.status, help.stderr], [0, ""]);
  assert.deepEqual(cli(["check", "-h"]), help);
  const own = /^ {6}--output <FILE> .*\n/gm;
  assert.match(help.stdout, own);
  const streams = /^ {6}--(stream|ordered|hash) .*\n|\nWith --stream [^]*$/gm;
  assert.equal(help.stdout.replace(own, ""), renamed(probe(["check", "--help"]).stdout).replace(streams, ""));

  const version = cli(["--version"]);
  assert.deepEqual(version, { ...version, status: 0, stdout: renamed(probe(["-V"]).stdout), stderr: "" });
  const verbs = renamed(probe(["--help"]).stdout).replace(/^ {2}(read|scan|serve) .*\n/gm, "");
  assert.equal(cli(["--help"]).stdout, verbs);
  assert.deepEqual(cli([]), { status: 2, stdout: "", stderr: verbs });
});

test("a file that cannot be opened keeps none of the others from being judged", withProbe, () => {
  for (const [name, status] of [
    ["rsa-2048.pem", 2],
    ["rsa-1024.pem", 1],
  ]) {
    const words = mine(name, "absent.pem", "folder");
    const seen = cli(words);
    assert.deepEqual(seen, probe(words));
    assert.equal(seen.status, status);
    assert.match(seen.stderr, /^error: cannot open `absent\.pem`: .*\nerror: `folder` is a directory; .*\n$/);
  }
});

test("a report can be written to a file, but not over its input", () => {
  const words = mine("--format", "json", "rsa-2048.pem");
  const printed = cli(words);
  assert.deepEqual(cli([...words, "--output", "report.json"]), { status: 0, stdout: "", stderr: "" });
  assert.equal(readFileSync(join(folder, "report.json"), "utf8"), printed.stdout);
  for (const [path, words] of [
    ["./rsa-2048.pem", "`./rsa-2048.pem` is an input; expected another file for the report"],
    ["absent/report.json", "cannot write `absent/report.json`: no such file or directory"],
  ]) {
    const refused = cli(mine("--output", path, "rsa-2048.pem"));
    assert.deepEqual(refused, { status: 2, stdout: "", stderr: `error: ${words}\n` });
  }
});

test("a policy's file is a JSON object, whatever its text names", () => {
  writeFileSync(join(folder, "named.json"), "baseline-1.0");
  const { status, stderr } = cli(["check", "--policy", "named.json", "rsa-2048.pem"]);
  assert.deepEqual([status, stderr], [2, "error: policy named.json: expected a JSON object, found other text\n"]);
});

test("a reader that leaves changes nothing", async () => {
  const child = spawn(process.execPath, [CLI, ...mine("--format", "json", "-")], { cwd: folder });
  child.stdout.destroy();
  child.stdin.end(readFileSync(join(folder, "rsa-1024.pem")).toString().repeat(50));
  let said = "";
  child.stderr.on("data", (chunk) => (said += chunk));
  const code = await new Promise((settle) => child.on("close", settle));
  assert.deepEqual([code, said], [1, ""]);
});

/** The probe's words with this program's name. */
function renamed(words) {
  return words.replaceAll("intransit-probe", "intransit");
}
