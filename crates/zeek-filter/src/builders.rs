//! Filters from parts, for expressions that are shown to a user: what comes of these always parses.

use std::net::IpAddr;

use crate::address::{AddressSet, Network};
use crate::calendar;
use crate::comparison::{Comparison, Numbers, Texts};
use crate::error::FilterError;
use crate::expression::Expression;
use crate::field::{AddressField, NumberField, TextField, microseconds};
use crate::ranges::Ranges;
use crate::{Filter, values};

impl Filter {
    /// `host == address`: either side has it.
    #[must_use]
    pub fn host(address: IpAddr) -> Self {
        Self::address(AddressField::Host, address)
    }

    /// `id.orig_h == address`.
    #[must_use]
    pub fn orig_h(address: IpAddr) -> Self {
        Self::address(AddressField::OrigH, address)
    }

    /// `id.resp_h == address`.
    #[must_use]
    pub fn resp_h(address: IpAddr) -> Self {
        Self::address(AddressField::RespH, address)
    }

    /// `id.resp_p == port`.
    #[must_use]
    pub fn resp_p(port: u16) -> Self {
        let ranges = Ranges::new(vec![(port.into(), port.into())]);
        let numbers = Numbers::Among { ranges, unset: false };
        Self::of(Comparison::Number(NumberField::RespP, numbers))
    }

    /// `host in {...}`: either side has one of the addresses.
    ///
    /// # Errors
    /// There is no address, or so many that the text is longer than [`MAX_LENGTH`](crate::MAX_LENGTH).
    pub fn hosts(addresses: impl IntoIterator<Item = IpAddr>) -> Result<Self, FilterError> {
        let networks: Vec<_> = addresses.into_iter().map(Network::host).collect();
        if networks.is_empty() {
            return Err(no_parts());
        }
        Self::of(Comparison::Address(AddressField::Host, AddressSet::new(networks))).within_limits("")
    }

    /// `proto == name`.
    ///
    /// # Errors
    /// The name is longer than [`MAX_LENGTH`](crate::MAX_LENGTH).
    pub fn proto(name: &str) -> Result<Self, FilterError> {
        Self::texts(TextField::Proto, name)
    }

    /// `conn_state == state`.
    ///
    /// # Errors
    /// The state is longer than [`MAX_LENGTH`](crate::MAX_LENGTH).
    pub fn conn_state(state: &str) -> Result<Self, FilterError> {
        Self::texts(TextField::ConnState, state)
    }

    /// `uid == uid`.
    ///
    /// # Errors
    /// The uid is longer than [`MAX_LENGTH`](crate::MAX_LENGTH).
    pub fn uid(uid: &str) -> Result<Self, FilterError> {
        Self::texts(TextField::Uid, uid)
    }

    /// The service as a record has it: `service == ssl && service == http` for `ssl,http`, and `service == unset` for none.
    ///
    /// It also matches a record with further services.
    ///
    /// # Errors
    /// The text is longer than [`MAX_LENGTH`](crate::MAX_LENGTH).
    pub fn service(service: Option<&str>) -> Result<Self, FilterError> {
        match service {
            Some(service) => Self::texts(TextField::Service, service),
            None => Ok(Self::of(Comparison::Text(TextField::Service, Texts::among(Vec::new(), true)))),
        }
    }

    /// `ts in first..last`: connections that began within these times, both included, in seconds since the Unix epoch, to the
    /// microsecond.
    ///
    /// # Errors
    /// `last` lies before `first`, or one of them outside of the years 1970 to 9998.
    pub fn started_within(first: f64, last: f64) -> Result<Self, FilterError> {
        let (low, high) = (microseconds(first), microseconds(last));
        // NaN is no time either.
        if !(first >= 0.0 && last >= first && high <= calendar::LAST) {
            let remedy = "The times are seconds since the Unix epoch, the earlier one first.";
            return Err(FilterError::new("", 0..0, format!("{first} to {last} is no span of time"), remedy));
        }
        let numbers = Numbers::Among { ranges: Ranges::new(vec![(low, high)]), unset: false };
        Ok(Self::of(Comparison::Number(NumberField::Ts, numbers)))
    }

    /// What all of the filters match.
    ///
    /// # Errors
    /// There is no filter, or together they are beyond [`MAX_LENGTH`](crate::MAX_LENGTH) or [`MAX_DEPTH`](crate::MAX_DEPTH).
    pub fn all_of(filters: impl IntoIterator<Item = Self>) -> Result<Self, FilterError> {
        Self::joined(filters, Expression::all)
    }

    /// What any of the filters matches. To keep filters apart, use [`Filters`](crate::Filters).
    ///
    /// # Errors
    /// There is no filter, or together they are beyond [`MAX_LENGTH`](crate::MAX_LENGTH) or [`MAX_DEPTH`](crate::MAX_DEPTH).
    pub fn any_of(filters: impl IntoIterator<Item = Self>) -> Result<Self, FilterError> {
        Self::joined(filters, Expression::any)
    }

    /// What the filter does not match.
    ///
    /// # Errors
    /// It would be beyond [`MAX_LENGTH`](crate::MAX_LENGTH) or [`MAX_DEPTH`](crate::MAX_DEPTH).
    pub fn negated(self) -> Result<Self, FilterError> {
        Self { expression: self.expression.not() }.within_limits("")
    }

    fn of(comparison: Comparison) -> Self {
        Self { expression: Expression::Comparison(comparison) }
    }

    fn address(field: AddressField, address: IpAddr) -> Self {
        Self::of(Comparison::Address(field, AddressSet::new(vec![Network::host(address)])))
    }

    /// A text, or all elements of a set as the log has it.
    fn texts(field: TextField, text: &str) -> Result<Self, FilterError> {
        let parts: Vec<_> = if field.is_set() { text.split(',').collect() } else { vec![text] };
        let parts = parts.into_iter().filter_map(|part| values::element(field, part));
        let one = |part| Expression::Comparison(Comparison::Text(field, Texts::among(vec![part], false)));
        Self { expression: Expression::all(parts.map(one).collect()) }.within_limits("")
    }

    fn joined(
        filters: impl IntoIterator<Item = Self>,
        join: impl Fn(Vec<Expression>) -> Expression,
    ) -> Result<Self, FilterError> {
        let parts: Vec<_> = filters.into_iter().map(|filter| filter.expression).collect();
        if parts.is_empty() {
            return Err(no_parts());
        }
        Self { expression: join(parts) }.within_limits("")
    }
}

fn no_parts() -> FilterError {
    FilterError::new("", 0..0, "a filter of no parts", "Give at least one.")
}
