//! Turns connection records into rows of numbers that a model can learn.
//!
//! A *recipe* says which numbers those are. [`classic`] looks at one record at a time and carries nothing from row to
//! row. [`behaviour`] also looks at what the hosts have done before. [`companion`] adds what logs beside `conn` say of a
//! connection. This crate knows no files, no clock and no model.

pub mod behaviour;
pub mod classic;
pub mod companion;
mod recipe;

pub use recipe::{Recipe, UnknownRecipe};
