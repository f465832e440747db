//! The command line of oddflow.

fn main() {}
