//! Where fuzzing begins: small pieces of the fixtures. They are derived, so that none of them is committed.

use std::ops::Range;

use intransit::policy::PACKS;

use crate::bodies::OTHERS;
use crate::grammar::{Grammar, Kind};
use crate::readers::{Fixture, READERS, fixtures};

/// Every target's name.
pub(crate) fn targets() -> impl Iterator<Item = &'static str> {
    READERS.iter().map(|reader| reader.target).chain(OTHERS.iter().map(|(name, _)| *name))
}

/// The seeds of each target.
pub(crate) fn seeds() -> Vec<(&'static str, Vec<Vec<u8>>)> {
    let fixtures = fixtures();
    let of = |target: &'static str| {
        let mine = fixtures.iter().filter(|fixture| fixture.reader.target == target);
        let seeds = match target {
            "policy" => PACKS.iter().map(|pack| pack.json.as_bytes().to_vec()).collect(),
            "inventory" => inventories(),
            "json" => fixtures.iter().filter(|fixture| fixture.reader.grammar == Grammar::Json).map(seed).collect(),
            "check" => fixtures.iter().map(|fixture| checked(&seed(fixture))).collect(),
            _ => mine.map(seed).collect(),
        };
        (target, seeds)
    };
    targets().map(of).collect()
}

fn seed(fixture: &Fixture) -> Vec<u8> {
    small(fixture, 6_000)
}

/// At most so many bytes of a fixture: the first and the last things of each long list.
pub(crate) fn small(fixture: &Fixture, most: usize) -> Vec<u8> {
    const KEPT: usize = 2;
    let grammar = fixture.reader.grammar;
    let Ok(mut text) = String::from_utf8(fixture.bytes.clone()) else { return fixture.bytes.clone() };
    while text.len() > most {
        let groups = grammar.groups(&text);
        let lists = groups.iter().filter(|group| group.kind == Kind::List && group.ranges.len() > 2 * KEPT);
        let mut gone: Vec<Range<usize>> =
            lists.flat_map(|group| &group.ranges[KEPT..group.ranges.len() - KEPT]).cloned().collect();
        if gone.is_empty() {
            // Then the longest of the rest that is not nearly all of it.
            let all = groups.iter().filter(|group| group.kind != Kind::Parts).flat_map(|group| &group.ranges);
            let Some(longest) = all.filter(|range| range.len() < text.len() / 3).max_by_key(|range| range.len()) else {
                break;
            };
            gone.push(longest.clone());
        }
        text = grammar.without_all(&text, gone);
    }
    text.into_bytes()
}

fn checked(input: &[u8]) -> Vec<u8> {
    let head = format!("{}\n=====\nname,flow,endpoints\nmail,,mail.example.com:25\n=====\n", PACKS[0].id);
    [head.as_bytes(), input].concat()
}

fn inventories() -> Vec<Vec<u8>> {
    let texts = [
        "name,flow,endpoints\nmail,serviceToOther,mail.example.com:25 192.0.2.1:25\n\"the, web\",,[2001:db8::1]:443\n",
        "name;endpoints\n",
        r#"[{"name":"mail","flow":"clientToService","anyOf":["mail.example.com:443","[::1]:443"]}]"#,
        "[]",
    ];
    texts.iter().map(|text| text.as_bytes().to_vec()).collect()
}
