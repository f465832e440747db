//! `oddflow model diff`: where two models differ.

use serde_json::{Map, Value, json};

use super::VERSION;
use super::facts::{Fact, compared, facts};
use crate::arguments::ModelDiffArguments;
use crate::failure::Failure;
use crate::models;
use crate::output::{Output, note};
use crate::text::visible;

/// Longest text of the table; what is longer stands in the JSON.
const LONGEST: usize = 60;

pub(super) fn diff(arguments: &ModelDiffArguments) -> Result<(), Failure> {
    let db = arguments.db.as_deref();
    let (a, b) = (models::named(&arguments.a, db)?, models::named(&arguments.b, db)?);
    let (of_a, of_b) = (facts(&a), facts(&b));
    let rows = rows(&of_a, &of_b);
    let differing: Vec<&str> = rows.iter().filter(|row| row.differs()).map(|row| row.name).collect();
    let mut output = Output::stdout();
    if arguments.json {
        let object = |facts: &[Fact]| {
            facts.iter().map(|fact| (fact.name.to_owned(), fact.value.clone())).collect::<Map<_, _>>()
        };
        let both: Map<String, Value> =
            compared(&a, &b).into_iter().map(|(name, _, value)| (name.to_owned(), value)).collect();
        output.line(json!({
            "version": VERSION,
            "a": object(&of_a),
            "b": object(&of_b),
            "differs": differing,
            "compared": both,
        }))?;
        return output.finish();
    }
    if differing.is_empty() {
        output.finish()?;
        note(format_args!("both are model {}", a.id()));
        return Ok(());
    }
    let shown: Vec<[String; 3]> = rows.iter().filter(|row| row.differs()).map(Row::cells).collect();
    let width = |column: usize| shown.iter().map(|cells| cells[column].chars().count()).max().unwrap_or(0);
    let widths = [width(0), width(1)];
    for [name, a, b] in &shown {
        output.line(format_args!("{name:<0$}  {a:<1$}  {b}", widths[0], widths[1]))?;
    }
    output.line("")?;
    for (name, text, _) in compared(&a, &b) {
        output.line(format_args!("{name}: {}", visible(&text)))?;
    }
    let same: Vec<String> = rows.iter().filter(|row| !row.differs()).map(|row| words(row.name)).collect();
    if !same.is_empty() {
        output.line(format_args!("the same: {}", same.join(", ")))?;
    }
    output.finish()
}

/// A fact of one model, or of both.
struct Row<'f> {
    name: &'static str,
    a: Option<&'f Fact>,
    b: Option<&'f Fact>,
}

impl Row<'_> {
    fn differs(&self) -> bool {
        self.a.map(|fact| &fact.value) != self.b.map(|fact| &fact.value)
    }

    fn cells(&self) -> [String; 3] {
        let text = |fact: Option<&Fact>| fact.map_or_else(|| "-".into(), |fact| short(&fact.text));
        [words(self.name), text(self.a), text(self.b)]
    }
}

/// The facts of both by name: those of A in their order, then what only B has.
fn rows<'f>(a: &'f [Fact], b: &'f [Fact]) -> Vec<Row<'f>> {
    let find = |facts: &'f [Fact], name| facts.iter().find(|fact| fact.name == name);
    let of_a = a.iter().map(|fact| Row { name: fact.name, a: Some(fact), b: find(b, fact.name) });
    let of_b = b.iter().filter(|fact| find(a, fact.name).is_none());
    of_a.chain(of_b.map(|fact| Row { name: fact.name, a: None, b: Some(fact) })).collect()
}

/// A name of JSON as words.
fn words(name: &str) -> String {
    name.replace('_', " ")
}

fn short(text: &str) -> String {
    let text = visible(text);
    if text.chars().count() <= LONGEST {
        return text;
    }
    text.chars().take(LONGEST - 1).chain(['…']).collect()
}
