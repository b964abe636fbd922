//! Places in a JSON document: all of them, and the document without one.

use serde_json::Value;

/// Adds the path of everything below `value`, which itself stands at `at`.
pub(crate) fn collect(value: &Value, at: &mut Vec<String>, paths: &mut Vec<Vec<String>>) {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(members) => members.iter().map(|(key, value)| (key.clone(), value)).collect(),
        Value::Array(elements) => elements.iter().enumerate().map(|(at, value)| (at.to_string(), value)).collect(),
        _ => Vec::new(),
    };
    for (step, child) in children {
        at.push(step);
        paths.push(at.clone());
        collect(child, at, paths);
        at.pop();
    }
}

/// Takes away what stands at `path`.
pub(crate) fn remove(value: &mut Value, path: &[String]) {
    let Some((last, parents)) = path.split_last() else { return };
    let parent = parents.iter().fold(value, |value, step| match value {
        Value::Array(elements) => &mut elements[step.parse::<usize>().unwrap()],
        value => &mut value[step.as_str()],
    });
    match parent {
        Value::Array(elements) => {
            elements.remove(last.parse().unwrap());
        }
        Value::Object(members) => {
            members.remove(last);
        }
        _ => panic!("a path leads into a container"),
    }
}
