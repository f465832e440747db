//! The names that a filter may use, and what each of them reads of a record.
//!
//! A name is looked up once, when the filter is parsed. From then on a field is a number in one of four enums, one for each kind
//! of value, so that no comparison can meet a value that it can't read.

use std::net::IpAddr;

use zeek_log::ConnRecord;

use crate::finding::{Finding, Words};
use crate::text::Case;

/// Microseconds in a second: durations and times are compared as whole microseconds, the precision of Zeek's logs.
pub(crate) const SECOND: i128 = 1_000_000;

/// A field, by what its values are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    Address(AddressField),
    Number(NumberField),
    Text(TextField),
    Truth(TruthField),
    Finding(FindingField),
}

/// Fields that hold an address. They are always set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AddressField {
    OrigH,
    RespH,
    /// Either side's.
    Host,
}

/// Fields that hold a whole number, or a time as whole microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NumberField {
    Ts,
    Hour,
    Weekday,
    OrigP,
    RespP,
    /// Either side's; of ICMP none.
    Port,
    Duration,
    OrigBytes,
    RespBytes,
    /// Both sides' payload.
    Bytes,
    MissedBytes,
    OrigPkts,
    OrigIpBytes,
    RespPkts,
    RespIpBytes,
    IpProto,
    Vlan,
    InnerVlan,
}

/// Fields that hold text, or a set of texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TextField {
    Uid,
    Proto,
    Service,
    ConnState,
    History,
    TunnelParents,
    OrigL2Addr,
    RespL2Addr,
    CommunityId,
    FailedService,
}

/// Fields that hold true or false.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TruthField {
    LocalOrig,
    LocalResp,
}

/// Fields of what was found odd, which hold texts, several maybe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FindingField {
    Domain,
    Family,
    Class,
    Feature,
}

/// What a filter is asked of, which decides the fields that it may name.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Scope<'w> {
    /// A connection.
    Connection,
    /// A row of an incident, with the words that its fields know.
    Finding(&'w Words<'w>),
}

/// What the numbers of a field mean, which decides how they are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    Port,
    Count,
    Bytes,
    Duration,
    Time,
    Hour,
    Weekday,
}

/// Every field with the name that the canonical form uses, in the order of Zeek's log, the made ones behind.
pub(crate) const FIELDS: [(&str, Field); 33] = [
    ("ts", Field::Number(NumberField::Ts)),
    ("uid", Field::Text(TextField::Uid)),
    ("id.orig_h", Field::Address(AddressField::OrigH)),
    ("id.orig_p", Field::Number(NumberField::OrigP)),
    ("id.resp_h", Field::Address(AddressField::RespH)),
    ("id.resp_p", Field::Number(NumberField::RespP)),
    ("proto", Field::Text(TextField::Proto)),
    ("service", Field::Text(TextField::Service)),
    ("duration", Field::Number(NumberField::Duration)),
    ("orig_bytes", Field::Number(NumberField::OrigBytes)),
    ("resp_bytes", Field::Number(NumberField::RespBytes)),
    ("conn_state", Field::Text(TextField::ConnState)),
    ("local_orig", Field::Truth(TruthField::LocalOrig)),
    ("local_resp", Field::Truth(TruthField::LocalResp)),
    ("missed_bytes", Field::Number(NumberField::MissedBytes)),
    ("history", Field::Text(TextField::History)),
    ("orig_pkts", Field::Number(NumberField::OrigPkts)),
    ("orig_ip_bytes", Field::Number(NumberField::OrigIpBytes)),
    ("resp_pkts", Field::Number(NumberField::RespPkts)),
    ("resp_ip_bytes", Field::Number(NumberField::RespIpBytes)),
    ("tunnel_parents", Field::Text(TextField::TunnelParents)),
    ("ip_proto", Field::Number(NumberField::IpProto)),
    ("vlan", Field::Number(NumberField::Vlan)),
    ("inner_vlan", Field::Number(NumberField::InnerVlan)),
    ("orig_l2_addr", Field::Text(TextField::OrigL2Addr)),
    ("resp_l2_addr", Field::Text(TextField::RespL2Addr)),
    ("community_id", Field::Text(TextField::CommunityId)),
    ("failed_service", Field::Text(TextField::FailedService)),
    ("host", Field::Address(AddressField::Host)),
    ("port", Field::Number(NumberField::Port)),
    ("bytes", Field::Number(NumberField::Bytes)),
    ("hour", Field::Number(NumberField::Hour)),
    ("weekday", Field::Number(NumberField::Weekday)),
];

