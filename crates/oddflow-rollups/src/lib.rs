//! What traffic comes to.

/// Local hosts of a day that are counted by themselves.
pub const MOST_HOSTS: usize = 2048;
