//! What a poll asks of the file system.
