//! `serve`: the page that is inside the program, on this machine, until Ctrl-C.

use std::future::pending;
use std::io;

use tokio::runtime::Builder;

use crate::arguments::Serve;
use crate::browser;
use crate::exit::Exit;
use crate::page::FILES;
use crate::server::{Limits, Server};
use crate::{input, site, terminal};

/// Serves the page.
pub(crate) fn run(arguments: &Serve) -> Exit {
    if FILES.is_empty() {
        terminal::complain(
            "error: this build has no page inside; `cargo xtask start` builds one that has, and starts it\n",
        );
        return Exit::Unusable;
    }
    match serve(arguments) {
        Ok(exit) => exit,
        Err(error) => {
            let reason = input::reason(&error);
            terminal::complain(&format!("error: cannot listen on port {} of 127.0.0.1: {reason}\n", arguments.port));
            Exit::Unusable
        }
    }
}

fn serve(arguments: &Serve) -> io::Result<Exit> {
    Builder::new_current_thread().enable_io().enable_time().build()?.block_on(async {
        let server = Server::bind(arguments.port, Limits::default()).await?;
        let url = server.url();
        let exit = terminal::print(&format!("The page is at {url} (Ctrl-C stops it).\n"), Exit::Success);
        if exit == Exit::Success {
            if arguments.open {
                browser::open(url);
            }
            server.run(|request| site::answer(FILES, request), stopped()).await;
        }
        Ok(exit)
    })
}

/// Ready when Ctrl-C was pressed; never, where the system does not tell.
async fn stopped() {
    if tokio::signal::ctrl_c().await.is_err() {
        pending::<()>().await;
    }
}
