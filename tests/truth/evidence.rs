//! What is read from each report, as a text that was compared with the report by eye.

use intransit::{Input, read};

use super::{hold, names, text, words};

#[test]
fn evidence_is_read_as_it_was() {
    let mut changed = Vec::new();
    let mut unread = String::new();
    for name in names() {
        let reading = read(&[Input::new("report", text(&name).as_bytes())]);
        let written = words::reading(&name, &reading);
        if reading.evidence.scans.is_empty() {
            unread.push_str(&written);
            unread.push('\n');
        } else {
            changed.extend(hold(&format!("evidence/{name}.txt"), &written));
        }
    }
    changed.extend(hold("evidence/unread.txt", &unread));
    assert!(changed.is_empty(), "look at them, then UPDATE_SNAPSHOTS=1\n{}", changed.join("\n"));
}
