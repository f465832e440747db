//! The numbers of a companion row: their names, units, words, and the logs that they come from.

use super::kind::Kind;
use crate::behaviour::{Column, Unit};

/// How many numbers there are.
pub const WIDTH: usize = 35;

const fn log(name: &'static str, unit: Unit, words: &'static str) -> Column {
    Column { name, unit, is_log: true, words }
}

const fn bits(name: &'static str, words: &'static str) -> Column {
    Column { name, unit: Unit::Bits, is_log: false, words }
}

/// The numbers in their order. "New" counts what did not come within the time that is named.
pub const COLUMNS: [Column; WIDTH] = {
    use Unit::{Bits, Bytes, Count, Ratio};
    [
        log("dns_query_length", Bytes, "length of the name asked for"),
        log("dns_entropy", Bits, "information in the name below its domain"),
        log("dns_new_names", Count, "new names below one domain that the host asked for in an hour"),
        log("dns_carried", Bytes, "bytes in new names below one domain that the host asked for in an hour"),
        log("dns_nxdomain", Count, "new names without existence that the host asked for in 10 minutes"),
        Column {
            name: "dns_nxdomain_ratio",
            unit: Ratio,
            is_log: false,
            words: "share of the host's lookups in 10 minutes whose name does not exist",
        },
        bits("dns_new_domain", "novelty of the domain asked for"),
        bits("dns_new_type", "novelty of the query type to this host"),
        log(
            "dns_new_hours",
            Count,
            "hours of a day in which the host asked for this domain, new to the network",
        ),
        bits("http_new_agent", "novelty of the user agent"),
        bits("http_new_agent_of_src", "novelty of the user agent to this host"),
        bits("http_new_domain", "novelty of the HTTP server's domain"),
        bits("http_new_method_of_src", "novelty of the HTTP method to this host"),
        bits("http_new_mime_of_src", "novelty of the content type to this host"),
        bits("http_bare_address", "novelty of a bare address as HTTP server to this host"),
        log("http_errors", Count, "HTTP requests of the host that were refused in 10 minutes"),
        log(
            "http_new_hours",
            Count,
            "hours of a day in which the host used this HTTP server, new to the network",
        ),
        bits("tls_new_domain", "novelty of the TLS server's domain"),
        bits("tls_new_domain_of_src", "novelty of the TLS server's domain to this host"),
        bits("tls_new_client", "novelty of the TLS client's fingerprint"),
        bits("tls_no_name", "novelty of TLS without a server name to this host"),
        bits("tls_bad_certificate", "novelty of this server's invalid certificate"),
        bits("tls_new_issuer", "novelty of the certificate's issuer"),
        log(
            "tls_new_hours",
            Count,
            "hours of a day in which the host used this TLS server, new to the network",
        ),
        log("ssh_failures", Count, "failed SSH logins of the host in 10 minutes"),
        log("ssh_failures_of_pair", Count, "failed SSH logins between the two hosts in 10 minutes"),
        log("ssh_success_after", Count, "failed SSH logins between the two hosts before one that succeeded"),
        bits("ssh_new_client", "novelty of the SSH client's software"),
        bits("file_new_type_of_host", "novelty of the file's type to its receiver"),
        bits("file_executable", "novelty of a program over this protocol to its receiver"),
        log("smb_shares", Count, "new shares that the host connected to in 10 minutes"),
        bits("smb_new_share_of_src", "novelty of the share to this host"),
        log("smb_files", Count, "new files that the host used on shares in 10 minutes"),
        log(
            "smb_changes",
            Count,
            "new files that the host wrote, renamed or deleted on shares in 10 minutes",
        ),
        log("smb_refusals", Count, "SMB commands of the host that were refused in 10 minutes"),
    ]
};

