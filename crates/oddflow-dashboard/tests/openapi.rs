//! The description of the API is a file that is read in review: this test says whether it is that of the routes.

/// To write it anew: `UPDATE=1 cargo test -p oddflow-dashboard --test openapi`.
#[test]
#[expect(clippy::disallowed_methods, reason = "a person asks this test to write the file")]
fn the_description_is_that_of_the_routes() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json");
    let now = oddflow_dashboard::description();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(file, &now).expect("it can be written");
    }
    let kept = std::fs::read_to_string(file).unwrap_or_default();
    assert!(
        kept == now,
        "openapi.json is not that of the routes: write it anew with UPDATE=1, and read what changed"
    );
}
