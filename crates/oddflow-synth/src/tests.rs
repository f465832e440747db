//! Tests over whole generated weeks.