/// Fields of what was found.
pub(crate) const FINDING_FIELDS: [(&str, Field); 4] = [
    ("domain", Field::Finding(FindingField::Domain)),
    ("family", Field::Finding(FindingField::Family)),
    ("class", Field::Finding(FindingField::Class)),
    ("feature", Field::Finding(FindingField::Feature)),
];

/// Fields of a log that are not kept of an incident's rows.
const NOT_KEPT: [Field; 11] = [
    Field::Number(NumberField::MissedBytes),
    Field::Number(NumberField::OrigIpBytes),
    Field::Number(NumberField::RespIpBytes),
    Field::Number(NumberField::IpProto),
    Field::Number(NumberField::Vlan),
    Field::Number(NumberField::InnerVlan),
    Field::Text(TextField::TunnelParents),
    Field::Text(TextField::OrigL2Addr),
    Field::Text(TextField::RespL2Addr),
    Field::Text(TextField::CommunityId),
    Field::Text(TextField::FailedService),
];

/// Other names of the same fields: those of JSON logs, of older Zeek, and tcpdump's `net`.
pub(crate) const ALIASES: [(&str, &str); 14] = [
    ("id_orig_h", "id.orig_h"),
    ("id_orig_p", "id.orig_p"),
    ("id_resp_h", "id.resp_h"),
    ("id_resp_p", "id.resp_p"),
    ("orig_h", "id.orig_h"),
    ("orig_p", "id.orig_p"),
    ("resp_h", "id.resp_h"),
    ("resp_p", "id.resp_p"),
    ("net", "host"),
    ("parents", "tunnel_parents"),
    ("eth_src", "orig_l2_addr"),
    ("eth_dst", "resp_l2_addr"),
    ("protocol_id", "ip_proto"),
    ("service_violation", "failed_service"),
];

impl Field {
    /// The field of a name, in any case and any of its spellings.
    pub(crate) fn named(name: &str) -> Option<Self> {
        let alias = ALIASES.iter().find(|(alias, _)| alias.eq_ignore_ascii_case(name));
        let name = alias.map_or(name, |(_, name)| name);
        all().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, field)| field)
    }

    /// The name that the canonical form uses.
    pub(crate) fn name(self) -> &'static str {
        all().find(|&(_, field)| field == self).map_or("", |(name, _)| name)
    }

    /// What its values are, with an article: "an address".
    pub(crate) fn kind(self) -> &'static str {
        match self {
            Self::Address(_) => "an address",
            Self::Number(field) => field.unit().name(),
            Self::Text(field) if field.is_set() => "a set of texts",
            Self::Text(_) => "a text",
            Self::Truth(_) => "true or false",
            Self::Finding(FindingField::Domain) => "a set of domains",
            Self::Finding(FindingField::Feature) => "a set of texts",
            Self::Finding(_) => "a text",
        }
    }

    /// A comparison to learn from.
    pub(crate) fn example(self) -> String {
        let name = self.name();
        match self {
            Self::Address(_) => format!("{name} == 10.0.0.5 or {name} in 10.0.0.0/8"),
            Self::Number(field) => match field.unit() {
                Unit::Port => format!("{name} == 443 or {name} in 6000..6063"),
                Unit::Count => format!("{name} >= 10"),
                Unit::Bytes => format!("{name} > 10MB"),
                Unit::Duration => format!("{name} > 5m"),
                Unit::Time => format!("{name} >= 2026-01-31 or {name} < 2026-01-31T22:00:00Z"),
                Unit::Hour => format!("{name} in 22..5"),
                Unit::Weekday => format!("{name} in sat..sun"),
            },
            Self::Text(TextField::Service | TextField::FailedService) => {
                format!("{name} == dns or {name} in {{http, ssl}}")
            }
            Self::Text(TextField::Proto) => format!("{name} == tcp or {name} in {{tcp, udp}}"),
            Self::Text(TextField::ConnState) => format!("{name} == SF or {name} in {{S0, REJ}}"),
            Self::Text(_) => format!("{name} == \"Sh\" or {name} ~ \"S*\""),
            Self::Truth(_) => format!("{name}, !{name} or {name} == unset"),
            Self::Finding(FindingField::Domain) => {
                format!("{name} == example.com or {name} == *.example.com")
            }
            Self::Finding(FindingField::Family) => format!("{name} == fan or {name} in {{fan, rate}}"),
            Self::Finding(FindingField::Class) => format!("{name} == \"outbound tcp\" or {name} ~ outbound*"),
            Self::Finding(FindingField::Feature) => format!("{name} == orig_bytes or {name} ~ *_bytes"),
        }
    }

    /// Whether a record may have no value of it.
    pub(crate) fn may_be_unset(self) -> bool {
        match self {
            Self::Address(_)
            | Self::Text(TextField::Proto)
            | Self::Finding(FindingField::Family | FindingField::Class) => false,
            Self::Number(field) => !matches!(
                field,
                NumberField::Ts
                    | NumberField::Hour
                    | NumberField::Weekday
                    | NumberField::OrigP
                    | NumberField::RespP
                    | NumberField::Port
            ),
            Self::Text(_) | Self::Truth(_) | Self::Finding(_) => true,
        }
    }

    /// The fields that a filter of this scope may name, with their names.
    pub(crate) fn of(scope: Scope<'_>) -> impl Iterator<Item = (&'static str, Self)> {
        all().filter(move |(_, field)| field.stands_in(scope))
    }

    /// Whether a filter of this scope may name it.
    pub(crate) fn stands_in(self, scope: Scope<'_>) -> bool {
        match scope {
            Scope::Connection => !matches!(self, Self::Finding(_)),
            Scope::Finding(_) => !NOT_KEPT.contains(&self),
        }
    }
}

