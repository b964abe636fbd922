//! `check` as pipelines run it: the built program over files, with its exit codes and what it prints.

#![expect(clippy::disallowed_methods, reason = "the ban on reading files is for the core")]

use std::fs;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

const PROBE: &str = env!("CARGO_BIN_EXE_intransit-probe");
const RSA_2048: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/cases/pki/rsa-2048.pem");
const CHAIN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/cases/pki/chain.pem");
const RSA_1024: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/cases/pki/rsa-1024.pem");
const POLICY: &str =
    r#"{"id":"mine","version":"1","expects":["chain"],"rules":[{"rule":"rsa-key-short","level":"error"}]}"#;
const CHAIN_ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/cases/pki/chain-root.pem");
const MIB: u64 = 1024 * 1024;

/// A folder of one test's own, with a policy that a certificate alone can meet.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("mine.json"), POLICY).unwrap();
        Self(folder)
    }

    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.0.join(name);
        fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    }

    fn check(&self, arguments: &[&str]) -> Output {
        self.start(arguments).wait_with_output().unwrap()
    }

    fn check_with(&self, variables: &[(&str, &str)], arguments: &[&str]) -> Output {
        self.command(arguments).envs(variables.iter().copied()).output().unwrap()
    }

    fn start(&self, arguments: &[&str]) -> Child {
        let mut command = self.command(arguments);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(PROBE);
        command.arg("check").args(arguments).current_dir(&self.0).stdin(Stdio::piped());
        command
    }
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[track_caller]
fn assert_exit(output: &Output, code: i32) {
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "stdout: {out}\nstderr: {err}");
    assert!(!err.contains("panicked"), "{err}");
}

#[track_caller]
fn assert_refused(output: &Output, words: &[&str]) {
    assert_exit(output, 2);
    assert_eq!(text(&output.stdout), "");
    let said = text(&output.stderr);
    assert!(said.starts_with("error: "), "{said}");
    for words in words {
        assert!(said.contains(words), "expected `{words}` in {said}");
    }
}

#[test]
fn the_exit_code_is_the_verdict() {
    let folder = Folder::new("exit-codes");
    let mine = ["--policy", "mine.json"];
    for (arguments, code, words) in [
        (&[mine[0], mine[1], RSA_2048][..], 0, "✔ Meets mine 1"),
        (&[mine[0], mine[1], RSA_2048, RSA_2048], 0, "✔ Meets mine 1"),
        (&[mine[0], mine[1], RSA_1024], 1, "✖ Does not meet mine 1"),
        (&[mine[0], mine[1], RSA_1024, RSA_2048], 1, "✖ Does not meet mine 1"),
        (&[mine[0], mine[1], RSA_2048, "mine.json"], 3, "? Not proven: mine 1"),
        (&["--policy", "m365-in-transit-1.0", CHAIN], 3, "? Not proven: "),
    ] {
        let output = folder.check(arguments);
        assert_exit(&output, code);
        assert!(text(&output.stdout).starts_with(words), "{arguments:?}: {}", text(&output.stdout));
        assert_eq!(text(&output.stderr), "", "{arguments:?}");
    }
}

#[test]
fn chains_are_verified_against_chosen_roots() {
    let folder = Folder::new("roots");
    let proven =
        r#"{"id":"proven","version":"1","expects":["chain"],"rules":[{"rule":"chain-unproven","level":"error"}]}"#;
    let policy = folder.file("proven.json", proven);
    let check = |roots: &[&str], host: &str| {
        let when = "2026-11-22T10:00:00Z";
        let options = ["--policy", &policy, "--at", when, "--now", when, "--host", host];
        folder.check(&[&options[..], roots, &[CHAIN]].concat())
    };
    for (roots, host, code) in [
        (&["--roots", CHAIN_ROOT][..], "mail.example.com", 0),
        (&["--roots", CHAIN_ROOT], "mx.example.com", 1),
        (&["--roots", "mozilla"], "mail.example.com", 1),
        (&[], "mail.example.com", 3),
    ] {
        assert_exit(&check(roots, host), code);
    }
    let leaf = CHAIN_ROOT.replace("root", "leaf");
    assert_refused(&check(&["--roots", &leaf], "a.example"), &["is no root: it was issued by"]);
    assert_refused(&check(&["--roots", "absent.pem"], "a.example"), &["absent.pem"]);
}

