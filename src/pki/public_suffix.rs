//! Names below which strangers register: the ICANN part of the [Public Suffix List], without suffixes of one label,
//! which need no list.
//!
//! A line of the text is for one top-level domain: its name, then the labels below it. A label has its own labels
//! behind it in brackets, `*` stands for any label, `!` before a label excepts it from that, and a label that ends in a
//! dot is no suffix itself.
//!
//! [Public Suffix List]: https://publicsuffix.org/list/

/// Written by `cargo xtask gen-suffixes`.
const SUFFIXES: &str = include_str!("public_suffixes.txt");

/// Whether a name of at least two labels, in A-labels, is a public suffix of the ICANN part: `co.uk` is one,
/// `example.co.uk` is none.
#[must_use]
pub fn is_public_suffix(name: &str) -> bool {
    is_suffix_in(SUFFIXES, &name.to_ascii_lowercase())
}

fn is_suffix_in(list: &str, name: &str) -> bool {
    let mut labels = name.rsplit('.');
    let Some(top) = labels.next() else { return false };
    let mut below = list.lines().find_map(|line| line.strip_prefix(top)?.strip_prefix(' '));
    let mut is_suffix = false;
    for label in labels {
        let (mut found, mut any, mut excepted) = (None, false, false);
        for (item, inside) in Items(below.unwrap_or_default()) {
            any |= item == "*";
            excepted |= item.strip_prefix('!') == Some(label);
            if item.trim_end_matches('.') == label {
                found = Some((!item.ends_with('.'), inside));
            }
        }
        is_suffix = found.is_some_and(|(is_rule, _)| is_rule) || any && !excepted;
        below = found.map(|(_, inside)| inside);
    }
    is_suffix
}

/// The labels of one level with what stands in their brackets.
struct Items<'a>(&'a str);

impl<'a> Iterator for Items<'a> {
    type Item = (&'a str, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        let mut depth = 0_usize;
        let mut end = self.0.len();
        for (at, byte) in self.0.bytes().enumerate() {
            match byte {
                b'(' => depth += 1,
                b')' => depth = depth.saturating_sub(1),
                b' ' if depth == 0 => {
                    end = at;
                    break;
                }
                _ => {}
            }
        }
        let item = self.0.get(..end).filter(|item| !item.is_empty())?;
        self.0 = self.0.get(end + 1..).unwrap_or_default();
        Some(
            item.split_once('(')
                .map_or((item, ""), |(label, inside)| (label, inside.strip_suffix(')').unwrap_or(inside))),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suffixes_are_known_at_every_depth() {
        for (name, expected) in [
            ("co.uk", true),
            ("CO.UK", true),
            ("example.co.uk", false),
            ("uk", false),
            ("example.com", false),
            ("com.ac", true),
            ("x.sch.uk", true),
            ("sch.uk", false),
            ("y.x.sch.uk", false),
            ("anything.ck", true),
            ("www.ck", false),
            ("kobe.jp", false),
            ("ide.kyoto.jp", true),
            ("kyoto.jp", true),
            ("x.kobe.jp", true),
            ("city.kobe.jp", false),
            ("k12.ak.us", true),
            ("example.k12.ak.us", false),
            ("xn--55qx5d.cn", true),
            ("s3.amazonaws.com", false),
            ("", false),
            (".", false),
            ("uk.", false),
        ] {
            assert_eq!(is_public_suffix(name), expected, "{name}");
        }
    }

    #[test]
    fn a_list_that_is_torn_ends() {
        for list in ["uk co(", "uk (((", "uk )))", "uk !", "uk  ", "uk co(a b"] {
            for name in ["co.uk", "a.co.uk", "b.a.co.uk"] {
                is_suffix_in(list, name);
            }
        }
        assert!(is_suffix_in("uk co(a b", "a.co.uk"));
    }
}
