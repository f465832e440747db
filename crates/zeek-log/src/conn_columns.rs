//! Which column of a log holds which field of a [`ConnRecord`], and how its text becomes the record.

use crate::conn::ConnRecord;
use crate::conn_field::ConnField;
use crate::problem::{ProblemKind, excerpt};
use crate::schema::Schema;
use crate::value;

/// The fields without which a row says nothing.
pub(crate) const REQUIRED: [ConnField; 6] =
    [ConnField::Ts, ConnField::OrigH, ConnField::OrigP, ConnField::RespH, ConnField::RespP, ConnField::Proto];

/// How many fields a conn record has.
pub(crate) const FIELDS: usize = ConnField::ALL.len();

/// The column of each conn field in one log.
#[derive(Clone, Debug)]
pub(crate) struct ConnColumns {
    /// By field; [`ConnColumns::ABSENT`] where the log has no such column.
    positions: [u32; FIELDS],
}

impl Default for ConnColumns {
    fn default() -> Self {
        Self { positions: [Self::ABSENT; FIELDS] }
    }
}

impl ConnColumns {
    const ABSENT: u32 = u32::MAX;

    /// Finds the fields in a schema by name; where two columns name the same field, the first holds it.
    pub(crate) fn bind(schema: &Schema) -> Self {
        let mut columns = Self::default();
        for (position, column) in schema.columns.iter().enumerate() {
            columns.add(&column.name, position);
        }
        columns
    }

    /// Says that a column holds a field, whichever did before.
    pub(crate) fn bind_field(&mut self, field: ConnField, column: usize) {
        self.positions[field as usize] = u32::try_from(column).unwrap_or(Self::ABSENT);
    }

    /// Takes in one more column.
    fn add(&mut self, name: &str, position: usize) {
        if let (Some(field), Ok(position)) = (ConnField::named(name), u32::try_from(position)) {
            let slot = &mut self.positions[field as usize];
            if *slot == Self::ABSENT {
                *slot = position;
            }
        }
    }

    /// The column of a field; one that no row has where it is absent.
    #[inline]
    pub(crate) fn position(&self, field: ConnField) -> usize {
        self.positions[field as usize] as usize
    }

    /// The first field that every conn log must have and this one doesn't.
    pub(crate) fn missing(&self) -> Option<ConnField> {
        REQUIRED.into_iter().find(|&field| self.positions[field as usize] == Self::ABSENT)
    }
}

/// A value that can't be read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fault<'a> {
    pub(crate) kind: ProblemKind,
    field: ConnField,
    value: &'a str,
}

impl Fault<'_> {
    #[cold]
    pub(crate) fn detail(&self) -> String {
        match self.kind {
            ProblemKind::MissingValue => format!("{} is unset", self.field.name()),
            _ => format!("{} is `{}`", self.field.name(), excerpt(self.value)),
        }
    }
}

/// Reads the record whose fields `text` gives, unescaped: `None` for an unset or absent one. `bytes` gives the same where
/// no text is needed, faster.
#[inline]
pub(crate) fn read_record<'a>(
    text: impl Fn(ConnField) -> Option<&'a str>,
    bytes: impl Fn(ConnField) -> Option<&'a [u8]>,
) -> Result<ConnRecord<'a>, Fault<'a>> {
    use ConnField as F;
    use ProblemKind::{BadAddress, BadBool, BadNumber, BadTime, MissingValue};

    let fault = |field, kind| Fault { kind, field, value: text(field).unwrap_or("-") };
    let needed = |field| bytes(field).ok_or_else(|| fault(field, MissingValue));
    let address = |field| value::address(needed(field)?).ok_or_else(|| fault(field, BadAddress));
    let port = |field| value::port(needed(field)?).ok_or_else(|| fault(field, BadNumber));
    let count = |field| match bytes(field) {
        None => Ok(None),
        Some(value) => value::count(value).map(Some).ok_or_else(|| fault(field, BadNumber)),
    };
    let integer = |field| match bytes(field) {
        None => Ok(None),
        Some(value) => value::integer(value).map(Some).ok_or_else(|| fault(field, BadNumber)),
    };
    let truth = |field| match bytes(field) {
        None => Ok(None),
        Some(value) => value::truth(value).map(Some).ok_or_else(|| fault(field, BadBool)),
    };
    let duration = match bytes(F::Duration) {
        None => None,
        Some(value) => Some(value::real(value).ok_or_else(|| fault(F::Duration, BadNumber))?),
    };

    Ok(ConnRecord {
        ts: bytes(F::Ts).and_then(value::time).ok_or_else(|| fault(F::Ts, BadTime))?,
        uid: text(F::Uid),
        orig_h: address(F::OrigH)?,
        orig_p: port(F::OrigP)?,
        resp_h: address(F::RespH)?,
        resp_p: port(F::RespP)?,
        proto: text(F::Proto).ok_or_else(|| fault(F::Proto, MissingValue))?,
        service: text(F::Service),
        duration,
        orig_bytes: count(F::OrigBytes)?,
        resp_bytes: count(F::RespBytes)?,
        conn_state: text(F::ConnState),
        local_orig: truth(F::LocalOrig)?,
        local_resp: truth(F::LocalResp)?,
        missed_bytes: count(F::MissedBytes)?,
        history: text(F::History),
        orig_pkts: count(F::OrigPkts)?,
        orig_ip_bytes: count(F::OrigIpBytes)?,
        resp_pkts: count(F::RespPkts)?,
        resp_ip_bytes: count(F::RespIpBytes)?,
        tunnel_parents: text(F::TunnelParents),
        ip_proto: count(F::IpProto)?,
        vlan: integer(F::Vlan)?,
        inner_vlan: integer(F::InnerVlan)?,
        orig_l2_addr: text(F::OrigL2Addr),
        resp_l2_addr: text(F::RespL2Addr),
        community_id: text(F::CommunityId),
        failed_service: text(F::FailedService),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_found_by_name_in_any_place() {
        let schema =
            Schema::new("conn", &[("_node", "string"), ("uid", "string"), ("ts", "time"), ("uid", "string")]);
        let columns = ConnColumns::bind(&schema);
        assert_eq!(columns.position(ConnField::Uid), 1);
        assert_eq!(columns.position(ConnField::Ts), 2);
        assert_eq!(columns.position(ConnField::Vlan), ConnColumns::ABSENT as usize);
        assert_eq!(columns.missing(), Some(ConnField::OrigH));
    }
}
