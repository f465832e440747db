//! Writes Zeek logs, as TSV and as JSON lines.
