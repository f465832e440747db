//! What each log is looked at for stands out, and ordinary rows beside it don't.

use std::fmt::Write as _;

use oddflow_features::companion::{CompanionFeatures, CompanionState, Kind};
use zeek_log::LogFile;

use crate::logs::{log, natural, read, uid, value};

/// The features of a log's rows: each has a connection of its own, `C0`, `C1` and so on. The state has seen the first log as
/// its baseline.
fn features(kind: Kind, baseline: &LogFile, log: &LogFile) -> Vec<CompanionFeatures> {
    let mut state = CompanionState::new();
    for row in read(kind, baseline) {
        state.take(&row);
    }
    state.begin_calibration();
    state.end_baseline();
    let rows = read(kind, log);
    let features = (0..rows.len()).map(|nth| {
        assert_eq!(state.take(&rows[nth]), None);
        state.connection(uid(&format!("C{nth}")), rows[nth].ts)
    });
    features.collect()
}

fn rows(path: &str, columns: &str, rows: impl IntoIterator<Item = String>) -> LogFile {
    let rows: Vec<String> = rows.into_iter().collect();
    log(path, columns, &rows.iter().map(String::as_str).collect::<Vec<_>>())
}

const DNS: &str = "ts uid id.orig_h id.resp_h query qtype_name rcode_name";
const HTTP: &str = "ts uid id.orig_h id.resp_h method host user_agent status_code resp_mime_types";
const SSL: &str = "ts uid id.orig_h id.resp_h version server_name ja3 validation_status subject issuer";
const SSH: &str = "ts uid id.orig_h id.resp_h auth_success auth_attempts client";

/// Lookups of ten ordinary names, over and over.
fn ordinary_lookups() -> LogFile {
    rows(
        "dns",
        DNS,
        (0..400)
            .map(|i| format!("{} B{i} 10.0.0.5 10.0.0.1 www.site{}.com A NOERROR", 1000 + i * 20, i % 10)),
    )
}

#[test]
fn a_tunnel_is_told_by_new_names_and_what_they_carry() {
    let tunnel = (0..300_u64).map(|i| {
        let mut data = String::new();
        (0..5).for_each(|part| {
            write!(data, "{:016x}", (i * 5 + part + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15))
                .expect("a string");
        });
        format!(
            "{} C{i} 10.0.0.5 10.0.0.1 {}.{}.tunnel.example A NOERROR",
            10_000 + i,
            &data[..60],
            &data[60..]
        )
    });
    let features = features(Kind::Dns, &ordinary_lookups(), &rows("dns", DNS, tunnel));
    let last = &features[299];
    assert!((280.0..301.0).contains(&natural(last, "dns_new_names")));
    assert!((80.0 * 280.0..80.0 * 301.0).contains(&natural(last, "dns_carried")));
    assert!(natural(last, "dns_entropy") > 250.0);
    assert!(value(last, "dns_new_domain") > 9.0);
}

#[test]
fn ordinary_lookups_are_not_odd() {
    let ordinary = (0..300)
        .map(|i| format!("{} C{i} 10.0.0.5 10.0.0.1 www.site{}.com A NOERROR", 10_000 + i * 20, i % 10));
    for features in features(Kind::Dns, &ordinary_lookups(), &rows("dns", DNS, ordinary)) {
        assert!(natural(&features, "dns_new_names") < 1.01);
        assert_eq!(natural(&features, "dns_entropy"), 0.0);
        assert!(value(&features, "dns_new_domain") < 4.0);
        assert!(value(&features, "dns_new_type") < 0.1);
        assert_eq!(value(&features, "dns_nxdomain"), 0.0);
    }
}

#[test]
fn generated_domains_are_told_by_names_that_do_not_exist() {
    let generated =
        (0..60).map(|i| format!("{} C{i} 10.0.0.5 10.0.0.1 q{}x{i}.com A NXDOMAIN", 10_000 + i, i * 7919));
    let features = features(Kind::Dns, &ordinary_lookups(), &rows("dns", DNS, generated));
    assert!(natural(&features[59], "dns_nxdomain") > 55.0);
    assert!(value(&features[59], "dns_nxdomain_ratio") > 0.8);
    // The same name again and again is a mistake in a file.
    let mistake = (0..60).map(|i| format!("{} C{i} 10.0.0.5 10.0.0.1 proxy.corp.com A NXDOMAIN", 10_000 + i));
    let mistakes = self::features(Kind::Dns, &ordinary_lookups(), &rows("dns", DNS, mistake));
    assert!(natural(&mistakes[59], "dns_nxdomain") < 1.01);
}