fn all() -> impl Iterator<Item = (&'static str, Field)> {
    FIELDS.into_iter().chain(FINDING_FIELDS)
}

impl AddressField {
    /// Whether its address, or one of them, passes a test.
    #[inline]
    pub(crate) fn any(self, record: &ConnRecord<'_>, test: impl Fn(IpAddr) -> bool) -> bool {
        match self {
            Self::OrigH => test(record.orig_h),
            Self::RespH => test(record.resp_h),
            Self::Host => test(record.orig_h) || test(record.resp_h),
        }
    }
}

impl NumberField {
    /// What its numbers mean.
    pub(crate) fn unit(self) -> Unit {
        match self {
            Self::Ts => Unit::Time,
            Self::Hour => Unit::Hour,
            Self::Weekday => Unit::Weekday,
            Self::OrigP | Self::RespP | Self::Port => Unit::Port,
            Self::Duration => Unit::Duration,
            Self::OrigBytes
            | Self::RespBytes
            | Self::Bytes
            | Self::MissedBytes
            | Self::OrigIpBytes
            | Self::RespIpBytes => Unit::Bytes,
            Self::OrigPkts | Self::RespPkts | Self::IpProto | Self::Vlan | Self::InnerVlan => Unit::Count,
        }
    }

    /// Whether its number, or one of them, passes a test; `unset` where there is none.
    #[inline]
    pub(crate) fn any(self, record: &ConnRecord<'_>, unset: bool, test: impl Fn(i128) -> bool) -> bool {
        let value = match self {
            // The port fields of ICMP hold type and code.
            Self::Port => {
                return record.proto != "icmp" && (test(record.orig_p.into()) || test(record.resp_p.into()));
            }
            Self::OrigP => Some(record.orig_p.into()),
            Self::RespP => Some(record.resp_p.into()),
            Self::Ts => Some(microseconds(record.ts)),
            Self::Hour => Some(microseconds(record.ts).div_euclid(HOUR).rem_euclid(24)),
            // The epoch began on a Thursday, day 3 of a week that begins with Monday.
            Self::Weekday => Some((microseconds(record.ts).div_euclid(DAY) + 3).rem_euclid(7)),
            Self::Duration => record.duration.map(microseconds),
            Self::OrigBytes => record.orig_bytes.map(i128::from),
            Self::RespBytes => record.resp_bytes.map(i128::from),
            Self::Bytes => match (record.orig_bytes, record.resp_bytes) {
                (None, None) => None,
                (orig, resp) => Some(i128::from(orig.unwrap_or(0)) + i128::from(resp.unwrap_or(0))),
            },
            Self::MissedBytes => record.missed_bytes.map(i128::from),
            Self::OrigPkts => record.orig_pkts.map(i128::from),
            Self::OrigIpBytes => record.orig_ip_bytes.map(i128::from),
            Self::RespPkts => record.resp_pkts.map(i128::from),
            Self::RespIpBytes => record.resp_ip_bytes.map(i128::from),
            Self::IpProto => record.ip_proto.map(i128::from),
            Self::Vlan => record.vlan.map(i128::from),
            Self::InnerVlan => record.inner_vlan.map(i128::from),
        };
        value.map_or(unset, test)
    }
}

