//! Many targets: so many at a time, each result written as it comes, in memory that does not grow with their number.
//!
//! One thread reads the targets, one writes the results, and in between everything waits for its turn: a terminal that
//! is slow holds up new targets, never an answer that is on its way.

pub(crate) mod pace;
mod progress;
mod resume;
mod tally;
mod write;

use std::collections::HashMap;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Duration, Instant, MissedTickBehavior, interval, sleep};

use super::targets::{Service, Targets};
use crate::exit::Exit;
use crate::terminal::{self, Unwritten};
use progress::Progress;
pub(crate) use resume::Finished;
pub(crate) use tally::Class;
use tally::Tally;
pub(crate) use write::Output;

/// So many targets are known again when they are named a second time: the memory does not grow with their number.
const MOST_REMEMBERED: usize = 1 << 20;

/// How long results are still written after an interruption.
const PATIENCE: Duration = Duration::from_secs(1);

/// What came of one target.
#[derive(Debug)]
pub(crate) struct Done {
    /// The target, as [`Service::name`] says it.
    pub(crate) name: String,
    /// Its evidence, in one line with its end.
    pub(crate) document: String,
    /// What is shown for it, if that is not the document.
    pub(crate) text: Option<String>,
    /// What there is to say of it on standard error, in whole lines.
    pub(crate) notes: String,
    /// None where it could not be looked at.
    pub(crate) class: Option<Class>,
}

impl Done {
    /// A target that could not be looked at, and why.
    pub(crate) fn failed(name: String, why: &str) -> Self {
        Self { name, document: String::new(), text: None, notes: format!("error: {why}\n"), class: None }
    }
}

/// Looks at all targets that are not finished, so many at a time; in a `LocalSet`. What was seen is written by then.
pub(crate) async fn run<F>(
    targets: Targets,
    finished: Finished,
    at_a_time: usize,
    output: Output,
    look: impl Fn(Service) -> F,
) -> Exit
where
    F: Future<Output = Done> + 'static,
{
    let total = targets.total();
    let progress = Progress::new(total, finished.len() as u64, output.is_shown());
    let mut tally = Tally::new(finished.len() as u64);
    let (sender, mut next) = mpsc::channel(at_a_time);
    let repeated = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&repeated);
    thread::spawn(move || hand_out(targets, &finished, &counter, &sender));
    let (sink, done) = mpsc::channel(at_a_time);
    let writer = thread::spawn(move || write::write_all(output, done));
    let mut running = JoinSet::new();
    let mut names = HashMap::new();
    let mut interrupted = pin!(tokio::signal::ctrl_c());
    let mut tick = interval(progress::INTERVAL);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut is_over = false;
    while !(is_over && running.is_empty()) {
        let ended = tokio::select! {
            biased;
            _ = &mut interrupted => {
                tally.interrupt();
                break;
            }
            ended = running.join_next_with_id(), if !running.is_empty() => ended,
            target = next.recv(), if !is_over && running.len() < at_a_time => {
                match target {
                    None => is_over = true,
                    Some(Err(problem)) => {
                        tally.problem();
                        progress.clear();
                        terminal::complain(&format!("error: {problem}\n"));
                    }
                    Some(Ok(service)) => {
                        let name = service.name();
                        names.insert(running.spawn_local(look(service)).id(), name);
                    }
                }
                continue;
            }
            _ = tick.tick() => {
                progress.show(&tally, running.len());
                continue;
            }
        };
        match ended {
            None => {}
            Some(Ok((id, done))) => {
                names.remove(&id);
                if !done.notes.is_empty() {
                    progress.clear();
                    terminal::complain(&done.notes);
                }
                let Some(class) = done.class else {
                    tally.problem();
                    continue;
                };
                tally.count(class);
                let is_taken = tokio::select! {
                    sent = sink.send(done) => sent.is_ok(),
                    _ = &mut interrupted => {
                        tally.interrupt();
                        false
                    }
                };
                if !is_taken {
                    break;
                }
            }
            Some(Err(error)) => {
                let name = names.remove(&error.id()).unwrap_or_default();
                tally.problem();
                progress.clear();
                terminal::complain(&format!("error: intransit failed on `{name}`, which is a fault of its own\n"));
            }
        }
    }
    drop(sink);
    if tally.is_interrupted() {
        // Whoever reads may have stopped reading: it was asked to end, not to wait.
        let started = Instant::now();
        while !writer.is_finished() && started.elapsed() < PATIENCE {
            sleep(Duration::from_millis(10)).await;
        }
    }
    let is_stuck = tally.is_interrupted() && !writer.is_finished();
    let written = if is_stuck { Ok(()) } else { writer.join().unwrap_or(Err(Unwritten::Failed)) };
    progress.clear();
    tally.repeat(repeated.load(Ordering::Relaxed));
    terminal::complain(&tally.words(total));
    match written {
        Err(Unwritten::Failed) => Exit::Unusable,
        Ok(()) | Err(Unwritten::NobodyReads) => tally.exit(),
    }
}

