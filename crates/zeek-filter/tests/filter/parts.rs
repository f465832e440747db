//! Filters put together from parts, as they are shown to a user.

use proptest::prelude::*;
use zeek_filter::{Filter, MAX_DEPTH};
use zeek_log::ConnRecord;

use crate::{bare_record, record};

fn address(text: &str) -> std::net::IpAddr {
    text.parse().unwrap()
}

#[track_caller]
fn shows(filter: &Filter, text: &str) {
    assert_eq!(filter.to_string(), text);
    assert_eq!(Filter::parse(text).unwrap(), *filter);
}

#[test]
fn parts_show_as_they_are_written() {
    shows(&Filter::host(address("10.0.0.5")), "host == 10.0.0.5");
    shows(&Filter::orig_h(address("::ffff:10.0.0.5")), "id.orig_h == 10.0.0.5");
    shows(&Filter::resp_h(address("2001:db8::1")), "id.resp_h == 2001:db8::1");
    shows(&Filter::resp_p(443), "id.resp_p == 443");
    shows(&Filter::proto("TCP").unwrap(), "proto == tcp");
    shows(&Filter::conn_state("S0").unwrap(), "conn_state == S0");
    shows(&Filter::uid("it's in").unwrap(), "uid == \"it\\u{27}s in\"");
    shows(&Filter::service(Some("ssl,http")).unwrap(), "service == ssl && service == http");
    shows(&Filter::service(Some("-ssl")).unwrap(), "service == -ssl");
    shows(&Filter::service(None).unwrap(), "service == unset");
    shows(&Filter::hosts(["10.0.0.6", "10.0.0.5"].map(address)).unwrap(), "host in {10.0.0.5, 10.0.0.6}");
    let span = Filter::started_within(1_769_898_600.0, 1_769_898_659.999_999).unwrap();
    shows(&span, "ts in 2026-01-31T22:30:00Z..2026-01-31T22:30:59.999999Z");
    assert!(span.matches(&record()));
}

proptest! {
    /// What a filter was made of, it matches, and so does what its text is parsed to.
    #[test]
    fn parts_match_the_record_they_are_from(
        text in any::<String>(), word in "[a-zA-Z,*\\\\'-]{0,8}", ts in 0.0..1e11, orig: u32, resp: u128, port: u16,
    ) {
        for text in [&*text, &*word] {
            let (orig_h, resp_h) = (std::net::Ipv4Addr::from_bits(orig).into(), std::net::Ipv6Addr::from_bits(resp).into());
            let record = ConnRecord {
                ts, orig_h, resp_h, resp_p: port, uid: Some(text), proto: text, service: Some(text), conn_state: Some(text), ..record()
            };
            let filter = Filter::all_of([
                Filter::uid(text).unwrap(),
                Filter::proto(text).unwrap(),
                Filter::service(Some(text)).unwrap(),
                Filter::conn_state(text).unwrap(),
                Filter::orig_h(orig_h),
                Filter::resp_h(resp_h),
                Filter::hosts([resp_h]).unwrap(),
                Filter::resp_p(port),
                Filter::started_within(ts, ts).unwrap(),
            ]).unwrap();
            let again = Filter::parse(&filter.to_string()).unwrap();
            prop_assert!(filter.matches(&record) && again.matches(&record), "{}", filter);
            prop_assert_eq!(again, filter);
        }
    }
}

#[test]
fn a_channel_of_an_audit() {
    let channel = Filter::all_of([
        Filter::orig_h(address("10.0.0.5")),
        Filter::resp_h(address("192.0.2.7")),
        Filter::resp_p(443),
        Filter::service(Some("ssl")).unwrap(),
    ])
    .unwrap();
    shows(&channel, "id.orig_h == 10.0.0.5 && id.resp_h == 192.0.2.7 && id.resp_p == 443 && service == ssl");
    assert!(channel.matches(&record()) && !channel.matches(&bare_record()));
    let others = channel.negated().unwrap();
    assert!(!others.matches(&record()) && others.matches(&bare_record()));
    let either = Filter::any_of([others, Filter::host(address("10.0.0.5"))]).unwrap();
    shows(
        &Filter::all_of([either, Filter::resp_p(80)]).unwrap(),
        "(!(id.orig_h == 10.0.0.5 && id.resp_h == 192.0.2.7 && id.resp_p == 443 && service == ssl) || host == 10.0.0.5) && id.resp_p == 80",
    );
}

#[test]
fn what_can_not_be_put_together() {
    assert!(Filter::all_of([]).is_err() && Filter::any_of([]).is_err() && Filter::hosts([]).is_err());
    for (first, last) in
        [(2.0, 1.0), (-1.0, 1.0), (0.0, 1e12), (f64::NAN, 1.0), (0.0, f64::NAN), (0.0, f64::INFINITY)]
    {
        assert!(Filter::started_within(first, last).is_err(), "{first} {last}");
    }
    assert!(Filter::uid(&"x".repeat(1 << 20)).is_err());
    assert!(Filter::hosts((0..10_000u32).map(|i| std::net::Ipv4Addr::from_bits(i).into())).is_err());
    let mut filter = Filter::resp_p(80);
    let mut steps = 0;
    let error = loop {
        let deeper = Filter::any_of([Filter::resp_p(22), filter.clone()])
            .and_then(|either| Filter::all_of([Filter::resp_p(443), either]));
        match deeper {
            Ok(deeper) => filter = deeper,
            Err(error) => break error,
        }
        steps += 1;
        assert_eq!(Filter::parse(&filter.to_string()).unwrap(), filter);
    };
    assert_eq!((steps, error.text()), (MAX_DEPTH, ""));
}
