//! The folder that a report is written to.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use oddflow_explore::Statistics;

use super::figures::Drawn;
use super::report::page;
use crate::failure::Failure;

/// Where the figures lie in it.
const FIGURES: &str = "figures";

/// Makes the folder, before the work that would be lost without it.
pub(crate) fn make(folder: &Path) -> Result<(), Failure> {
    let figures = folder.join(FIGURES);
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
    Ok(report)
}

fn write_file(path: &Path, text: &str) -> Result<(), Failure> {
    fs::write(path, text).map_err(|error| Failure::output(&path.display().to_string(), &error))
}
