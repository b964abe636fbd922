//! The lines that begin and end a PEM block ([RFC 7468 §2]), wherever they stand in a text.
//!
//! [RFC 7468 §2]: https://www.rfc-editor.org/rfc/rfc7468#section-2

/// `-----BEGIN …-----` or `-----END …-----`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Armour<'a> {
    pub begins: bool,
    pub label: &'a str,
    /// Offset of the first dash.
    pub start: usize,
    /// Offset behind the last dash.
    pub end: usize,
}

impl Armour<'_> {
    /// Labels of every kind of private key, and nothing else, have these words: `EC PRIVATE KEY`,
    /// `ENCRYPTED PRIVATE KEY`, `OPENSSH PRIVATE KEY`, `PGP PRIVATE KEY BLOCK`.
    pub(super) fn is_private_key(&self) -> bool {
        self.label.contains("PRIVATE KEY")
    }
}

/// Fewer dashes begin no armour line.
const FEWEST_DASHES: usize = 4;

/// All armour lines of a text, in order.
pub(super) struct Armours<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Armours<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        Self { text, at: 0 }
    }
}

impl<'a> Iterator for Armours<'a> {
    type Item = Armour<'a>;

    fn next(&mut self) -> Option<Armour<'a>> {
        let bytes = self.text.as_bytes();
        loop {
            let start = self.at + memchr::memchr(b'-', bytes.get(self.at..)?)?;
            let count = dashes(bytes.get(start..)?);
            let behind = start + count;
            self.at = behind;
            if count < FEWEST_DASHES {
                continue;
            }
            if let Some((begins, label_start, label_end)) = label(bytes, behind) {
                let Some(end) = closing(bytes, label_start, label_end) else { continue };
                let label = self.text.get(label_start..label_end)?.trim_end_matches(' ');
                self.at = end;
                return Some(Armour { begins, label, start, end });
            }
        }
    }
}

/// The keyword at `at`, and where the label behind it stands.
fn label(bytes: &[u8], at: usize) -> Option<(bool, usize, usize)> {
    const LONGEST: usize = 64;
    let at = at + bytes.get(at..)?.iter().take(2).take_while(|byte| **byte == b' ').count();
    let rest = bytes.get(at..)?;
    let (begins, word) = match rest {
        [b'B', b'E', b'G', b'I', b'N', b' ' | b'-', ..] => (true, 5),
        [b'E', b'N', b'D', b' ' | b'-', ..] => (false, 3),
        _ => return None,
    };
    let start = at + word + usize::from(rest.get(word) == Some(&b' '));
    let of_label = |byte: &&u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || b" _./+".contains(byte);
    let length = bytes.get(start..)?.iter().take(LONGEST).take_while(of_label).count();
    Some((begins, start, start + length))
}

/// Where the armour ends. The closing dashes may have been lost when the line is one beyond doubt.
fn closing(bytes: &[u8], label_start: usize, at: usize) -> Option<usize> {
    let count = dashes(bytes.get(at..)?);
    if count >= 9 && label(bytes, at + count).is_some() {
        // Files joined without a line end between them: `-----END CERTIFICATE----------BEGIN CERTIFICATE-----`.
        return Some(at + 5);
    }
    if count > 0 {
        return Some(at + count);
    }
    let label = bytes.get(label_start..at)?;
    let known = label.ends_with(b"CERTIFICATE") || label.ends_with(b"PRIVATE KEY");
    let line_ends = matches!(bytes.get(at), None | Some(b'\n' | b'\r' | b'\\'));
    (known && line_ends).then_some(at)
}

fn dashes(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|byte| **byte == b'-').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn armour_lines_are_found_wherever_they_stand() {
        for (text, expected) in [
            ("-----BEGIN CERTIFICATE-----", &[(true, "CERTIFICATE")][..]),
            ("x=\"-----BEGIN X509 CRL-----\\n", &[(true, "X509 CRL")]),
            ("-----END A----------BEGIN B-----", &[(false, "A"), (true, "B")]),
            ("---- BEGIN SSH2 PRIVATE KEY ----", &[(true, "SSH2 PRIVATE KEY")]),
            ("------BEGIN CERTIFICATE--", &[(true, "CERTIFICATE")]),
            ("-----BEGIN CERTIFICATE\nMII", &[(true, "CERTIFICATE")]),
            ("-----BEGIN CERTIFICATE is the first line", &[]),
            ("----- Begin of report -----", &[]),
            ("----------------", &[]),
            ("-----BEGIN-----", &[(true, "")]),
        ] {
            let found: Vec<_> = Armours::of(text).map(|one| (one.begins, one.label)).collect();
            assert_eq!(found, expected, "{text}");
        }
    }
}