#[test]
fn several_stores_stand_side_by_side() {
    let folder = Folder::new("stores");
    folder.file("windows.txt", "Cert Hash(sha1): df3c24f9bfd666761b268073fe06d1cc8d4f82a4\n");
    let when = "2026-11-22T10:00:00Z";
    let output = folder.check(
        &[
            &["--at", when, "--now", when, "--host", "mail.example.com", "--format", "json"][..],
            &["--roots", CHAIN_ROOT, "--roots", "mozilla", "--roots", "windows.txt", CHAIN],
        ]
        .concat(),
    );
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let answers = report["acceptances"][0]["answers"].as_array().unwrap();
    let words: Vec<&str> = answers.iter().map(|one| one["acceptance"].as_str().unwrap()).collect();
    assert_eq!(words, ["accepts", "refuses", "refuses"], "{answers:?}");
    let reproduce = report["reproduce"].as_str().unwrap();
    assert!(reproduce.contains("--roots mozilla --roots windows.txt"), "{reproduce}");
}

#[test]
fn the_roots_of_the_system_are_read() {
    let folder = Folder::new("system");
    let bundle = format!("{}/../tests/cases/stores/two-roots.pem", env!("CARGO_MANIFEST_DIR"));
    let output = folder.check_with(&[("SSL_CERT_FILE", &bundle)], &["--roots", "system", "--format", "json", CHAIN]);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["roots"]["name"], "system");
    assert_eq!(report["roots"]["source"], "the operating system of this machine");
}

#[test]
fn a_sheet_is_written_and_compared() {
    let folder = Folder::new("sheet");
    let when = "2026-11-22T10:00:00Z";
    let options = ["--at", when, "--now", when, "--host", "mail.example.com", "--roots", CHAIN_ROOT];
    let sheet = folder.check(&[&options[..], &["--format", "sheet", CHAIN]].concat());
    assert!(text(&sheet.stdout).starts_with("Hand-off sheet\n"), "{}", text(&sheet.stdout));
    folder.file("sheet.txt", &sheet.stdout);
    for (file, words) in [(CHAIN, "is the one of the sheet `sheet.txt`"), (RSA_2048, "is not the one of the sheet")] {
        let output = folder.check(&[&options[..], &["--sheet", "sheet.txt", "--format", "json", file]].concat());
        assert!(text(&output.stdout).contains(words), "{}", text(&output.stdout));
    }
}

#[test]
fn a_file_that_cannot_be_opened_is_said_and_never_compliant() {
    let folder = Folder::new("unopened");
    for (file, code, verdict) in [(RSA_2048, 2, "indeterminate"), (RSA_1024, 1, "nonCompliant")] {
        let output = folder.check(&["--policy", "mine.json", "--format", "json", file, "absent.pem"]);
        assert_exit(&output, code);
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(report["verdict"], verdict);
        assert!(report["scope"]["notShown"][0].as_str().unwrap().contains("`absent.pem`"), "{}", report["scope"]);
        let said = text(&output.stderr);
        assert!(said.starts_with("error: cannot open `absent.pem`: "), "{said}");
    }
}

