//! The classic recipe as its callers see it: against the reference script, on any record, and as a model file.

mod matrix;
mod model;
mod properties;
mod records;
mod seed_vocabulary;
