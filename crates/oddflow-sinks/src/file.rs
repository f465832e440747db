//! Sinks that are files: written to the disk before they are acknowledged, and rotated as Zeek does it.

mod archive;
mod contents;
mod rotation;
mod sink;
#[cfg(test)]
mod tests;

pub(crate) use self::archive::folder_of;
pub use self::contents::LogFormat;
pub use self::rotation::Rotation;
pub use self::sink::LogFileSink;
