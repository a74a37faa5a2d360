//! Progress bars on a terminal, notes with `-v`.

use std::io::IsTerminal as _;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use foreign::{Foreign, program};
use indicatif::{ProgressBar, ProgressStyle};

use super::args::Output;
use crate::authenticate::Progress;
use crate::git::{self, Event};

/// The bar of the step that is under way, if bars are shown.
pub struct Bars {
    bar: Mutex<Option<(Step, ProgressBar)>>,
    begun: Instant,
    visible: bool,
    verbose: bool,
    warns: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    Fetch,
    Compare,
}

impl Bars {
    /// Bars are for terminals, and not with `-q` or `--json`.
    pub fn new(output: Output) -> Self {
        let visible = !output.quiet && !output.json && std::io::stderr().is_terminal();
        Bars {
            bar: Mutex::new(None),
            begun: Instant::now(),
            visible,
            verbose: output.verbose,
            warns: !output.quiet && !output.json,
        }
    }

    /// Show what is going on.
    pub fn show(&self, progress: Progress) {
        match progress {
            Progress::Warning(text) => self.warn(&text),
            Progress::Fetching(Event::Received(bytes)) => self.with(Step::Fetch, |bar| bar.set_position(bytes)),
            Progress::Fetching(Event::Note(text)) => self.note(&text),
            Progress::Fetching(Event::Step(step)) => {
                self.note(&format!("{:.1} s: {step}", self.begun.elapsed().as_secs_f64()));
                // A rate would say nothing while the server is at work.
                let waits = step == git::Step::Preparing;
                self.with(Step::Fetch, |bar| {
                    bar.set_message(if waits { "server is preparing the pack, " } else { "" })
                });
            }
            Progress::Fetching(Event::Warning(text)) => self.warn(&text),
            Progress::Fetching(Event::Server(text)) => self.note(&format!("server: {text}")),
            Progress::Comparing { read, of } => self.with(Step::Compare, |bar| {
                bar.set_length(of);
                bar.set_position(read);
            }),
        }
    }

    /// Something went wrong that need not matter.
    pub fn warn(&self, text: &Foreign) {
        if self.warns {
            self.print(&format!("warning: {text}"));
        }
    }

    /// Take the bar off the terminal.
    pub fn finish(&self) {
        if let Some((_, bar)) = self.bar().take() {
            bar.finish_and_clear();
        }
    }

    fn bar(&self) -> MutexGuard<'_, Option<(Step, ProgressBar)>> {
        self.bar.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn with(&self, step: Step, act: impl FnOnce(&ProgressBar)) {
        if !self.visible {
            return;
        }
        let mut current = self.bar();
        if current.as_ref().is_none_or(|(shown, _)| *shown != step) {
            if let Some((_, bar)) = current.take() {
                bar.finish_and_clear();
            }
            *current = Some((step, new_bar(step)));
        }
        if let Some((_, bar)) = current.as_ref() {
            act(bar);
        }
    }

    fn note(&self, text: &str) {
        if self.verbose {
            self.print(text);
        }
    }

    fn print(&self, text: &str) {
        match self.bar().as_ref() {
            Some((_, bar)) => bar.suspend(|| program::say(format_args!("{text}"))),
            None => program::say(format_args!("{text}")),
        }
    }
}

fn new_bar(step: Step) -> ProgressBar {
    let (bar, template) = match step {
        Step::Fetch => (ProgressBar::new_spinner(), "{spinner} fetching: {msg}{bytes} ({bytes_per_sec})"),
        Step::Compare => (ProgressBar::new(0), "comparing: {wide_bar} {percent}%"),
    };
    // The templates are our own; a bar without its style is still a bar.
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar
}
