//! The outbox: notices come in the order of their transactions, wait, and go when they arrived.

use oddflow_store::{OutboxCount, Store};

fn enqueue(store: &mut Store, notices: &[(&str, &str)]) {
    let mut batch = store.begin().expect("begins");
    for (sink, notice) in notices {
        batch.enqueue(sink, notice).expect("writes");
    }
    batch.commit().expect("commits");
}

fn waiting(store: &Store, sink: &str) -> Vec<String> {
    store.outbox_waiting(sink, 10).expect("reads").into_iter().map(|entry| entry.notice).collect()
}

#[test]
fn notices_wait_in_order_until_they_arrive() {
    let mut store = Store::in_memory().expect("memory");
    enqueue(&mut store, &[("web", "1"), ("log", "1"), ("web", "2")]);
    enqueue(&mut store, &[("web", "3")]);
    assert_eq!(waiting(&store, "web"), ["1", "2", "3"]);
    let ids: Vec<i64> = store.outbox_waiting("web", 2).expect("reads").iter().map(|entry| entry.id).collect();

    // The other sink's stay; marking twice is no error.
    for _ in 0..2 {
        store.outbox_delivered("web", &ids).expect("writes");
    }
    assert_eq!(waiting(&store, "web"), ["3"]);
    assert_eq!(waiting(&store, "log"), ["1"]);
    assert_eq!(store.outbox_depth("web").expect("reads"), 1);
}

#[test]
fn a_failure_is_remembered_and_a_dead_one_counted() {
    let mut store = Store::in_memory().expect("memory");
    enqueue(&mut store, &[("web", "1"), ("web", "2")]);
    let first = store.outbox_waiting("web", 1).expect("reads")[0].id;
    store.outbox_failed("web", first, 3, "refused", 12.5).expect("writes");
    let entry = store.outbox_waiting("web", 1).expect("reads").remove(0);
    assert_eq!((entry.attempts, entry.next_try), (3, Some(12.5)));
    store.outbox_dead("web", first, "gone").expect("writes");
    assert_eq!(waiting(&store, "web"), ["2"]);
    let count = OutboxCount { sink: "web".into(), waiting: 1, dead: 1, error: Some("gone".into()) };
    assert_eq!(store.outbox_counts().expect("reads"), [count]);
}

#[test]
fn what_is_not_committed_is_not_told() {
    let mut store = Store::in_memory().expect("memory");
    let mut batch = store.begin().expect("begins");
    batch.enqueue("web", "1").expect("writes");
    drop(batch);
    assert_eq!(waiting(&store, "web"), [""; 0]);
    assert_eq!(store.outbox_counts().expect("reads"), []);
}