/// Places of the numbers.
pub(super) mod at {
    pub(in crate::companion) const DNS_QUERY_LENGTH: usize = 0;
    pub(in crate::companion) const DNS_ENTROPY: usize = 1;
    pub(in crate::companion) const DNS_NEW_NAMES: usize = 2;
    pub(in crate::companion) const DNS_CARRIED: usize = 3;
    pub(in crate::companion) const DNS_NXDOMAIN: usize = 4;
    pub(in crate::companion) const DNS_NXDOMAIN_RATIO: usize = 5;
    pub(in crate::companion) const DNS_NEW_DOMAIN: usize = 6;
    pub(in crate::companion) const DNS_NEW_TYPE: usize = 7;
    pub(in crate::companion) const DNS_NEW_HOURS: usize = 8;
    pub(in crate::companion) const HTTP_NEW_AGENT: usize = 9;
    pub(in crate::companion) const HTTP_NEW_AGENT_OF_SRC: usize = 10;
    pub(in crate::companion) const HTTP_NEW_DOMAIN: usize = 11;
    pub(in crate::companion) const HTTP_NEW_METHOD_OF_SRC: usize = 12;
    pub(in crate::companion) const HTTP_NEW_MIME_OF_SRC: usize = 13;
    pub(in crate::companion) const HTTP_BARE_ADDRESS: usize = 14;
    pub(in crate::companion) const HTTP_ERRORS: usize = 15;
    pub(in crate::companion) const HTTP_NEW_HOURS: usize = 16;
    pub(in crate::companion) const TLS_NEW_DOMAIN: usize = 17;
    pub(in crate::companion) const TLS_NEW_DOMAIN_OF_SRC: usize = 18;
    pub(in crate::companion) const TLS_NEW_CLIENT: usize = 19;
    pub(in crate::companion) const TLS_NO_NAME: usize = 20;
    pub(in crate::companion) const TLS_BAD_CERTIFICATE: usize = 21;
    pub(in crate::companion) const TLS_NEW_ISSUER: usize = 22;
    pub(in crate::companion) const TLS_NEW_HOURS: usize = 23;
    pub(in crate::companion) const SSH_FAILURES: usize = 24;
    pub(in crate::companion) const SSH_FAILURES_OF_PAIR: usize = 25;
    pub(in crate::companion) const SSH_SUCCESS_AFTER: usize = 26;
    pub(in crate::companion) const SSH_NEW_CLIENT: usize = 27;
    pub(in crate::companion) const FILE_NEW_TYPE_OF_HOST: usize = 28;
    pub(in crate::companion) const FILE_EXECUTABLE: usize = 29;
    pub(in crate::companion) const SMB_SHARES: usize = 30;
    pub(in crate::companion) const SMB_NEW_SHARE_OF_SRC: usize = 31;
    pub(in crate::companion) const SMB_FILES: usize = 32;
    pub(in crate::companion) const SMB_CHANGES: usize = 33;
    pub(in crate::companion) const SMB_REFUSALS: usize = 34;
}

/// The log that a number comes from.
///
/// # Panics
/// There is no such column.
#[must_use]
pub fn kind_of(column: usize) -> Kind {
    const ENDS: [(usize, Kind); Kind::ALL.len()] = [
        (at::HTTP_NEW_AGENT, Kind::Dns),
        (at::TLS_NEW_DOMAIN, Kind::Http),
        (at::SSH_FAILURES, Kind::Ssl),
        (at::FILE_NEW_TYPE_OF_HOST, Kind::Ssh),
        (at::SMB_SHARES, Kind::Files),
        (at::SMB_FILES, Kind::SmbMapping),
        (at::SMB_REFUSALS, Kind::SmbFiles),
        (WIDTH, Kind::SmbCmd),
    ];
    let kind = ENDS.into_iter().find(|(end, _)| column < *end);
    kind.unwrap_or_else(|| panic!("there are {WIDTH} columns")).1
}

