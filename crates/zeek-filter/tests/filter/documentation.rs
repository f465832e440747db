//! That `docs/filter.md` is true: its examples parse, its errors are told, and it names every field.

use zeek_filter::{Filter, FindingFilter, Words};

const PAGE: &str = include_str!("../../../../docs/filter.md");

/// The content of the code blocks of a kind.
fn blocks(kind: &str) -> Vec<&'static str> {
    let begin = format!("```{kind}\n");
    let blocks = PAGE.split(begin.as_str()).skip(1);
    blocks.map(|rest| rest.split("\n```").next().unwrap()).collect()
}

#[test]
fn examples_parse() {
    let mut count = 0;
    for line in blocks("filter").iter().flat_map(|block| block.lines()) {
        if let Err(error) = Filter::parse(line) {
            panic!("{error}\n{}", error.remedy());
        }
        count += 1;
    }
    assert!(count > 40, "{count} examples");
}

#[test]
fn what_is_given_to_the_shell_parses() {
    let filters: Vec<_> =
        blocks("sh").iter().flat_map(|block| block.split('\'').skip(1).step_by(2)).collect();
    assert_eq!(filters.len(), 1);
    for text in filters {
        assert_eq!(Filter::parse(text).unwrap().to_string(), text);
    }
}

/// Words between backticks that look like a comparison.
#[test]
fn comparisons_in_the_text_parse() {
    let prose: String = PAGE.split("```").step_by(2).collect();
    let code: Vec<_> = prose.split('`').skip(1).step_by(2).collect();
    let comparisons: Vec<_> = code
        .iter()
        .filter(|text| ["= ", " in ", " ~ "].iter().any(|sign| text[1..].contains(sign)))
        .collect();
    assert!(comparisons.len() >= 8, "{comparisons:?}");
    for text in comparisons {
        if let Err(error) = Filter::parse(text).map(|_| ()).or_else(|_| finding(text)) {
            panic!("{error}\n{}", error.remedy());
        }
    }
}

fn finding(text: &str) -> Result<(), zeek_filter::FilterError> {
    FindingFilter::parse(text, &Words::default()).map(|_| ())
}

#[test]
fn examples_of_findings_parse() {
    let lines: Vec<_> = blocks("finding").iter().flat_map(|block| block.lines()).collect();
    assert_eq!(lines.len(), 5);
    for text in lines {
        assert!(finding(text).is_ok() && FindingFilter::parse(text, &Words::default()).is_ok(), "{text}");
    }
}

#[test]
fn errors_are_told_so() {
    let blocks = blocks("error");
    assert_eq!(blocks.len(), 2);
    for block in blocks {
        let text = block.lines().nth(1).unwrap().trim();
        let error = Filter::parse(text).unwrap_err();
        assert_eq!(format!("error: {error}\n{}", error.remedy()), block);
    }
}

#[test]
fn the_two_that_are_equal() {
    let block = blocks("filter").into_iter().find(|block| block.starts_with('!')).unwrap();
    let [first, second] = [0, 1].map(|line| Filter::parse(block.lines().nth(line).unwrap()).unwrap());
    assert_eq!(first, second);
}

#[test]
fn every_field_is_named() {
    let error = Filter::parse("colour == red").unwrap_err();
    let (_, names) = error.remedy().split_once(": ").unwrap();
    let names: Vec<_> = names.trim_end_matches('.').split(", ").collect();
    assert_eq!(names.len(), 33);
    for name in names {
        assert!(PAGE.contains(&format!("`{name}`")), "{name}");
    }
}
