//! What the crate promises, with a store in memory: each row once, cuts change nothing, all of it bounded.

mod bounds;
mod bytes;
mod cuts;
mod stored;
