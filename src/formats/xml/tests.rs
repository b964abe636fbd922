#![expect(clippy::string_slice, reason = "offsets of the tests are character boundaries")]

use super::*;
use crate::diagnostic::{Code, Severity};

fn source(text: &str) -> SourceText {
    SourceText::new(0, text.to_owned())
}

/// The elements below one, as text: name, attributes, words and children.
fn outline(element: Element<'_>) -> String {
    let id = element.attribute("id").map(|id| format!("#{}", id.value)).unwrap_or_default();
    let text = element.text().map(|text| format!("={}", text.value)).unwrap_or_default();
    let mark = if element.is_complete() { "" } else { "?" };
    let inner: Vec<String> = element.elements().map(outline).collect();
    let inner = if inner.is_empty() { String::new() } else { format!("({})", inner.join(" ")) };
    format!("{}{id}{text}{mark}{inner}", element.name())
}

#[test]
fn what_is_well_formed_is_read_without_a_word() {
    for (text, expected) in [
        ("<a/>", "a"),
        ("<a></a>", "a"),
        (
            "<?xml version=\"1.0\"?>\n<!DOCTYPE a>\n<!-- x <b> -->\n<a><b id='1'/><c id=\"2\">w</c></a>\n",
            "a(b#1 c#2=w)",
        ),
        ("<!DOCTYPE a [ <!ELEMENT a (b)> ]><a/>", "a"),
        ("<a>\n <b id=\"&lt;&#45;&#x2d;&amp;&quot;\">x &gt; y</b>\n</a>", "a(b#<--&\"=x > y)"),
        ("<a><![CDATA[<b>&amp;]]></a>", "a=<b>&amp;"),
        ("<a>one<![CDATA[ & ]]>two</a>", "a=one & two"),
        ("<a id = '1'\n/>", "a#1"),
        ("<a><b></b ></a >", "a(b)"),
        ("<a:b x-y.z='1'/>", "a:b"),
    ] {
        let source = source(text);
        let document = parse(&source, 0);
        assert_eq!(document.diagnostics(), [], "{text}");
        assert_eq!(outline(document.root().unwrap()), expected, "{text}");
        assert_eq!(document.end(), text.trim_end().len(), "{text}");
        assert!(!document.is_truncated());
    }
}

#[test]
fn what_is_broken_is_said_and_the_rest_is_read() {
    for (text, expected) in [
        ("<a><b id='1'></a>", "a?(b#1?)"),
        ("<a></c><b/></a>", "a?(b)"),
        ("<a><b id=1/><c/></a>", "a?(b? c)"),
        ("<a><b id='1' id='2'/></a>", "a?(b#1?)"),
        ("<a><b id='<c>'/></a>", "a?(b#<c>?)"),
        ("<a>1 < 2<b/></a>", "a=1 2?(b)"),
        ("<a></a x>", "a?"),
        ("words<a/>", "a"),
        ("<a><!DOCTYPE b></a>", "a?"),
    ] {
        let source = source(text);
        let document = parse(&source, 0);
        assert_eq!(outline(document.root().unwrap()), expected, "{text}");
        assert!(!document.diagnostics().is_empty(), "{text}");
        assert!(document.diagnostics().iter().all(|problem| problem.severity == Severity::Error), "{text}");
    }
}

#[test]
fn what_is_cut_off_is_marked_as_such() {
    let text = "<a><b id='1'/><c id=\"2\"><![CDATA[x]]></c></a>";
    for end in 1..text.len() {
        let source = source(&text[..end]);
        let document = parse(&source, 0);
        assert!(document.is_truncated(), "{}", &text[..end]);
        assert!(document.root().is_none_or(|root| !root.is_complete()), "{}", &text[..end]);
        assert!(document.diagnostics().iter().any(|problem| problem.code == Code::TruncatedInput), "{}", &text[..end]);
        assert_eq!(document.end(), end);
    }
    let two = source("<?xml version='1.0'?><a><b>\n<?xml version='1.0'?><a/>");
    let first = parse(&two, 0);
    assert!(first.is_truncated());
    assert!(!parse(&two, first.end()).is_truncated());
}

#[test]
fn entities_are_refused_and_never_grow() {
    let bomb = "<!DOCTYPE a [<!ENTITY b \"bbbb\"><!ENTITY c \"&b;&b;\">]><a id=\"&c;\">&c;</a>";
    let text = source(bomb);
    let document = parse(&text, 0);
    assert!(document.root().is_none());
    assert!(document.diagnostics()[0].message.contains("declares entities"), "{:?}", document.diagnostics());
    for raw in ["&b;", "&#xFFFFFF;", "&#0;", "&#99999999999;", "&#+65;", "&", "&;", "&amp", "&\u{e9};"] {
        assert_eq!(decode(raw), raw);
    }
}

#[test]
fn places_are_those_of_the_words() {
    let text = source("<a>\n <b id=\"x&#45;y\" k='2'> some words <c/></b></a>");
    let document = parse(&text, 0);
    let element = document.root().unwrap().first("b").unwrap();
    let id = element.attribute("id").unwrap();
    assert_eq!((id.value.as_ref(), text.slice(id.span)), ("x-y", "x&#45;y"));
    assert_eq!(text.slice(element.text().unwrap().span), "some words");
    assert_eq!(text.slice(element.opening()), "<b id=\"x&#45;y\" k='2'");
    assert_eq!(text.slice(element.span()), "<b id=\"x&#45;y\" k='2'> some words <c/></b>");
    assert_eq!(text.slice(document.root().unwrap().opening()), "<a");
    assert_eq!((id.span.line, id.span.column), (2, 9));
}

#[test]
fn depth_attributes_and_problems_are_bounded() {
    let deep = format!("{}{}", "<a>".repeat(100_000), "</a>".repeat(100_000));
    let wide = format!("<a {}/>", (0..1000).map(|n| format!("x{n}='1' ")).collect::<String>());
    let wrong = format!("<a>{}</a>", "</b>".repeat(100_000));
    for text in [deep, wide, wrong] {
        let source = source(&text);
        let document = parse(&source, 0);
        assert!(document.nodes.len() <= MAX_DEPTH + 66);
        assert!((1..=22).contains(&document.diagnostics().len()));
        assert!(!document.root().unwrap().is_complete());
    }
}

#[test]
fn what_nobody_means_well_with_comes_to_an_end() {
    const LENGTH: usize = 1 << 19;
    let pieces = [
        "<",
        "<!--",
        "<a",
        "<a b='",
        "</",
        "<![CDATA[",
        "<?",
        "<!DOCTYPE a>",
        "<!DOCTYPE [",
        "<a b c>",
        "&",
        "<a/>",
        "]]>",
    ];
    for piece in pieces {
        for start in ["", "<a>"] {
            let text = source(&format!("{start}{}", piece.repeat(LENGTH / piece.len())));
            let document = parse(&text, 0);
            assert!(document.end() <= text.text().len());
        }
    }
}
