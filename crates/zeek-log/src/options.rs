//! How logs are read, and the bounds that keep a hostile file from filling the memory.

/// Settings of the reader.
#[derive(Clone, Debug)]
pub struct ReadOptions {
    /// Longest line, in bytes; longer ones are counted and left out. Default 1 MiB.
    pub longest_line: usize,
    /// Most bytes that one file may decompress to; what lies beyond is left out and counted. Default 256 GiB.
    pub largest_file: u64,
    /// The field names of logs that have no header at all.
    pub fields: Option<Vec<String>>,
    /// Leave a last line without an end for a later run, as Zeek may still be writing it.
    pub hold_unfinished_line: bool,
    /// Bytes of text that are read at a time. Default 1 MiB.
    pub chunk: usize,
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self {
            longest_line: 1 << 20,
            largest_file: 256 << 30,
            fields: None,
            hold_unfinished_line: false,
            chunk: 1 << 20,
        }
    }
}
