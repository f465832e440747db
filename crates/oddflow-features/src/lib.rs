//! Turns connection records into rows of numbers that a model can learn.
//!
//! A *recipe* says which numbers those are. [`classic`] is the first: it looks at one record at a time and
//! carries nothing from row to row. This crate knows no files, no clock and no model.

pub mod classic;
mod recipe;

pub use recipe::{Recipe, UnknownRecipe};