#[test]
fn lookups_that_nobody_registered_a_domain_for_say_little() {
    let odd = ["7.0.0.10.in-addr.arpa PTR NXDOMAIN", "_airplay._tcp.local PTR -", "WORKGROUP NB -", "- - -"];
    let odd =
        odd.iter().enumerate().map(|(i, query)| format!("{} C{i} 10.0.0.5 10.0.0.1 {query}", 10_000 + i));
    for features in features(Kind::Dns, &ordinary_lookups(), &rows("dns", DNS, odd)) {
        for name in ["dns_query_length", "dns_entropy", "dns_new_names", "dns_new_domain", "dns_nxdomain"] {
            assert_eq!(value(&features, name), 0.0, "{name}");
        }
    }
}

#[test]
fn requests_of_a_new_program_stand_out_and_an_update_does_not() {
    let browse = (0..400).map(|i| {
        let agent = if i % 10 == 0 { "Updater/1.0" } else { "Mozilla/5.0\\x20Chrome/122.0" };
        format!(
            "{} B{i} 10.0.0.{} 192.0.2.9 GET www.site{}.com {agent} 200 text/html",
            1000 + i,
            5 + i % 3,
            i % 9
        )
    });
    let odd = [
        "10.0.0.5 192.0.2.9 GET www.site1.com Mozilla/5.0\\x20Chrome/123.0 200 text/html",
        "10.0.0.5 198.51.100.7 POST 198.51.100.7:8080 Mozila/4.0 404 application/x-dosexec",
        "10.0.0.5 192.0.2.9 GET www.site1.com - 200 text/html",
    ];
    let odd = odd.iter().enumerate().map(|(i, row)| format!("{} C{i} {row}", 10_000 + i));
    let features = features(Kind::Http, &rows("http", HTTP, browse), &rows("http", HTTP, odd));
    for name in ["http_new_agent", "http_new_agent_of_src", "http_new_domain", "http_new_mime_of_src"] {
        assert!(value(&features[0], name) < 4.0, "{name}");
    }
    assert!(value(&features[1], "http_new_agent") > 9.0);
    for name in
        ["http_new_agent_of_src", "http_new_method_of_src", "http_new_mime_of_src", "http_bare_address"]
    {
        assert!(value(&features[1], name) > 7.0, "{name}");
    }
    assert_eq!(value(&features[1], "http_new_domain"), 0.0);
    assert_eq!(natural(&features[1], "http_errors").round(), 1.0);
    assert!(value(&features[2], "http_new_agent") > 9.0, "no agent at all is one, too");
}

#[test]
fn handshakes() {
    let known = (0..400).map(|i| {
        format!(
            "{} B{i} 10.0.0.5 192.0.2.{} TLSv12 www.site{}.com aaaa ok CN=site CN=Authority",
            1000 + i,
            i % 5,
            i % 5
        )
    });
    let odd = [
        "10.0.0.5 192.0.2.1 TLSv13 WWW.site1.com aaaa - - -",
        "10.0.0.5 198.51.100.7 TLSv12 - bbbb self\\x20signed\\x20certificate CN=x CN=x",
        "10.0.0.5 198.51.100.7 - - - - - -",
        "10.0.0.5 198.51.100.8 TLSv12 new.example.net aaaa - CN=y CN=y",
    ];
    let odd = odd.iter().enumerate().map(|(i, row)| format!("{} C{i} {row}", 10_000 + i));
    let features = features(Kind::Ssl, &rows("ssl", SSL, known), &rows("ssl", SSL, odd));
    assert!(features[0].values.iter().all(|value| *value < 4.0));
    for name in ["tls_new_client", "tls_no_name", "tls_bad_certificate", "tls_new_issuer"] {
        assert!(value(&features[1], name) > 9.0, "{name}");
    }
    assert!(features[2].is_zero(), "no hello was seen");
    for name in ["tls_new_domain", "tls_new_domain_of_src", "tls_bad_certificate"] {
        assert!(value(&features[3], name) > 9.0, "{name}");
    }
}

#[test]
fn logins_that_fail_and_the_one_that_does_not() {
    let usual = (0..20).map(|i| format!("{} B{i} 10.0.0.5 10.0.0.2 T 2 SSH-2.0-OpenSSH_9.6", 1000 + i * 100));
    let attack = (0..50).map(|i| {
        let outcome = if i == 49 { "T" } else { "F" };
        format!("{} C{i} 203.0.113.9 10.0.0.2 {outcome} 3 SSH-2.0-Go", 10_000 + i)
    });
    let features = features(Kind::Ssh, &rows("ssh", SSH, usual), &rows("ssh", SSH, attack));
    assert!((138.0..148.0).contains(&natural(&features[48], "ssh_failures")));
    assert_eq!(value(&features[48], "ssh_failures"), value(&features[48], "ssh_failures_of_pair"));
    assert_eq!(value(&features[49], "ssh_failures"), 0.0);
    assert!(natural(&features[49], "ssh_success_after") > 130.0);
    assert!(value(&features[0], "ssh_new_client") > 5.0);
}