#[test]
fn what_cannot_be_used_is_refused() {
    let folder = Folder::new("refused");
    folder.file("empty", "");
    folder.file("page.html", "\n <html>\n");
    folder.file("leevl.json", POLICY.replace("level", "leevl"));
    folder.file("harmless.json", POLICY.replace("error", "warning"));
    folder.file("marked.json", format!("\u{feff}{POLICY}"));
    folder.file("keys.jks", b"\xFE\xED\xFE\xED\0\0\0\x02\0\0\0\x01");
    folder.file("latin.json", b"{\"id\":\"\xe9\"}");
    folder.file("folder", "");
    fs::remove_file(folder.0.join("folder")).unwrap();
    fs::create_dir(folder.0.join("folder")).unwrap();
    fs::File::create(folder.0.join("sparse")).unwrap().set_len(256 * MIB + 1).unwrap();
    for (arguments, words) in [
        (&["empty"][..], &["`empty` is empty"][..]),
        (&["absent.pem"], &["cannot open `absent.pem`: ", "PEM, DER or PKCS #7"]),
        (&["folder"], &["`folder` is a directory; expected a file with certificates"]),
        (&["sparse"], &["`sparse` is too large; expected at most 256 MiB"]),
        (&["page.html"], &["error: page.html:2:2: found a web page, `<html>`; expected PEM"]),
        (&["--policy", "leevl.json", RSA_2048], &["policy leevl.json", "did you mean `level`?", "(line 1, column "]),
        (&["--policy", "harmless.json", RSA_2048], &["no rule at level `error`", "\n  help: set `level`"]),
        (&["--policy", "marked.json", RSA_2048], &["`marked.json` starts with a byte order mark"]),
        (&["--policy", "latin.json", RSA_2048], &["`latin.json` is not UTF-8"]),
        (&["--policy", "folder", RSA_2048], &["`folder` is a directory", "`baseline-1.0`"]),
        (&["--policy", "sparse", RSA_2048], &["`sparse` is too large; expected at most 1 MiB"]),
        (&["--roots", "latin.json", RSA_2048], &["expected `mozilla` or roots as PEM, DER or PKCS #7"]),
        (
            &["--roots", "keys.jks", RSA_2048],
            &["the roots `keys.jks`: it is a Java key store", "Run: keytool -list -rfc"],
        ),
        (&["--roots", "mozilla", "--roots", "mozilla", RSA_2048], &["the roots `mozilla` were chosen twice"]),
        (&["--sheet", "page.html", RSA_2048], &["the sheet `page.html`: expected a hand-off sheet"]),
        (&["--inventory", "folder", RSA_2048], &["`folder` is a directory; expected an inventory"]),
        (
            &["--policy", "basline", RSA_2048],
            &["there is no policy `basline`", "`m365-in-transit-1.0`, `m365-in-transit-strict-1.0`, `baseline-1.0`, "],
        ),
        (&["-", "-"], &["standard input can be read once"]),
        (&["-"], &["`standard input` is empty"]),
        (&[], &["required", "<FILE>"]),
        (&["--at", "yesterday", RSA_2048], &["--at", "expected a time as 2026-11-22T10:00:00Z", "`yesterday`"]),
        (&["--fromat", "json", RSA_2048], &["--fromat", "--format"]),
        (&["--format", "xml", RSA_2048], &["text, json, markdown"]),
    ] {
        assert_refused(&folder.check(arguments), words);
    }
}

#[test]
fn what_grows_without_end_is_refused() {
    if Path::new("/dev/zero").exists() {
        let folder = Folder::new("endless");
        assert_refused(&folder.check(&["--policy", "/dev/zero", RSA_2048]), &["`/dev/zero` is too large"]);
    }
}

