//! The behaviour recipe as its callers see it: against the reference, row by row, and stopped and gone on anywhere.

mod interim;
mod properties;
#[path = "../classic/records.rs"]
#[allow(dead_code, unused_imports)]
mod records;
mod reference;