#[test]
fn programs_and_shares() {
    const FILES: &str = "ts uid id.orig_h id.resp_h source mime_type is_orig";
    let page = |i: u32| format!("{} B{i} 10.0.0.5 192.0.2.1 HTTP text/html F", 1000 + i);
    let program = "5000 C0 10.0.0.5 192.0.2.1 HTTP application/x-dosexec F".to_owned();
    let features_of_file =
        features(Kind::Files, &rows("files", FILES, (0..200).map(page)), &rows("files", FILES, [program]));
    assert!(value(&features_of_file[0], "file_executable") > 8.0);
    assert!(value(&features_of_file[0], "file_new_type_of_host") > 8.0);

    const MAPPING: &str = "ts uid id.orig_h id.resp_h path";
    let usual = (0..50).map(|i| format!("{} B{i} 10.0.0.5 10.0.0.2 \\\\\\\\nas\\\\home", 1000 + i * 60));
    let sweep =
        (0..30).map(|i| format!("{} C{i} 10.0.0.5 10.0.1.{i} \\\\\\\\10.0.1.{i}\\\\ADMIN$", 9000 + i));
    let shares = features(
        Kind::SmbMapping,
        &rows("smb_mapping", MAPPING, usual),
        &rows("smb_mapping", MAPPING, sweep),
    );
    assert!(natural(&shares[29], "smb_shares") > 28.0);
    assert!(value(&shares[29], "smb_new_share_of_src") > 6.0);

    const SMB_FILES: &str = "ts uid id.orig_h id.resp_h action path name";
    let none = rows("smb_files", SMB_FILES, []);
    let encrypt =
        (0..80).map(|i| format!("{} C{i} 10.0.0.5 10.0.0.2 SMB::FILE_RENAME nas f{i}.doc", 9000 + i));
    let files = features(Kind::SmbFiles, &none, &rows("smb_files", SMB_FILES, encrypt));
    assert!(natural(&files[79], "smb_changes") > 70.0 && natural(&files[79], "smb_files") > 70.0);

    const COMMANDS: &str = "ts uid id.orig_h id.resp_h command status";
    let none = rows("smb_cmd", COMMANDS, []);
    let guesses = (0..40).map(|i| {
        let status = if i == 39 { "SUCCESS" } else { "LOGON_FAILURE" };
        format!("{} C{i} 10.0.0.5 10.0.0.2 SESSION_SETUP {status}", 9000 + i)
    });
    let commands = features(Kind::SmbCmd, &none, &rows("smb_cmd", COMMANDS, guesses));
    assert!(natural(&commands[38], "smb_refusals") > 35.0);
    assert!(commands[39].is_zero());
}

#[test]
fn what_came_after_the_baseline_teaches_nothing_for_a_day() {
    let agent = |i: u64, name: &str| {
        format!("{} C{i} 10.0.0.5 192.0.2.9 GET www.site1.com {name} 200 text/html", 10_000 + i * 60)
    };
    let browse = (0..300).map(|i| agent(i, "Mozilla").replace('C', "B"));
    let odd = (0..300).map(|i| agent(i, "Beacon"));
    let features = features(Kind::Http, &rows("http", HTTP, browse), &rows("http", HTTP, odd));
    assert_eq!(value(&features[0], "http_new_agent"), value(&features[299], "http_new_agent"));
}

#[test]
fn a_program_that_calls_home_is_told_from_a_visit() {
    let known = (0..400).map(|i| format!("{} B{i} 10.0.0.5 192.0.2.1 TLSv13 www.site.com - - - -", 1000 + i));
    let known = rows("ssl", SSL, known);
    let beacon = (0..72)
        .map(|i| format!("{} C{i} 10.0.0.5 198.51.100.7 TLSv13 cdn.home.example - - - -", 10_000 + i * 1200));
    let calls = features(Kind::Ssl, &known, &rows("ssl", SSL, beacon));
    assert!(natural(&calls[71], "tls_new_hours") > 14.0);
    let visit = (0..72).map(|i| {
        format!("{} C{i} 10.0.0.5 198.51.100.8 TLSv13 img{i}.visit.example - - - -", 10_000 + i * 10)
    });
    let visits = features(Kind::Ssl, &known, &rows("ssl", SSL, visit));
    assert!(natural(&visits[71], "tls_new_hours") < 1.01);
    let usual =
        (0..72).map(|i| format!("{} C{i} 10.0.0.5 192.0.2.1 TLSv13 www.site.com - - - -", 10_000 + i * 1200));
    let usual = features(Kind::Ssl, &known, &rows("ssl", SSL, usual));
    assert_eq!(value(&usual[71], "tls_new_hours"), 0.0);
}
