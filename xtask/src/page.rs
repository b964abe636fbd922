//! The page, twice from the same bundle: `dist/www` for a server, and `dist/intransit.html`, one file that works
//! from `file://`.
//!
//! Both run under a content security policy that names every script and style: the served page may talk to the
//! origin that served it (the probe), the one file to nobody.

use std::path::Path;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use crate::node;
use crate::process::{Outcome, output, read, root, run, write};

const CHARSET: &str = "<meta charset=\"utf-8\">";
const STYLE: &str = "<link rel=\"stylesheet\" href=\"./page.css\">";
const SCRIPT: &str = "<script type=\"module\" src=\"./main.js\"></script>";

/// Builds `dist/www` and `dist/intransit.html` from `www` and `dist/pkg`.
pub(crate) fn build() -> Outcome<()> {
    let dist = root().join("dist");
    // Without `utf8`, every letter outside of ASCII becomes an escape of six.
    let bundle = ["--bundle", "--minify", "--target=es2022", "--charset=utf8", "--log-level=warning"];
    let core = core(&dist)?;
    let worker = dist.join("page/worker.txt");
    let outfile = format!("--outfile={}", worker.display());
    run(node::tool("esbuild", &["www/worker.js", "--format=iife", &outfile, &core]).args(bundle))?;
    let script = output(node::tool("esbuild", &["www/main.js", "--format=esm", "--loader:.txt=text"]).args(bundle))?;
    let style = output(node::tool("esbuild", &["www/page.css"]).args(bundle))?;
    let html = read(&root().join("www/index.html"))?;

    write(&dist.join("www/index.html"), served(&html)?)?;
    write(&dist.join("www/main.js"), &script)?;
    write(&dist.join("www/page.css"), &style)?;
    write(&dist.join("intransit.html"), one_file(&html, &script, &style)?)
}

/// Checks the types that the page's comments declare; it takes the package's, so the package is built first.
pub(crate) fn type_check() -> Command {
    let options = ["--noEmit", "--ignoreConfig", "--allowJs", "--checkJs", "--strict", "--noUncheckedIndexedAccess"];
    let dialect = ["--target", "es2023", "--lib", "es2023,dom,dom.iterable", "--types", ""];
    let modules = ["--module", "esnext", "--moduleResolution", "bundler"];
    let mut command = node::tool("tsc", &options);
    command.args(dialect).args(modules).args(["www/main.js", "www/worker.js", "www/text-files.d.ts"]);
    command
}

/// Writes the npm package once more with its WebAssembly as text for the page, and returns esbuild's option that
/// puts it in the place of the package.
fn core(dist: &Path) -> Outcome<String> {
    let folder = dist.join("page/core");
    for name in ["intransit.js", "bindings.js"] {
        write(&folder.join(name), read(&dist.join("pkg").join(name))?)?;
    }
    let wasm = dist.join("pkg/intransit.wasm");
    let bytes = std::fs::read(&wasm).map_err(|error| format!("cannot read `{}`: {error}", wasm.display()))?;
    write(&folder.join("wasm-base64.js"), embedded(&bytes))?;
    Ok(format!("--alias:intransit={}", folder.join("intransit.js").display()))
}

/// A module whose default export is the bytes as base64, kept as one letter for each byte: compression sees the
/// bytes' own patterns, which base64 hides. That makes the compressed page a fifth smaller.
///
/// What words are made of stands for itself, as brotli knows English; of the other bytes the most frequent have letters
/// of one byte. Both kinds go by the bytes' values, so that those near to each other, opcodes of one kind, have letters
/// of one kind.
fn embedded(bytes: &[u8]) -> String {
    let mut counts = [0_usize; 256];
    for byte in bytes {
        counts[usize::from(*byte)] += 1;
    }
    let mut letters: [char; 256] = std::array::from_fn(|byte| char::from(u8::try_from(byte).unwrap_or_default()));
    let mut others: Vec<usize> = (0..letters.len()).filter(|byte| !is_of_words(letters[*byte])).collect();
    others.sort_by_key(|byte| std::cmp::Reverse(counts[*byte]));
    let (short, long) = others.split_at_mut(short_letters().count());
    short.sort_unstable();
    long.sort_unstable();
    for (byte, letter) in short.iter().zip(short_letters()).chain(long.iter().zip('\u{100}'..)) {
        letters[*byte] = letter;
    }
    let table: String = letters.iter().collect();
    let text: String = bytes.iter().map(|byte| letters[usize::from(*byte)]).collect();
    format!(
        "const bytes = new Map([...\"{table}\"].map((letter, byte) => [letter, String.fromCharCode(byte)]));\n\
         const text = \"{text}\";\nlet binary = \"\";\n\
         for (let at = 0; at < text.length; at += 1) binary += bytes.get(text[at]);\n\
         export default btoa(binary);\n"
    )
}

