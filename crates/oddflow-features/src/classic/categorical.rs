//! The five categorical columns and their value in one record.

use zeek_log::ConnRecord;

/// The level of a value that is unset, as Zeek writes it.
pub(super) const UNSET: &str = "-";

/// A column whose values are levels, encoded one-hot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Categorical {
    /// Transport.
    Proto,
    /// The service text as logged: `ssl,http` and `http,ssl` are two levels.
    Service,
    /// State of the connection.
    ConnState,
    /// Whether the originator is local: `T`, `F` or `-`.
    LocalOrig,
    /// Whether the responder is local: `T`, `F` or `-`.
    LocalResp,
}

impl Categorical {
    /// The columns in the order in which their levels stand in a row.
    pub const ALL: [Self; 5] =
        [Self::Proto, Self::Service, Self::ConnState, Self::LocalOrig, Self::LocalResp];

    /// The column's name in `conn.log`, and the prefix of its one-hot columns.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Proto => "proto",
            Self::Service => "service",
            Self::ConnState => "conn_state",
            Self::LocalOrig => "local_orig",
            Self::LocalResp => "local_resp",
        }
    }

    /// The level of this column in a record; `-` where it is unset or empty.
    #[must_use]
    #[inline]
    pub fn level<'a>(self, record: &ConnRecord<'a>) -> &'a str {
        match self {
            Self::Proto => text(Some(record.proto)),
            Self::Service => text(record.service),
            Self::ConnState => text(record.conn_state),
            Self::LocalOrig => flag(record.local_orig),
            Self::LocalResp => flag(record.local_resp),
        }
    }
}

fn text(value: Option<&str>) -> &str {
    value.filter(|value| !value.is_empty()).unwrap_or(UNSET)
}

fn flag(value: Option<bool>) -> &'static str {
    match value {
        Some(true) => "T",
        Some(false) => "F",
        None => UNSET,
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    fn levels(record: &ConnRecord<'static>) -> [&'static str; 5] {
        Categorical::ALL.map(|column| column.level(record))
    }

    #[test]
    fn levels_of_a_full_record() {
        assert_eq!(levels(&samples::full()), ["udp", "dns", "SF", "T", "F"]);
    }

    #[test]
    fn unset_is_a_dash() {
        assert_eq!(levels(&samples::unset()), ["unknown_transport", "-", "-", "-", "-"]);
    }

    #[test]
    fn empty_is_as_unset() {
        let record = ConnRecord { proto: "", service: Some(""), conn_state: Some(""), ..samples::unset() };
        assert_eq!(levels(&record), ["-"; 5]);
    }

    #[test]
    fn a_service_is_taken_as_it_is_written() {
        let record = ConnRecord { service: Some("ssl,-http"), ..samples::unset() };
        assert_eq!(Categorical::Service.level(&record), "ssl,-http");
    }
}