#[test]
fn standard_input_is_read_for_a_dash() {
    let folder = Folder::new("standard-input");
    let mut child = folder.start(&["--policy", "mine.json", "-"]);
    child.stdin.take().unwrap().write_all(&fs::read(RSA_2048).unwrap()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_exit(&output, 0);
    assert!(text(&output.stdout).contains("standard input: certificates"), "{}", text(&output.stdout));
}

#[test]
fn each_format_is_written() {
    let folder = Folder::new("formats");
    let check = |format| folder.check(&["--policy", "mine.json", "--format", format, RSA_1024]);
    let json = check("json");
    let report: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(report["verdict"], "nonCompliant");
    assert_eq!(report["at"], report["now"]);
    let markdown = check("markdown");
    assert!(text(&markdown.stdout).starts_with("# ✖ Does not meet mine 1"), "{}", text(&markdown.stdout));
    for output in [json, markdown, check("text")] {
        assert_exit(&output, 1);
        assert!(!output.stdout.contains(&0x1b), "colours in a pipe");
    }
}

#[test]
fn times_and_the_host_are_taken() {
    let folder = Folder::new("times");
    let options = ["--at", "2020-01-01", "--now", "2026-11-22T10:00:00+01:00", "--collected", "2026-11-21"];
    let output = folder.check(&[&options[..], &["--policy", "mine.json", "--host", "mail.example", RSA_2048]].concat());
    let headline = text(&output.stdout).lines().next().unwrap();
    assert!(headline.ends_with("(judged as at 2020-01-01T00:00:00Z)"), "{headline}");
    assert!(text(&output.stdout).contains("today is 2026-11-22T09:00:00Z"), "{}", text(&output.stdout));
    assert!(text(&output.stdout).contains("2026-11-21T00:00:00Z (declared)"), "{}", text(&output.stdout));
}

#[test]
fn nothing_read_steers_the_terminal() {
    let folder = Folder::new("steering");
    let name = folder.file("hostile\u{9b}2J.json", "[\"\u{1b}]0;title\u{7}\u{9b}31m\u{202e}\"]\n");
    let prose = folder.file("prose", "\u{1b}]0;title\u{7}\u{9b}31m\r\u{202e}\n");
    for format in ["text", "json", "markdown"] {
        let outputs = [
            folder.check(&["--policy", "mine.json", "--format", format, RSA_2048, &name, &prose, "absent\u{1b}[31m"]),
            folder.check(&["--format", format, &name, &prose]),
            folder.check(&["--policy", "\u{1b}[31m", &name]),
            folder.check(&["--format", "\u{1b}[31m", &name]),
        ];
        for output in outputs {
            for stream in [&output.stdout, &output.stderr] {
                let steers = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
                assert!(!text(stream).contains(steers), "{format}: {:?}", text(stream));
            }
        }
    }
}

#[test]
fn a_reader_that_leaves_changes_nothing() {
    let folder = Folder::new("closed-pipe");
    let mut child = folder.start(&["--policy", "mine.json", "--format", "json", "-"]);
    drop(child.stdout.take());
    child.stdin.take().unwrap().write_all(&fs::read(RSA_1024).unwrap().repeat(50)).unwrap();
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!((child.wait().unwrap().code(), said.as_str()), (Some(1), ""));
}

#[test]
fn help_and_version_are_printed() {
    for (arguments, words) in [
        (&["--version"][..], concat!("intransit-probe ", env!("CARGO_PKG_VERSION"))),
        (&["check", "--help"], "2  the command line, the policy or an input cannot be used"),
        (&["serve", "--help"], "--open"),
    ] {
        let output = Command::new(PROBE).args(arguments).output().unwrap();
        assert_exit(&output, 0);
        assert!(text(&output.stdout).contains(words), "{}", text(&output.stdout));
    }
    assert_exit(&Command::new(PROBE).output().unwrap(), 2);
}

#[cfg(not(feature = "page"))]
#[test]
fn a_build_without_the_page_says_how_to_get_one() {
    let output = Command::new(PROBE).arg("serve").output().unwrap();
    assert_refused(&output, &["no page inside", "cargo xtask start"]);
}

#[test]
fn a_flow_of_the_inventory_that_is_not_shown_is_said() {
    let folder = Folder::new("inventory");
    folder.file("flows.csv", "name,flow,endpoints\nPartner mail,serviceToOther,mail.example:25\n");
    let output = folder.check(&["--policy", "mine.json", "--inventory", "flows.csv", RSA_2048]);
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stdout).contains("`Partner mail`"), "{output:?}");
    folder.file("flows.csv", "who\n");
    let output = folder.check(&["--policy", "mine.json", "--inventory", "flows.csv", RSA_2048]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("expected a column `name`"), "{output:?}");
}
