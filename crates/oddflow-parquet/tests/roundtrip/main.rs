//! What goes into a file comes out of it, read back by the `parquet` crate's own reader.

mod export;
mod files;
mod logs;
mod properties;
