//! Logs beside the main one.
