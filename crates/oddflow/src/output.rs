//! Where results go: standard output or a file, with errors that name it.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::sync::OnceLock;

use tracing::{info, warn};

use crate::failure::Failure;
use crate::text::visible;

/// A result on its way out.
pub(crate) struct Output {
    name: String,
    writer: BufWriter<Box<dyn Write>>,
}

impl Output {
    /// Standard output.
    pub(crate) fn stdout() -> Self {
        Self { name: "standard output".into(), writer: BufWriter::new(Box::new(io::stdout())) }
    }

    /// A new file, or standard output for `-`.
    pub(crate) fn create(path: &Path) -> Result<Self, Failure> {
        if path == Path::new("-") {
            return Ok(Self::stdout());
        }
        let name = path.display().to_string();
        let file = File::create(path).map_err(|error| Failure::output(&name, &error))?;
        Ok(Self { name, writer: BufWriter::with_capacity(256 << 10, Box::new(file)) })
    }

    /// Rows are added to a file that is there already, or to standard output for `-`.
    pub(crate) fn append(path: &Path) -> Result<Self, Failure> {
        if path == Path::new("-") {
            return Ok(Self::stdout());
        }
        let name = path.display().to_string();
        let file = File::options().append(true).create(true).open(path);
        let file = file.map_err(|error| Failure::output(&name, &error))?;
        Ok(Self { name, writer: BufWriter::with_capacity(256 << 10, Box::new(file)) })
    }

    /// Does something with the writer.
    pub(crate) fn with(
        &mut self,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), Failure> {
        write(&mut self.writer).map_err(|error| Failure::output(&self.name, &error))
    }

    /// One line.
    pub(crate) fn line(&mut self, line: impl std::fmt::Display) -> Result<(), Failure> {
        self.with(|writer| writeln!(writer, "{line}"))
    }

    /// Hands on what is buffered.
    pub(crate) fn finish(mut self) -> Result<(), Failure> {
        self.with(|writer| writer.flush())
    }
}

/// Who reads what is said besides results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Listener {
    /// A person at the terminal.
    Person,
    /// Who reads the log of a service, in lines for people.
    Log,
    /// The same, in objects for programs: nothing else may come between them.
    JsonLog,
}

static LISTENER: OnceLock<Listener> = OnceLock::new();

/// From here on a log listens.
pub(crate) fn speak_to(listener: Listener) {
    let _ = LISTENER.set(listener);
}

/// Who listens.
pub(crate) fn listener() -> Listener {
    LISTENER.get().copied().unwrap_or(Listener::Person)
}

/// A remark for the person at the terminal: standard error, so that results stay clean. What a log or a file's name brings along
/// can't command the terminal. A service's goes to its log.
pub(crate) fn note(text: impl std::fmt::Display) {
    if listener() != Listener::Person {
        let text = visible(&text.to_string()).to_string();
        return match text.strip_prefix("warning: ") {
            Some(warning) => warn!("{warning}"),
            None => info!("{}", text.trim_start()),
        };
    }
    say(text);
}

/// A line on standard error, whoever listens.
pub(crate) fn say(text: impl std::fmt::Display) {
    // Where nobody can be told, there is nobody to tell.
    let _ = writeln!(io::stderr().lock(), "{}", visible(&text.to_string()));
}
