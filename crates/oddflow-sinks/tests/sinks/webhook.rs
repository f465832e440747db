//! A webhook with a web server at the other end.

use std::time::Duration;

use oddflow_sinks::{Sink, Trouble};
use serde_json::json;

use crate::harness::{Answer, OK, build, identity, notices, now, web_server};

fn sink(port: u16) -> Box<dyn Sink> {
    let settings = json!({
        "enabled": true, "url": format!("http://127.0.0.1:{port}/hook?a=b"), "timeout_s": 2,
        "token": {"env": "TOKEN"}, "headers": {"X-Key": {"env": "TOKEN"}},
    });
    build(json!({"webhook": settings})).sinks.remove(0)
}

#[test]
fn a_notice_is_a_post() {
    let (port, requests, server) = web_server(vec![OK, Answer::Says("204 No Content\r\n\r\n")], None);
    sink(port).deliver(&notices(1..=2), now()).unwrap();
    server.join().unwrap();
    let requests: Vec<_> = requests.iter().collect();
    assert_eq!(requests.len(), 2);
    let head = requests[0].head.to_lowercase();
    assert!(head.starts_with("post /hook?a=b http/1.1\r\n"), "{head}");
    for line in [
        "content-type: application/json; charset=utf-8",
        "authorization: bearer t0p-secret",
        "x-key: t0p-secret",
    ] {
        assert!(head.contains(line), "{line} is not in {head}");
    }
    let body = &requests[1].body;
    assert_eq!(body["id"], "oddflow:m-7f3a:2:raised");
    assert_eq!(body["title"], "Scan 2: <254> peers");
    assert!(body["text"].as_str().unwrap().starts_with("Scan 2: &lt;254&gt; peers: 192.168.7.20"));
}

#[test]
fn failures_tell_how_many_arrived_and_whether_to_try_again() {
    let passing = Trouble::Passing { wait: None };
    let wait = Trouble::Passing { wait: Some(Duration::from_secs(77)) };
    for (answer, trouble, words) in [
        (Answer::Says("500 Oops\r\nContent-Length: 4\r\n\r\nsad\n"), passing, "status 500: sad"),
        (Answer::Says("429 Slow\r\nRetry-After: 77\r\nContent-Length: 0\r\n\r\n"), wait, "status 429"),
        (Answer::Says("503 No\r\nRetry-After: Sun, 22 Nov 2026 13:29:01 GMT\r\n\r\n"), wait, "status 503"),
        (Answer::Says("401 No\r\nContent-Length: 0\r\n\r\n"), passing, "look at sinks.webhook.token"),
        (Answer::Says("404 No\r\nContent-Length: 0\r\n\r\n"), passing, "look at sinks.webhook.url"),
        (
            Answer::Says("400 Bad\r\nContent-Length: 9\r\n\r\nno\nfields"),
            Trouble::Permanent,
            "400: no\\x0afields",
        ),
        (Answer::Says("413 Big\r\nContent-Length: 0\r\n\r\n"), Trouble::Permanent, "status 413"),
        (Answer::HangsUp, passing, "http://127.0.0.1: "),
        (Answer::Sleeps, passing, "it took too long"),
        (Answer::Babbles, passing, "no proper HTTP"),
        (Answer::Says("nonsense\r\n\r\n"), passing, "http://127.0.0.1: "),
    ] {
        let (port, requests, server) = web_server(vec![OK, answer], None);
        let error = sink(port).deliver(&notices(1..=3), now()).unwrap_err();
        assert_eq!((error.delivered, error.trouble), (1, trouble), "{error}");
        assert!(error.message.contains(words), "{words} is not in {error}");
        assert!(!error.message.contains("/hook") && !error.message.contains("t0p"), "{error}");
        server.join().unwrap();
        assert_eq!(requests.iter().count(), 2);
    }
}

#[test]
fn an_endless_answer_is_not_read() {
    let endless = Answer::Says("500 Oops\r\nContent-Length: 9000000000\r\n\r\nmuch");
    let (port, _requests, server) = web_server(vec![endless], None);
    let error = sink(port).deliver(&notices(1..=1), now()).unwrap_err();
    assert!(error.message.contains("status 500"), "{error}");
    server.join().unwrap();
}

#[test]
fn redirects_are_not_followed() {
    for status in ["301", "302", "303", "307", "308"] {
        let (elsewhere, strangers, _) = web_server(vec![OK], None);
        let location =
            format!("{status} Go\r\nLocation: http://127.0.0.1:{elsewhere}/\r\nContent-Length: 0\r\n\r\n");
        let (port, _requests, server) = web_server(vec![Answer::Says(location.leak())], None);
        let error = sink(port).deliver(&notices(1..=1), now()).unwrap_err();
        assert_eq!(error.trouble, Trouble::Passing { wait: None });
        assert!(error.message.contains("it leads elsewhere"), "{error}");
        server.join().unwrap();
        assert!(strangers.try_recv().is_err());
    }
}

#[test]
fn a_proxy_is_used_where_one_is_set() {
    let refuses = Answer::Says("403 No\r\nContent-Length: 0\r\n\r\n");
    let (port, requests, server) = web_server(vec![refuses], None);
    let proxy = format!("http://127.0.0.1:{port}");
    let settings =
        json!({"enabled": true, "url": "http://receiver.example/hook", "proxy": proxy, "timeout_s": 5});
    let mut sink = build(json!({"webhook": settings})).sinks.remove(0);
    let error = sink.deliver(&notices(1..=1), now()).unwrap_err();
    assert_eq!(error.trouble, Trouble::Passing { wait: None });
    server.join().unwrap();
    assert!(requests.recv().unwrap().head.contains("receiver.example"));
}

#[test]
fn https_trusts_the_named_authority_and_no_other() {
    let (known, unknown) = (identity(), identity());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    std::fs::write(&file, &known.pem).unwrap();
    let post = |port| {
        let url = format!("https://localhost:{port}/");
        let settings = json!({"enabled": true, "url": url, "ca_file": file, "timeout_s": 5});
        build(json!({"webhook": settings})).sinks.remove(0).deliver(&notices(1..=1), now())
    };
    let (port, requests, server) = web_server(vec![OK], Some(known.config));
    post(port).unwrap();
    server.join().unwrap();
    assert_eq!(requests.iter().count(), 1);

    let (port, requests, server) = web_server(vec![OK], Some(unknown.config));
    let error = post(port).unwrap_err();
    assert!(
        error.message.contains("not trusted") && error.message.contains("sinks.webhook.ca_file"),
        "{error}"
    );
    server.join().unwrap();
    assert_eq!(requests.iter().count(), 0);
}