impl TextField {
    /// The text that a record has.
    #[inline]
    pub(crate) fn of<'a>(self, record: &ConnRecord<'a>) -> Option<&'a str> {
        match self {
            Self::Uid => record.uid,
            Self::Proto => Some(record.proto),
            Self::Service => record.service,
            Self::ConnState => record.conn_state,
            Self::History => record.history,
            Self::TunnelParents => record.tunnel_parents,
            Self::OrigL2Addr => record.orig_l2_addr,
            Self::RespL2Addr => record.resp_l2_addr,
            Self::CommunityId => record.community_id,
            Self::FailedService => record.failed_service,
        }
    }

    /// Whether the text is a set, joined by commas.
    #[inline]
    pub(crate) fn is_set(self) -> bool {
        matches!(self, Self::Service | Self::TunnelParents | Self::FailedService)
    }

    /// How texts are told apart: where Zeek writes a field in one case only, not by case.
    #[inline]
    pub(crate) fn case(self) -> Case {
        match self {
            Self::Proto | Self::Service | Self::FailedService | Self::OrigL2Addr | Self::RespL2Addr => {
                Case::Lower
            }
            Self::ConnState => Case::Upper,
            Self::Uid | Self::History | Self::TunnelParents | Self::CommunityId => Case::AsItIs,
        }
    }
}

impl TruthField {
    /// What a record says.
    #[inline]
    pub(crate) fn of(self, record: &ConnRecord<'_>) -> Option<bool> {
        match self {
            Self::LocalOrig => record.local_orig,
            Self::LocalResp => record.local_resp,
        }
    }
}

impl FindingField {
    /// The texts that a finding has.
    pub(crate) fn of<'f>(self, finding: &'f Finding<'_>) -> &'f [&'f str] {
        match self {
            Self::Domain => finding.domains,
            Self::Family => finding.family.as_slice(),
            Self::Class => finding.class.as_slice(),
            Self::Feature => finding.features,
        }
    }

    /// The texts that there are; none where any may be.
    pub(crate) fn words<'w>(self, words: &Words<'w>) -> &'w [&'w str] {
        match self {
            Self::Domain => &[],
            Self::Family => words.families,
            Self::Class => words.classes,
            Self::Feature => words.features,
        }
    }
}

impl Unit {
    /// What it is, with an article.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Port => "a port",
            Self::Count => "a count",
            Self::Bytes => "a number of bytes",
            Self::Duration => "a duration",
            Self::Time => "a time",
            Self::Hour => "an hour",
            Self::Weekday => "a weekday",
        }
    }
}

/// Microseconds in an hour.
const HOUR: i128 = 3600 * SECOND;

/// Microseconds in a day.
pub(crate) const DAY: i128 = 24 * HOUR;

/// Seconds as whole microseconds, to the nearest.
#[inline]
pub(crate) fn microseconds(seconds: f64) -> i128 {
    // A time of a log fits far more than twice into an i64, whose conversion is one instruction; `as` saturates.
    i128::from((seconds * SECOND as f64).round() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_leads_to_its_field_and_back() {
        for (name, field) in all() {
            assert_eq!((Field::named(name), field.name()), (Some(field), name));
        }
        for (alias, name) in ALIASES {
            assert_eq!(Field::named(alias).map(Field::name), Some(name));
        }
    }
}
