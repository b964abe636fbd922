//! Opening the page in the user's browser, by the opener that each system has.

use std::process::{Command, Stdio};

use crate::terminal;

/// Opens a URL of this program's own making; when that fails, a note says so.
pub(crate) fn open(url: String) {
    if !has_display() {
        return;
    }
    // An opener may run for as long as its browser does.
    std::thread::spawn(move || {
        let status = opener(&url).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
        if !status.is_ok_and(|status| status.success()) {
            terminal::complain(&format!("note: no browser could be opened; the page is at {url}\n"));
        }
    });
}

/// Without a display, `xdg-open` would start a browser for text in this very terminal.
fn has_display() -> bool {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let shown = cfg!(any(windows, target_os = "macos")) || is_set("DISPLAY") || is_set("WAYLAND_DISPLAY");
    shown && !is_set("CI")
}

fn opener(url: &str) -> Command {
    let (program, arguments): (&str, &[&str]) = if cfg!(windows) {
        // The first quoted word is the title of the window.
        ("cmd", &["/C", "start", ""])
    } else if cfg!(target_os = "macos") {
        ("open", &[])
    } else {
        ("xdg-open", &[])
    };
    let mut command = Command::new(program);
    command.args(arguments).arg(url);
    command
}
