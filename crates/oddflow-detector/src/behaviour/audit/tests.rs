//! Made-up baselines, and what is told of them.