fn is_of_words(letter: char) -> bool {
    matches!(letter, 'a'..='z' | ' ' | ',' | '.' | '-')
}

/// The other letters of one byte of UTF-8 that need no escape in a string in a string in HTML.
fn short_letters() -> impl Iterator<Item = char> {
    let signs = ('!'..='~').filter(|sign| !sign.is_ascii_alphanumeric() && !"\"'`\\$<".contains(*sign));
    signs.chain('0'..='9').chain('A'..='Z').filter(|letter| !is_of_words(*letter))
}

fn served(html: &str) -> Outcome<String> {
    with_policy(html, "'self'", "'self'", "; connect-src 'self'")
}

fn one_file(html: &str, script: &str, style: &str) -> Outcome<String> {
    let script = in_element("script", script)?;
    let style = in_element("style", style)?;
    let html = with_policy(html, &hash(&script), &hash(&style), "")?;
    let html = replace_once(&html, STYLE, &format!("<style>{style}</style>"))?;
    replace_once(&html, SCRIPT, &format!("<script type=\"module\">{script}</script>"))
}

/// The page with its content security policy, which has to stand before everything that it governs.
fn with_policy(html: &str, script: &str, style: &str, more: &str) -> Outcome<String> {
    let policy = format!(
        "default-src 'none'; script-src {script} 'wasm-unsafe-eval'; style-src {style}; worker-src blob:{more}; \
         base-uri 'none'; form-action 'none'"
    );
    let meta = format!("{CHARSET}\n<meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">");
    replace_once(html, CHARSET, &meta)
}

fn hash(text: &str) -> String {
    format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)))
}

/// The text as it may stand inside an element that HTML does not parse: nothing in it ends the element or starts
/// a comment, and line ends are what a browser makes of them before it hashes.
fn in_element(element: &str, text: &str) -> Outcome<String> {
    let text = text.replace("\r\n", "\n").replace("<!--", "\\x3c!--");
    let end = format!("</{element}");
    if text.to_ascii_lowercase().contains(&end) || text.contains(['\r', '\0']) {
        return Err(format!("expected no `{end}`, carriage return or NUL in what is inlined into the page"));
    }
    Ok(text)
}

fn replace_once(text: &str, from: &str, to: &str) -> Outcome<String> {
    match text.matches(from).count() {
        1 => Ok(text.replacen(from, to, 1)),
        count => Err(format!("expected `{from}` once in www/index.html, found it {count} times")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = concat!(
        "<meta charset=\"utf-8\"><link rel=\"stylesheet\" href=\"./page.css\">",
        "<script type=\"module\" src=\"./main.js\"></script>"
    );

    #[test]
    fn the_one_file_names_its_scripts_by_hash() {
        let html = one_file(PAGE, "alert(1)", "p{}").unwrap();
        assert!(html.contains("<script type=\"module\">alert(1)</script>"), "{html}");
        assert!(html.contains("script-src 'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI='"), "{html}");
        assert!(!html.contains("connect-src"), "{html}");
    }

    #[test]
    fn every_byte_has_a_letter_of_its_own() {
        let bytes: Vec<u8> = (0..=u8::MAX).collect();
        let module = embedded(&bytes);
        let text = module.split('"').nth(3).unwrap();
        let distinct: std::collections::BTreeSet<char> = text.chars().collect();
        assert_eq!((text.chars().count(), distinct.len()), (256, 256), "{module}");
        assert!(!text.contains(['\\', '`', '$', '<', '\'']), "{text}");
    }

    #[test]
    fn nothing_inlined_ends_its_element() {
        assert!(in_element("script", "\"</SCRIPT>\"").is_err());
        assert_eq!(in_element("script", "\"<!--\"\r\n").unwrap(), "\"\\x3c!--\"\n");
    }

    #[test]
    fn a_page_without_the_expected_tags_is_refused() {
        assert!(one_file("<p>", "", "").unwrap_err().contains("found it 0 times"));
        assert!(served(&format!("{PAGE}{PAGE}")).unwrap_err().contains("found it 2 times"));
    }
}
