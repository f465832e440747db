//! The folder that a report is written to.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use oddflow_explore::Statistics;

use super::figures::Drawn;
use super::report::page;
use crate::failure::Failure;

/// Where the figures lie in it.
const FIGURES: &str = "figures";
/// The list of our own files beside them, by which a later report knows what it may remove.
const LIST: &str = "oddflow-figures.txt";
/// The endings of a figure's files.
const ENDINGS: [&str; 3] = ["svg", "png", "csv"];

/// Makes the folder, before the work that would be lost without it.
pub(crate) fn make(folder: &Path) -> Result<(), Failure> {
    let figures = folder.join(FIGURES);
    for place in [folder, &figures] {
        if place.is_file() {
            let error = io::Error::new(io::ErrorKind::NotADirectory, "it is a file, and must be a folder");
            return Err(Failure::output(&place.display().to_string(), &error));
        }
    }
    fs::create_dir_all(&figures).map_err(|error| Failure::output(&figures.display().to_string(), &error))
}

/// Writes the page, the figures and their numbers. Returns where the page lies.
pub(crate) fn write(
    folder: &Path,
    statistics: &Statistics,
    drawn: &[Drawn],
    threads: usize,
) -> Result<PathBuf, Failure> {
    let figures = folder.join(FIGURES);
    let list = figures.join(LIST);
    let former = listed(&list);
    let own: BTreeSet<String> =
        drawn.iter().flat_map(|one| ENDINGS.map(|ending| format!("{}.{ending}", one.name))).collect();
    // Whatever stops this run, the next one knows all files that may be there.
    write_list(&list, former.union(&own))?;
    // Pictures of a thousand pixels take most of the time.
    let next = AtomicUsize::new(0);
    let work = || -> Result<(), Failure> {
        while let Some(one) = drawn.get(next.fetch_add(1, Ordering::Relaxed)) {
            one.page.save(&figures, &one.name)?;
            write_file(&figures.join(format!("{}.csv", one.name)), one.table.csv())?;
        }
        Ok(())
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        threads.into_iter().try_for_each(|thread| match thread.join() {
            Ok(done) => done,
            Err(panic) => std::panic::resume_unwind(panic),
        })
    })?;
    let report = folder.join("report.html");
    write_file(&report, &page(statistics, drawn))?;
    for stale in former.difference(&own) {
        let path = figures.join(stale);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(Failure::output(&path.display().to_string(), &error));
            }
            _ => {}
        }
    }
    write_list(&list, own.iter())?;
    Ok(report)
}

/// The files that an earlier report wrote. A line that names no figure of a report is no business of ours.
fn listed(list: &Path) -> BTreeSet<String> {
    let text = fs::read_to_string(list).unwrap_or_default();
    let is_figure = |name: &&str| {
        !name.contains(['/', '\\'])
            && name.rsplit_once('.').is_some_and(|(_, ending)| ENDINGS.contains(&ending))
    };
    text.lines().filter(is_figure).map(Into::into).collect()
}

fn write_list<'n>(list: &Path, names: impl Iterator<Item = &'n String>) -> Result<(), Failure> {
    let lines: String = names.flat_map(|name| [name.as_str(), "\n"]).collect();
    write_file(list, &lines)
}

fn write_file(path: &Path, text: &str) -> Result<(), Failure> {
    fs::write(path, text).map_err(|error| Failure::output(&path.display().to_string(), &error))
}
