//! Progress on a terminal: rows, rate, time left. In a pipe, and in a service, it is silent.

use std::borrow::Cow;
use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::output::{Listener, listener};

/// A line that shows how far a piece of work has come.
pub(crate) struct Progress {
    bar: ProgressBar,
    rows: u64,
}

impl Progress {
    /// Reading logs of so many bytes on disk; unknown for standard input.
    pub(crate) fn reading(label: &'static str, bytes: Option<u64>) -> Self {
        let bar = hidden_in_pipes(bytes);
        let template = match bytes {
            Some(_) => "{prefix} {bar:16} {percent:>3}%  {eta} left  {wide_msg}",
            None => "{prefix} {spinner}  {elapsed}  {wide_msg}",
        };
        Self::start(bar, label, template)
    }

    /// Work of a known number of steps.
    pub(crate) fn counting(label: &'static str, steps: u64) -> Self {
        Self::start(
            hidden_in_pipes(Some(steps)),
            label,
            "{prefix} {bar:16} {percent:>3}%  {eta} left  {wide_msg}",
        )
    }

    /// Work that may well end before its last step.
    pub(crate) fn at_most(label: &'static str, steps: u64) -> Self {
        Self::start(
            hidden_in_pipes(Some(steps)),
            label,
            "{prefix}  {elapsed}, at most {eta} left  {wide_msg}",
        )
    }

    fn start(bar: ProgressBar, label: &'static str, template: &str) -> Self {
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("━╸─"));
        }
        bar.set_prefix(label);
        bar.enable_steady_tick(Duration::from_millis(200));
        Self { bar, rows: 0 }
    }

    /// So many more rows were read, and so many bytes on disk done.
    pub(crate) fn rows(&mut self, rows: u64, bytes: u64) {
        self.rows += rows;
        self.bar.inc(bytes);
        if !self.bar.is_hidden() {
            let seconds = self.bar.elapsed().as_secs_f64().max(1e-3);
            let rate = self.rows as f64 / seconds;
            let text = format!(
                "{} rows, {}/s",
                crate::text::thousands(self.rows),
                crate::text::thousands(rate as u64)
            );
            self.bar.set_message(text);
        }
    }

    /// Rows a second, of so many since the beginning.
    pub(crate) fn rate(&self, rows: u64) -> u64 {
        (rows as f64 / self.bar.elapsed().as_secs_f64().max(1e-3)) as u64
    }

    /// The step that is reached, and a word on it.
    pub(crate) fn at(&self, step: u64, message: impl Into<Cow<'static, str>>) {
        self.bar.set_position(step);
        self.bar.set_message(message);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

fn hidden_in_pipes(length: Option<u64>) -> ProgressBar {
    let target = if std::io::stderr().is_terminal() && listener() == Listener::Person {
        ProgressDrawTarget::stderr()
    } else {
        ProgressDrawTarget::hidden()
    };
    ProgressBar::with_draw_target(length, target)
}
