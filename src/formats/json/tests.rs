//! Tables of what real tools write, and properties: exact on RFC 8259, inventing nothing on anything else.

#![expect(clippy::string_slice, reason = "offsets of the tests are character boundaries")]

use std::collections::HashSet;

use proptest::prelude::*;

use super::*;

fn source(text: &str) -> SourceText {
    SourceText::new(0, text.to_owned())
}

/// A document in one line: `!` cut off, `~` guessed, `?` incomplete container.
fn shown(value: Value<'_>) -> String {
    let mark = match (value.is_truncated(), value.is_repaired(), value.is_complete()) {
        (true, _, _) => "!",
        (_, true, _) => "~",
        (_, _, false) => "?",
        _ => "",
    };
    let body = match value.kind() {
        Kind::Null => "null".to_owned(),
        Kind::Bool => value.as_bool().unwrap().to_string(),
        Kind::Number => value.partial_text().unwrap().into_owned(),
        Kind::String => format!("{:?}", value.partial_text().unwrap()),
        Kind::Array => format!("[{}]", value.elements().map(shown).collect::<Vec<_>>().join(", ")),
        Kind::Object => {
            let members = value.members().map(|(name, value)| format!("{}: {}", name.as_str().unwrap(), shown(value)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
        }
    };
    format!("{body}{mark}")
}

fn read(text: &str) -> (String, Vec<String>) {
    let source = source(text);
    let document = parse(&source, 0);
    let messages = document.diagnostics().iter().map(ToString::to_string).collect();
    (document.root().map(shown).unwrap_or_default(), messages)
}

#[test]
fn broken_json_keeps_what_is_certain() {
    let cases = [
        // Commas.
        ("missing comma", "[1 2]", "[1, 2]"),
        ("missing comma between findings", "[{\"a\": 1}\n {\"a\": 2}]", "[{a: 1}, {a: 2}]"),
        ("missing comma behind a string", "{\"a\": \"x\"\n \"b\": \"y\"}", "{a: \"x\", b: \"y\"}"),
        ("missing comma on one line", r#"{"a": "x" "b": "y"}"#, "{a: \"x\"~, b: \"y\"~}?"),
        ("leading, double, trailing comma", "[,1,,2,]", "[1, 2]"),
        ("trailing comma in an object", r#"{"a": 1,}"#, "{a: 1}"),
        // Strings.
        (
            "unescaped invocation",
            "{\"Invocation\"  : \"testssl.sh --foo \"bar baz\" host\",\n \"at\": \"h\"}",
            "{Invocation: \"testssl.sh --foo \\\"bar baz\\\" host\"~, at: \"h\"}?",
        ),
        (
            "unescaped quotes and commas",
            "{\"Invocation\": \"t --h \"a\", \"b\" host\",\n \"at\": \"h\"}",
            "{Invocation: \"t --h \\\"a\\\", \\\"b\\\" host\"~, at: \"h\"}?",
        ),
        ("unescaped quote in an array", "[\"a \"b\" c\", 1]", "[\"a \\\"b\\\" c\"~, 1~]?"),
        ("a guess ends with its line", "{\"a\": \"x \"y\" z\n \"b\": \"w\"}", "{a: \"x \\\"y\\\" z\"!, b: \"w\"}?"),
        ("no closing quote", "{\"a\": \"x,\n \"b\": \"y\"}", "{a: \"x,\"!, b: \"y\"}?"),
        ("no closing quote before a bracket", "[{\"a\": \"x\n }, 1]", "[{a: \"x\"!}?, 1]?"),
        ("line breaks inside", "{\"a\": \"x\ny\nz\", \"b\": 1}", "{a: \"x\\ny\\nz\"~, b: 1~}?"),
        ("line break, then quotes", "[\"abc,\n \"def\"]", "[\"abc,\"!, \"def\"]?"),
        ("tab inside", "[\"a\tb\"]", "[\"a\\tb\"]"),
        ("unknown escapes", r#"["a\xb\'c\u12"]"#, r#"["a\\xb\\'c\\u12"]"#),
        (
            "lone surrogates",
            r#"["\ud800", "\udc00x", "\ud800\ud800"]"#,
            "[\"\u{FFFD}\", \"\u{FFFD}x\", \"\u{FFFD}\u{FFFD}\"]",
        ),
        ("a path with a closing backslash", "{\"a\": \"C:\\x\\\",\n \"b\": 1}", "{a: \"C:\\\\x\\\",\"!, b: 1}?"),
        // Words.
        ("stray words", "[1, Scan interrupted\n, 2]", "[1, 2]?"),
        ("stray words between members", "{\"a\": 1\nScan interrupted\n\"b\": 2}", "{a: 1, b: 2}?"),
        ("not a number", r#"{"a": NaN, "b": 2}"#, "{b: 2}?"),
        ("leading zero, plus, hex", "[01, +1, 0x10, 1., .5, 2]", "[2]?"),
        ("single quotes", r#"{'a': 'x, "y": 1', "b": 2}"#, "{b: 2}?"),
        ("single quotes in an array", "['a', 'b, c', \"d\"]", "[\"d\"]?"),
        ("unquoted names", r#"{a: "x", b: 2, "c": 3}"#, "{c: 3~}?"),
        ("an apostrophe is no quote", "{\"a\": can't, \"b\": won't, \"c\": 1}", "{c: 1}?"),
        ("missing value", r#"{"a": , "b": 2, "c": }"#, "{b: 2}?"),
        ("missing value at the end of a line", "{\"a\":\n \"b\": 2}", "{b: 2}?"),
        ("missing colon", r#"{"a" 1, "b": 2}"#, "{b: 2}?"),
        ("a name alone", r#"{"a", "b": 2}"#, "{b: 2}?"),
        ("a name without closing quote", "{\"a: 1,\n \"b\": 2}", "{b: 2}?"),
        // Brackets.
        ("missing closing brace", "[{\"a\": 1\n, {\"a\": 2}]", "[{a: 1}~, {a: 2}]?"),
        ("missing closing bracket", r#"{"a": [1, 2}"#, "{a: [1, 2]~}?"),
        ("the other bracket", r#"{"a": [1, 2}, "b": 3}"#, "{a: [1, 2]~, b: 3}?"),
        ("the other bracket of an object", r#"[{"a": 1], {"a": 2}]"#, "[{a: 1}~, {a: 2}]?"),
        ("stray bracket", r#"{"a": 1], "b": 2}"#, "{a: 1, b: 2}?"),
        ("an object without name", r#"{"a": 1, {"b": 2}, "c": 3}"#, "{a: 1, c: 3}?"),
        (
            "sections of a host without the host",
            "{\"scanResult\": [\n {\"id\": \"x\"} \"protocols\": [1],\n \"ciphers\": [2]\n }\n ],\n \"scanTime\": 3}",
            "{scanResult: [{id: \"x\"}, {protocols: [1], ciphers: [2]}~]?, scanTime: 3}?",
        ),
        (
            "client problems among the hosts",
            "{\"scanResult\": [\n \"clientProblem1\": [1],\n,{\"id\": 2}\n]}",
            "{scanResult: [{clientProblem1: [1]}~, {id: 2}]?}?",
        ),
        ("members in an array keep their names", r#"{"a": ["x", "b": ["y"]]}"#, "{a: [\"x\", {b: [\"y\"]}~]?}?"),
        // Cut off.
        ("in a string", r#"[{"a": "not offered", "b": "not off"#, "[{a: \"not offered\", b: \"not off\"!}!]!"),
        ("in a number", r#"{"a": 1, "b": 12"#, "{a: 1, b: 12!}!"),
        ("in a fraction", "[1, 2.", "[1, 2.!]!"),
        ("in a literal", "[true, fal", "[true]!"),
        ("behind a literal", "[true", "[true]!"),
        ("in a name", r#"{"a": 1, "b"#, "{a: 1}!"),
        ("behind a name", r#"{"a": 1, "b" "#, "{a: 1}!"),
        ("behind a colon", r#"{"a": 1, "b": "#, "{a: 1}!"),
        ("in an escape", r#"["a\u00"#, r#"["a\\u00"!]!"#),
        ("behind a backslash", r#"["a\"#, r#"["a\\"!]!"#),
        ("of the document itself", "\"abc", "\"abc\"!"),
    ];
    for (name, text, expected) in cases {
        let (root, messages) = read(text);
        assert_eq!(root, expected, "{name}: {text}\n{messages:#?}");
        assert!(!messages.is_empty(), "{name}: nothing said");
    }
}

#[test]
fn problems_say_what_was_found_and_expected() {
    let cases = [
        ("[1 2]", vec!["expected `,` or `]`, found `2` (line 1, column 4)"]),
        (
            "{\"a\": \"x\n\"b\": 1}",
            vec!["expected the closing quote of a string, found the end of the line (line 1, column 9)"],
        ),
        ("[1,\n NaN]", vec!["expected a value, found `NaN` (line 2, column 2)"]),
        ("<html>", vec!["expected a JSON value, found `<html>` (line 1, column 1)"]),
        (" \n", vec!["expected a JSON value, found the end of the input (line 2, column 1)"]),
        ("[1", vec!["the input ends in the middle of its JSON; expected the rest of it (line 1, column 3)"]),
        (
            "[\"\\x\u{1}\"]",
            vec![
                "expected an escape sequence, found `\\x\u{FFFD}` (line 1, column 3)",
                "expected no control characters inside a string, found the control character U+0001 (line 1, column 5)",
            ],
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(read(text).1, expected, "{text}");
    }
}

#[test]
fn problems_beyond_twenty_are_counted() {
    let (root, messages) = read(&format!("[{}1", ",".repeat(50)));
    assert_eq!(root, "[1!]!");
    assert_eq!(messages.len(), 22);
    assert_eq!(messages[20], "and 30 more problems in this JSON");
    assert!(messages[21].starts_with("the input ends"));
}

#[test]
fn documents_follow_one_another() {
    let cases = [
        ("{\"a\":1}\n{\"a\":2}\n", vec!["{a: 1}", "{a: 2}"]),
        ("{}[]1 \"x\"null", vec!["{}", "[]", "1", "\"x\"", "null"]),
        // A second `scanTime` behind the closing bracket, as parallel runs of testssl.sh leave it.
        ("[1]\n,         {\"id\": 2}\n]\n", vec!["[1]", "", "{id: 2}", ""]),
        ("Start\n{\"a\":1} done", vec!["", "{a: 1}", ""]),
        ("123abc\n5", vec!["", "5"]),
    ];
    for (text, expected) in cases {
        let source = source(text);
        let (mut at, mut roots) = (0, Vec::new());
        while !text[at..].trim().is_empty() {
            let document = parse(&source, at);
            assert!(document.end() > at, "{text}");
            at = document.end();
            roots.push(document.root().map(shown).unwrap_or_default());
        }
        assert_eq!(roots, expected, "{text}");
    }
}

#[test]
fn a_broken_line_does_not_swallow_the_next() {
    let text = "{\"a\": 1, \"b\": \n{\"a\": 2}\n";
    let source = source(text);
    let line = text.find('\n').unwrap();
    let first = parse_within(&source, 0, line);
    assert_eq!((shown(first.root().unwrap()).as_str(), first.is_truncated()), ("{a: 1}!", true));
    assert_eq!(shown(parse(&source, line).root().unwrap()), "{a: 2}");
}

#[test]
fn values_are_read_by_kind() {
    let source = source(
        r#"{"s": "a\"b", "n": 340282366920938463463374607431768211456, "u": 4294967295, "i": -5, "f": 1.0, "t": true, "z": null, "u": 7, "\u0061": [1]}"#,
    );
    let document = parse(&source, 0);
    assert!(document.is_intact() && !document.is_truncated());
    let root = document.root().unwrap();
    let member = |name: &str| root.get(name).unwrap();
    assert_eq!(member("s").as_str().unwrap(), "a\"b");
    assert_eq!(member("n").number_text().unwrap(), "340282366920938463463374607431768211456");
    assert_eq!((member("n").as_u32(), member("n").as_i64()), (None, None));
    assert_eq!(member("u").as_u32(), Some(4_294_967_295));
    assert_eq!((member("i").as_u32(), member("i").as_i64()), (None, Some(-5)));
    assert_eq!(member("f").as_i64(), None);
    assert_eq!(member("t").as_bool(), Some(true));
    assert_eq!(member("z").kind(), Kind::Null);
    assert_eq!(member("a").elements().count(), 1);
    assert_eq!(root.members().count(), 9);
    assert!(root.get("S").is_none() && member("s").get("s").is_none());
    assert_eq!(member("s").elements().count() + member("a").members().count(), 0);
    assert!(member("u").as_str().is_none() && member("s").number_text().is_none());
}

#[test]
fn cut_off_texts_are_not_to_be_judged() {
    let source = source(r#"{"a": "not offered and downgra"#);
    let document = parse(&source, 0);
    let value = document.root().unwrap().get("a").unwrap();
    assert_eq!(value.as_str(), None);
    assert_eq!(value.partial_text().unwrap(), "not offered and downgra");
}

#[test]
fn words_inside_strings_have_spans() {
    let cases = [
        (r#""one two""#, 4..7, "two"),
        (r#""é two""#, 3..6, "two"),
        (r#""a\n\"b\" two""#, 6..9, "two"),
        (r#""a\n\"b\" two""#, 2..5, r#"\"b\""#),
        (r#""\ud834\udd1e two""#, 0..4, r"\ud834\udd1e"),
        (r#""\ud834\udd1e two""#, 1..6, r"\ud834\udd1e t"),
        (r#""\ud834\udd1e two""#, 5..8, "two"),
        (r#""é""#, 1..2, "é"),
        (r#""abc""#, 1..99, "bc"),
        (r#""abc""#, 9..99, ""),
        (r#""abc""#, 1..1, ""),
        (r#""a\xb two""#, 5..8, "two"),
        ("12", 0..1, "12"),
    ];
    for (text, range, expected) in cases {
        let source = source(text);
        let document = parse(&source, 0);
        let span = document.root().unwrap().string_span(range.clone());
        assert_eq!(source.slice(span), expected, "{text} {range:?}");
    }
}

#[test]
fn deep_and_long_inputs_are_linear() {
    const LONG: usize = 5_000_000;
    let deep = 100_000;
    let nested = format!("{}{}", "{\"a\":[".repeat(deep), "]}".repeat(deep));
    let source_nested = source(&nested);
    let document = parse(&source_nested, 0);
    assert_eq!((document.end(), document.is_truncated(), document.diagnostics().len()), (nested.len(), false, 1));
    let (mut value, mut depth) = (document.root(), 0);
    while let Some(inner) = value {
        depth += 1;
        assert_eq!(inner.is_truncated(), depth > MAX_DEPTH);
        value = inner.get("a").or_else(|| inner.elements().next());
    }
    assert_eq!(depth, MAX_DEPTH + 1);

    for part in [
        "[", "{", "\"", "\\", ",", "]", "'", "' ", "a", "-", " ", "\n", "{\"a\":", "[\"", "\"\n", "[\"\\\n", "\",",
        "\" ", ": ",
    ] {
        for prefix in ["", "[", "{", "[\"", "{\"a\":\"", "{\"a\":", "[{\"a\":[x"] {
            let text = format!("{prefix}{}", part.repeat(LONG / part.len() / 40));
            let source = source(&text);
            let document = parse(&source, 0);
            assert!(document.end() <= text.len() && document.nodes.len() <= text.len());
        }
    }
    for part in ["[", "\"", "\\", ","] {
        let source = source(&part.repeat(LONG));
        assert!(parse(&source, 0).end() > 0);
    }
}

fn white_space() -> impl Strategy<Value = String> {
    "[ \n\t\r]{0,2}"
}

/// A string as it stands in JSON, quotes included.
fn string_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[a-zA-Z0-9 {}\\[\\],:'/é𝄞-]{0,8}",
        1 => prop::sample::select(vec!["\\\"", "\\\\", "\\/", "\\n", "\\t", "\\u00e9", "\\ud834\\udd1e", "\\u0022", "\\\": ", "\\\",", "\u{7f}"]).prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..4).prop_map(|pieces| format!("\"{}\"", pieces.concat()))
}

fn document_text() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        3 => string_text(),
        1 => "-?(0|[1-9][0-9]{0,24})",
        1 => "-?(0|[1-9][0-9]{0,3})\\.[0-9]{1,4}([eE][+-]?[0-9]{1,2})?",
        1 => prop::sample::select(vec!["true", "false", "null"]).prop_map(str::to_owned),
    ];
    leaf.prop_recursive(5, 48, 6, |inner| {
        prop_oneof![
            prop::collection::vec((white_space(), inner.clone(), white_space()), 0..6).prop_map(|items| {
                let items: Vec<String> = items.into_iter().map(|(a, value, b)| format!("{a}{value}{b}")).collect();
                format!("[{}]", items.join(","))
            }),
            prop::collection::vec((white_space(), string_text(), white_space(), inner, white_space()), 0..6).prop_map(
                |members| {
                    // The position makes names unique: serde_json keeps the last of two.
                    let members: Vec<String> = members
                        .into_iter()
                        .enumerate()
                        .map(|(index, (a, name, b, value, c))| format!("{a}\"{index}{}{b}:{c}{value}", &name[1..]))
                        .collect();
                    format!("{{{}}}", members.join(","))
                }
            ),
        ]
    })
}

fn assert_same(ours: Value<'_>, theirs: &serde_json::Value) {
    use serde_json::Value as Json;
    match theirs {
        Json::Null => assert_eq!(ours.kind(), Kind::Null),
        Json::Bool(value) => assert_eq!(ours.as_bool(), Some(*value)),
        Json::Number(number) => {
            let text = ours.number_text().unwrap();
            match number.as_i64() {
                Some(value) => assert_eq!(ours.as_i64(), Some(value)),
                // serde_json rounds to a neighbouring float.
                None => {
                    let (ours, theirs): (f64, f64) = (text.parse().unwrap(), number.as_f64().unwrap());
                    assert!((ours - theirs).abs() <= ours.abs() * 1e-15, "{text}");
                }
            }
        }
        Json::String(value) => assert_eq!(ours.as_str().unwrap(), value.as_str()),
        Json::Array(values) => {
            assert_eq!((ours.kind(), ours.elements().count()), (Kind::Array, values.len()));
            ours.elements().zip(values).for_each(|(ours, theirs)| assert_same(ours, theirs));
        }
        Json::Object(map) => {
            assert_eq!((ours.kind(), ours.members().count()), (Kind::Object, map.len()));
            for (name, value) in ours.members() {
                let name = name.as_str().unwrap();
                assert_same(value, &map[name.as_ref()]);
                assert_same(ours.get(&name).unwrap(), &map[name.as_ref()]);
            }
        }
    }
}

/// Every string and number that may be trusted: its place and text.
fn trusted(document: &Document<'_>) -> HashSet<(usize, usize, Kind)> {
    let texts = document.nodes.iter().filter(|node| matches!(node.kind, Kind::String | Kind::Number));
    texts
        .filter(|node| node.flags & (TRUNCATED | REPAIRED) == 0)
        .map(|node| (node.start as usize, node.end as usize, node.kind))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn valid_documents_are_read_exactly(text in document_text()) {
        let source = source(&text);
        let document = parse(&source, 0);
        prop_assert!(document.is_intact(), "{:?}", document.diagnostics());
        prop_assert_eq!(document.end(), text.len());
        assert_same(document.root().unwrap(), &serde_json::from_str(&text).unwrap());
        let tolerant = recover::parse(&source, text.as_bytes(), 0);
        prop_assert!(tolerant.is_intact(), "{:?}", tolerant.diagnostics());
        prop_assert_eq!(tolerant.nodes, document.nodes);
    }

    #[test]
    fn truncation_invents_nothing(text in document_text()) {
        let whole_source = source(&text);
        let whole = parse(&whole_source, 0);
        let allowed = trusted(&whole);
        for end in 0..text.len() {
            let bytes = &text.as_bytes()[..end];
            let cut = source(&String::from_utf8_lossy(bytes));
            let document = parse(&cut, 0);
            // A number that is the whole document looks complete wherever it is cut.
            if whole.nodes[0].kind == Kind::Number {
                continue;
            }
            prop_assert!(!document.is_intact());
            for value in trusted(&document) {
                prop_assert!(allowed.contains(&value), "{:?} of {:?}", value, cut.text());
            }
        }
    }

    #[test]
    fn missing_punctuation_invents_no_strings(text in document_text()) {
        let whole_source = source(&text);
        let whole = parse(&whole_source, 0);
        let strings = |document: &Document<'_>| -> HashSet<(usize, usize)> {
            trusted(document).into_iter().filter(|value| value.2 == Kind::String).map(|value| (value.0, value.1)).collect()
        };
        let allowed = strings(&whole);
        let outside = |at: usize| !allowed.iter().any(|&(start, end)| (start..end).contains(&at));
        for at in (0..text.len()).filter(|&at| outside(at)) {
            let damaged = source(&format!("{}{}", &text[..at], &text[at + 1..]));
            for (start, end) in strings(&parse(&damaged, 0)) {
                let moved = if start >= at { (start + 1, end + 1) } else { (start, end) };
                prop_assert!(allowed.contains(&moved), "{:?} of {:?}", &damaged.text()[start..end], damaged.text());
            }
        }
    }

    #[test]
    fn damage_never_panics(text in document_text(), replacement in "[\"\\\\,:{}\\[\\]\n'a1 é-]") {
        for at in (0..text.len()).filter(|&at| text.is_char_boundary(at)) {
            let behind = &text[at..];
            let rest = &behind[behind.chars().next().map_or(0, char::len_utf8)..];
            for damaged in [format!("{}{rest}", &text[..at]), format!("{}{replacement}{rest}", &text[..at])] {
                let source = source(&damaged);
                let document = parse(&source, 0);
                prop_assert!(document.end() <= damaged.len());
                prop_assert!(damaged.trim().is_empty() || document.end() > 0);
                for node in &document.nodes {
                    prop_assert!(damaged.get(node.start as usize..node.end as usize).is_some());
                }
                document.root().map(shown);
            }
        }
    }

    #[test]
    fn any_text_is_read(text in "[\\[\\]{}\",:\\\\\n '0-9a-eé\t-]{0,60}") {
        let source = source(&text);
        let (mut at, mut documents) = (0, 0);
        while !text[at..].trim_matches([' ', '\n', '\r', '\t']).is_empty() {
            let document = parse(&source, at);
            prop_assert!(document.end() > at);
            at = document.end();
            document.root().map(shown);
            documents += 1;
        }
        prop_assert!(documents <= text.len());
    }
}