/// What a number says, with its natural value and unit.
///
/// # Panics
/// There is no such column.
#[must_use]
pub fn describe(column: usize, value: f64) -> String {
    let known = &COLUMNS[column];
    format!("{}: {}", known.words, known.amount(known.natural(value)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_have_the_names_they_should() {
        for (place, name) in [
            (at::DNS_QUERY_LENGTH, "dns_query_length"),
            (at::DNS_ENTROPY, "dns_entropy"),
            (at::DNS_NEW_NAMES, "dns_new_names"),
            (at::DNS_CARRIED, "dns_carried"),
            (at::DNS_NXDOMAIN, "dns_nxdomain"),
            (at::DNS_NXDOMAIN_RATIO, "dns_nxdomain_ratio"),
            (at::DNS_NEW_DOMAIN, "dns_new_domain"),
            (at::DNS_NEW_TYPE, "dns_new_type"),
            (at::DNS_NEW_HOURS, "dns_new_hours"),
            (at::HTTP_NEW_AGENT, "http_new_agent"),
            (at::HTTP_NEW_AGENT_OF_SRC, "http_new_agent_of_src"),
            (at::HTTP_NEW_DOMAIN, "http_new_domain"),
            (at::HTTP_NEW_METHOD_OF_SRC, "http_new_method_of_src"),
            (at::HTTP_NEW_MIME_OF_SRC, "http_new_mime_of_src"),
            (at::HTTP_BARE_ADDRESS, "http_bare_address"),
            (at::HTTP_ERRORS, "http_errors"),
            (at::HTTP_NEW_HOURS, "http_new_hours"),
            (at::TLS_NEW_DOMAIN, "tls_new_domain"),
            (at::TLS_NEW_DOMAIN_OF_SRC, "tls_new_domain_of_src"),
            (at::TLS_NEW_CLIENT, "tls_new_client"),
            (at::TLS_NO_NAME, "tls_no_name"),
            (at::TLS_BAD_CERTIFICATE, "tls_bad_certificate"),
            (at::TLS_NEW_ISSUER, "tls_new_issuer"),
            (at::TLS_NEW_HOURS, "tls_new_hours"),
            (at::SSH_FAILURES, "ssh_failures"),
            (at::SSH_FAILURES_OF_PAIR, "ssh_failures_of_pair"),
            (at::SSH_SUCCESS_AFTER, "ssh_success_after"),
            (at::SSH_NEW_CLIENT, "ssh_new_client"),
            (at::FILE_NEW_TYPE_OF_HOST, "file_new_type_of_host"),
            (at::FILE_EXECUTABLE, "file_executable"),
            (at::SMB_SHARES, "smb_shares"),
            (at::SMB_NEW_SHARE_OF_SRC, "smb_new_share_of_src"),
            (at::SMB_FILES, "smb_files"),
            (at::SMB_CHANGES, "smb_changes"),
            (at::SMB_REFUSALS, "smb_refusals"),
        ] {
            assert_eq!(COLUMNS[place].name, name);
        }
        assert_eq!(at::SMB_REFUSALS + 1, WIDTH);
    }

    #[test]
    fn a_name_begins_with_its_log() {
        for (column, known) in COLUMNS.iter().enumerate() {
            let kind = kind_of(column);
            let prefix = match kind {
                Kind::Ssl => "tls",
                Kind::Files => "file",
                Kind::SmbCmd | Kind::SmbFiles | Kind::SmbMapping => "smb",
                _ => kind.path(),
            };
            assert!(known.name.starts_with(&format!("{prefix}_")), "{} is not of {kind}", known.name);
        }
    }

    #[test]
    fn values_in_words() {
        let ln = |natural: f64| natural.ln_1p();
        for (column, value, words) in [
            (
                at::DNS_NEW_NAMES,
                ln(412.0),
                "new names below one domain that the host asked for in an hour: 412",
            ),
            (at::DNS_QUERY_LENGTH, ln(183.0), "length of the name asked for: 183 bytes"),
            (at::HTTP_NEW_AGENT, 13.25, "novelty of the user agent: 13.2 bits"),
        ] {
            assert_eq!(describe(column, value), words);
        }
    }
}
