//! The columns of conn.log that a log may lack.

use serde::{Deserialize, Serialize};
use zeek_log::Schema;

/// A column that features are made of and that old or cut-down logs don't have. Times, addresses, ports and the transport
/// are not among them: every log has those.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Field {
    /// `service`
    Service,
    /// `duration`
    Duration,
    /// `orig_bytes`
    OrigBytes,
    /// `resp_bytes`
    RespBytes,
    /// `conn_state`
    ConnState,
    /// `missed_bytes`
    MissedBytes,
    /// `history`
    History,
    /// `orig_pkts`
    OrigPkts,
    /// `orig_ip_bytes`
    OrigIpBytes,
    /// `resp_pkts`
    RespPkts,
    /// `resp_ip_bytes`
    RespIpBytes,
}

impl Field {
    /// Every field.
    pub const ALL: [Self; 11] = [
        Self::Service,
        Self::Duration,
        Self::OrigBytes,
        Self::RespBytes,
        Self::ConnState,
        Self::MissedBytes,
        Self::History,
        Self::OrigPkts,
        Self::OrigIpBytes,
        Self::RespPkts,
        Self::RespIpBytes,
    ];

    /// Its name in conn.log.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Service => "service",
            Self::Duration => "duration",
            Self::OrigBytes => "orig_bytes",
            Self::RespBytes => "resp_bytes",
            Self::ConnState => "conn_state",
            Self::MissedBytes => "missed_bytes",
            Self::History => "history",
            Self::OrigPkts => "orig_pkts",
            Self::OrigIpBytes => "orig_ip_bytes",
            Self::RespPkts => "resp_pkts",
            Self::RespIpBytes => "resp_ip_bytes",
        }
    }
}

/// A set of fields.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Fields(u16);

impl Fields {
    /// None.
    pub const NONE: Self = Self(0);

    /// The fields that a schema lacks. JSON leaves out what is unset, so that nothing is known to be absent there.
    #[must_use]
    pub fn absent(schema: &Schema, is_json: bool) -> Self {
        if is_json {
            return Self::NONE;
        }
        let lacks = |field: &Field| schema.position(field.name()).is_none();
        Field::ALL.into_iter().filter(lacks).fold(Self::NONE, Self::with)
    }

    /// These and one more.
    #[must_use]
    pub fn with(self, field: Field) -> Self {
        Self(self.0 | 1 << field as u8)
    }

    /// Those of both sets.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether a field is among them.
    #[must_use]
    #[inline]
    pub fn holds(self, field: Field) -> bool {
        self.0 & 1 << field as u8 != 0
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The fields of the set, in the order of [`Field::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Field> {
        Field::ALL.into_iter().filter(move |field| self.holds(*field))
    }
}

/// In files a list of names.
impl Serialize for Fields {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter().map(Field::name))
    }
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let names = Vec::<String>::deserialize(deserializer)?;
        names.iter().try_fold(Self::NONE, |fields, name| {
            Field::ALL
                .into_iter()
                .find(|field| field.name() == name)
                .map(|field| fields.with(field))
                .ok_or_else(|| serde::de::Error::custom(format!("there is no field {name:?}")))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absent_fields_are_those_without_a_column() {
        assert!(Fields::absent(&Schema::conn(), false).is_empty());
        let short = Schema::new("conn", &[("ts", "time"), ("duration", "interval"), ("service", "string")]);
        let absent = Fields::absent(&short, false);
        assert!(absent.holds(Field::History) && !absent.holds(Field::Duration));
        assert_eq!(absent.iter().count(), 9);
        assert!(Fields::absent(&short, true).is_empty());
    }

    #[test]
    fn a_file_names_them() {
        let fields = Fields::NONE.with(Field::History).with(Field::Service);
        let text = serde_json::to_string(&fields).unwrap();
        assert_eq!(text, r#"["service","history"]"#);
        assert_eq!(serde_json::from_str::<Fields>(&text).unwrap(), fields);
        assert!(serde_json::from_str::<Fields>(r#"["colour"]"#).is_err());
    }
}