/// Sends the targets that are not finished, as fast as they are taken.
fn hand_out(
    targets: Targets,
    finished: &Finished,
    repeated: &AtomicU64,
    sender: &mpsc::Sender<Result<Service, String>>,
) {
    let mut handed = Finished::default();
    for target in targets {
        if let Ok(service) = &target {
            let name = service.name();
            if finished.has(&name) {
                continue;
            }
            if handed.has(&name) {
                repeated.fetch_add(1, Ordering::Relaxed);
                continue;
            }
            if handed.len() < MOST_REMEMBERED {
                handed.add(&name);
            }
        }
        if sender.blocking_send(target).is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::sync::atomic::AtomicUsize;
    use tokio::task::LocalSet;

    use super::super::targets::Defaults;
    use super::*;

    fn targets(words: &[&str]) -> Targets {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        Targets::new(&words, &[], Defaults::default()).ok().unwrap()
    }

    fn go(words: &[&str], output: Output, finished: Finished, at_a_time: usize) -> (Exit, usize, usize) {
        let (now, most, all) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)), AtomicUsize::new(0));
        let look = |service: Service| {
            let (now, most) = (Arc::clone(&now), Arc::clone(&most));
            all.fetch_add(1, Ordering::SeqCst);
            async move {
                let at_once = now.fetch_add(1, Ordering::SeqCst) + 1;
                most.fetch_max(at_once, Ordering::SeqCst);
                tokio::time::sleep(Duration::from_millis(1)).await;
                now.fetch_sub(1, Ordering::SeqCst);
                assert!(service.host != "192.0.2.13", "a fault that the test is about");
                let name = service.name();
                Done {
                    document: format!("{{\"schemaVersion\":1,\"{name}\"}}\n"),
                    text: None,
                    notes: String::new(),
                    name,
                    class: Some(Class::Encrypted),
                }
            }
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let exit = LocalSet::new().block_on(&runtime, run(targets(words), finished, at_a_time, output, look));
        (exit, most.load(Ordering::SeqCst), all.load(Ordering::SeqCst))
    }

    #[test]
    fn so_many_at_a_time_and_all_of_them_once() {
        let place = std::env::temp_dir().join(format!("intransit-many-{}", std::process::id()));
        fs::create_dir_all(&place).unwrap();
        let (file, journal) = (place.join("out"), place.join("journal"));
        let (output, finished) = Output::new(Some(&file), Some(&journal), true).ok().unwrap();
        let (exit, most, all) = go(&["192.0.2.0/26"], output, finished, 8);
        // One of them fails by a fault of ours: it is said, and it is not finished.
        assert_eq!((exit, most, all), (Exit::Unusable, 8, 64));
        let lines = fs::read_to_string(&file).unwrap();
        let mut lines: Vec<&str> = lines.lines().collect();
        assert_eq!(lines.len(), 63);
        lines.sort_unstable();
        lines.dedup();
        assert_eq!(lines.len(), 63);
        let (output, finished) = Output::new(Some(&file), Some(&journal), true).ok().unwrap();
        assert_eq!(go(&["192.0.2.0/26", "192.0.2.65"], output, finished, 8).2, 2);
        assert_eq!(fs::read_to_string(&file).unwrap().lines().count(), 64);
        fs::remove_dir_all(&place).unwrap();
    }
}
