//! `oddflow explore`: statistics of logs, figures drawn of them, and the report that shows both.
//!
//! `reading` makes [`Statistics`](oddflow_explore::Statistics) of logs; everything else looks at those alone: `figures` draws them,
//! `report` is the page, `summary` what a terminal shows, `folder` writes it all.

mod caveats;
mod clock;
mod figures;
mod folder;
mod host;
mod host_text;
mod reading;
mod report;
mod scores;
mod sections;
mod summary;
mod table;

pub(crate) use figures::{Choice, draw};
pub(crate) use folder::{make, write};
pub(crate) use reading::{Asked, explore};
pub(crate) use scores::{Subject, find_alerts};
pub(crate) use summary::summary;
