//! Progress bars on a terminal, notes with `-v`.

use std::cell::RefCell;
use std::io::IsTerminal as _;

use indicatif::{ProgressBar, ProgressStyle};

use super::Output;
use crate::authenticate::Progress;
use crate::git::Event;

/// The bar of the step that is under way, if bars are shown.
pub struct Bars {
    bar: RefCell<Option<(Step, ProgressBar)>>,
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
        Bars { bar: RefCell::new(None), visible, verbose: output.verbose, warns: !output.quiet && !output.json }
    }

    /// Show what is going on.
    pub fn show(&self, progress: Progress) {
        match progress {
            Progress::Warning(text) if self.warns => self.print(&format!("warning: {text}")),
            Progress::Warning(_) => {}
            Progress::Fetching(Event::Received(bytes)) => self.with(Step::Fetch, |bar| bar.set_position(bytes)),
            Progress::Fetching(Event::Note(text)) => self.note(&text),
            Progress::Fetching(Event::Server(text)) => self.note(&format!("server: {text}")),
            Progress::Comparing { read, of } => self.with(Step::Compare, |bar| {
                bar.set_length(of);
                bar.set_position(read);
            }),
        }
    }

    /// Take the bar off the terminal.
    pub fn finish(&self) {
        if let Some((_, bar)) = self.bar.borrow_mut().take() {
            bar.finish_and_clear();
        }
    }

    fn with(&self, step: Step, act: impl FnOnce(&ProgressBar)) {
        if !self.visible {
            return;
        }
        let mut current = self.bar.borrow_mut();
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
        match self.bar.borrow().as_ref() {
            Some((_, bar)) => bar.suspend(|| eprintln!("{text}")),
            None => eprintln!("{text}"),
        }
    }
}

fn new_bar(step: Step) -> ProgressBar {
    let (bar, template) = match step {
        Step::Fetch => (ProgressBar::new_spinner(), "{spinner} fetching: {bytes} ({bytes_per_sec})"),
        Step::Compare => (ProgressBar::new(0), "comparing: {wide_bar} {percent}%"),
    };
    // The templates are our own; a bar without its style is still a bar.
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar
}
