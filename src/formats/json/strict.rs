//! The exact path: RFC 8259 and nothing else, fast. Anything else is left to recovery.

use super::scan::{escape, is_word, number_end, skip_white_space, string_special};
use super::{ESCAPED, Kind, MAX_DEPTH, Node, close, offset, push};

/// Parses one document at `start`: its nodes and the byte behind it; none when it breaks RFC 8259 or nests too deep.
pub(super) fn parse(bytes: &[u8], start: usize) -> Option<(Vec<Node>, usize)> {
    let mut nodes = Vec::with_capacity(32);
    let mut open: Vec<u32> = Vec::new();
    let mut in_object = false;
    let mut at = skip_white_space(bytes, start);
    loop {
        match bytes.get(at)? {
            b'"' => at = string(bytes, at, &mut nodes)?,
            &bracket @ (b'{' | b'[') => {
                if open.len() == MAX_DEPTH {
                    return None;
                }
                open.push(offset(nodes.len()));
                in_object = bracket == b'{';
                push(&mut nodes, if in_object { Kind::Object } else { Kind::Array }, at, at, 0);
                at = skip_white_space(bytes, at + 1);
                match (in_object, bytes.get(at)?) {
                    (true, b'}') | (false, b']') => {}
                    (true, _) => {
                        at = name(bytes, at, &mut nodes)?;
                        continue;
                    }
                    (false, _) => continue,
                }
            }
            b't' => at = literal(bytes, at, b"true", Kind::Bool, &mut nodes)?,
            b'f' => at = literal(bytes, at, b"false", Kind::Bool, &mut nodes)?,
            b'n' => at = literal(bytes, at, b"null", Kind::Null, &mut nodes)?,
            _ => {
                let end = number_end(bytes, at)?;
                push(&mut nodes, Kind::Number, at, end, 0);
                at = end;
            }
        }
        loop {
            let Some(&container) = open.last() else { return Some((nodes, at)) };
            at = skip_white_space(bytes, at);
            match (bytes.get(at)?, in_object) {
                (b',', true) => {
                    at = name(bytes, skip_white_space(bytes, at + 1), &mut nodes)?;
                    break;
                }
                (b',', false) => {
                    at = skip_white_space(bytes, at + 1);
                    break;
                }
                (b'}', true) | (b']', false) => {
                    at += 1;
                    close(&mut nodes, container as usize, at, 0);
                    open.pop();
                    let outer = open.last().and_then(|&outer| nodes.get(outer as usize));
                    in_object = outer.is_some_and(|outer| outer.kind == Kind::Object);
                }
                _ => return None,
            }
        }
    }
}

/// A member name and its colon; where the value starts.
fn name(bytes: &[u8], at: usize, nodes: &mut Vec<Node>) -> Option<usize> {
    if bytes.get(at)? != &b'"' {
        return None;
    }
    let colon = skip_white_space(bytes, string(bytes, at, nodes)?);
    (bytes.get(colon)? == &b':').then(|| skip_white_space(bytes, colon + 1))
}

fn string(bytes: &[u8], start: usize, nodes: &mut Vec<Node>) -> Option<usize> {
    let mut flags = 0;
    let mut at = start + 1;
    loop {
        at = string_special(bytes, at);
        match bytes.get(at)? {
            b'"' => {
                push(nodes, Kind::String, start, at + 1, flags);
                return Some(at + 1);
            }
            b'\\' => {
                let escape = escape(bytes, at);
                if !escape.valid {
                    return None;
                }
                flags = ESCAPED;
                at += escape.length;
            }
            _ => return None,
        }
    }
}

fn literal(bytes: &[u8], at: usize, word: &[u8], kind: Kind, nodes: &mut Vec<Node>) -> Option<usize> {
    let end = at + word.len();
    if bytes.get(at..end)? != word || bytes.get(end).is_some_and(|&byte| is_word(byte)) {
        return None;
    }
    push(nodes, kind, at, end, 0);
    Some(end)
}
