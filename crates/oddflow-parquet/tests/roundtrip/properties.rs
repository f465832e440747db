//! Any values, in TSV and in JSON, come back as they were.

use proptest::prelude::*;
use serde_json::json;

use crate::export::{Row, Value, export, rows};

/// Values of one row, `None` where unset.
#[derive(Clone, Debug)]
struct Values {
    micros: i64,
    text: Option<String>,
    count: Option<u64>,
    int: Option<i64>,
    port: Option<u16>,
    interval: Option<f64>,
    truth: Option<bool>,
    texts: Option<Vec<String>>,
    reals: Option<Vec<Option<f64>>>,
}

const COLUMNS: [(&str, &str); 9] = [
    ("ts", "time"),
    ("text", "string"),
    ("count", "count"),
    ("int", "int"),
    ("id.resp_p", "port"),
    ("interval", "interval"),
    ("truth", "bool"),
    ("texts", "set[string]"),
    ("reals", "vector[double]"),
];

fn real() -> impl Strategy<Value = f64> {
    prop_oneof![any::<i32>().prop_map(|n| f64::from(n) / 1e6), prop::num::f64::NORMAL, Just(0.0)]
}

fn values() -> impl Strategy<Value = Values> {
    let texts = prop::collection::vec("\\PC{1,8}|[-,\\\\\t\"]|x2c|\\(empty\\)", 0..4);
    // In TSV a list of one unset element looks like an unset list.
    let reals = prop::collection::vec(prop::option::of(real()), 0..4)
        .prop_filter("one unset element", |reals| *reals != [None]);
    (
        // Until the year 2242, where a double of seconds tells microseconds apart.
        -1_000_000_i64..(1 << 33) * 1_000_000,
        prop::option::of(any::<String>()),
        any::<Option<u64>>(),
        any::<Option<i64>>(),
        any::<Option<u16>>(),
        prop::option::of(real()),
        any::<Option<bool>>(),
        prop::option::of(texts),
        prop::option::of(reals),
    )
        .prop_map(|(micros, text, count, int, port, interval, truth, texts, reals)| Values {
            micros,
            text,
            count,
            int,
            port,
            interval,
            truth,
            texts,
            reals,
        })
}

/// Text as Zeek escapes it in TSV, within a set or alone.
fn escaped(text: &str) -> String {
    match text {
        "-" => return "\\x2d".into(),
        "(empty)" => return "\\x28empty)".into(),
        _ => {}
    }
    text.chars()
        .map(|c| match c {
            '\\' => "\\\\".into(),
            c if c == ',' || c.is_ascii_control() => format!("\\x{:02x}", c as u32),
            c => c.to_string(),
        })
        .collect()
}

/// Seconds with six decimals, as Zeek writes a time.
fn seconds(micros: i64) -> String {
    let sign = if micros < 0 { "-" } else { "" };
    format!("{sign}{}.{:06}", micros.abs() / 1_000_000, micros.abs() % 1_000_000)
}

impl Values {
    fn tsv(&self) -> String {
        fn cell(value: Option<String>) -> String {
            value.unwrap_or_else(|| "-".into())
        }
        fn list(elements: Option<Vec<String>>) -> String {
            cell(elements.map(|all| if all.is_empty() { "(empty)".into() } else { all.join(",") }))
        }
        let or_empty = |text: &String| if text.is_empty() { "(empty)".into() } else { escaped(text) };
        [
            seconds(self.micros),
            cell(self.text.as_ref().map(or_empty)),
            cell(self.count.map(|value| value.to_string())),
            cell(self.int.map(|value| value.to_string())),
            cell(self.port.map(|value| value.to_string())),
            cell(self.interval.map(|value| value.to_string())),
            cell(self.truth.map(|value| if value { "T".into() } else { "F".into() })),
            list(self.texts.as_ref().map(|texts| texts.iter().map(|text| escaped(text)).collect())),
            list(self.reals.as_ref().map(|reals| {
                reals.iter().map(|real| real.map_or("-".into(), |real| real.to_string())).collect()
            })),
        ]
        .join("\t")
    }

    fn json(&self) -> String {
        let mut object = json!({
            "ts": seconds(self.micros).parse::<f64>().unwrap(),
            "text": self.text,
            "count": self.count,
            "int": self.int,
            "id.resp_p": self.port,
            "interval": self.interval,
            "truth": self.truth,
            "texts": self.texts,
            "reals": self.reals,
        });
        object.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        object.to_string()
    }

    fn expected(&self) -> Vec<Value> {
        fn value<T>(value: Option<T>, make: impl Fn(T) -> Value) -> Value {
            value.map_or(Value::Null, make)
        }
        vec![
            Value::Time(self.micros),
            value(self.text.clone(), Value::Text),
            value(self.count, |count| Value::Whole(count.into())),
            value(self.int, |int| Value::Whole(int.into())),
            value(self.port, |port| Value::Whole(port.into())),
            value(self.interval, Value::Real),
            value(self.truth, Value::Bool),
            value(self.texts.clone(), |texts| Value::List(texts.into_iter().map(Value::Text).collect())),
            value(self.reals.clone(), |reals| {
                Value::List(reals.into_iter().map(|real| value(real, Value::Real)).collect())
            }),
        ]
    }
}

fn expected(values: &[Values], columns: &[&str]) -> Vec<Row> {
    let of = |values: &Values| {
        let all = COLUMNS.iter().map(|(name, _)| *name).zip(values.expected());
        all.filter(|(name, _)| columns.contains(name)).map(|(name, value)| (name.to_owned(), value)).collect()
    };
    values.iter().map(of).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn tsv_comes_back(values in prop::collection::vec(values(), 0..20), chunk in 1_usize..4096) {
        let names: Vec<&str> = COLUMNS.iter().map(|(name, _)| *name).collect();
        let kinds: Vec<&str> = COLUMNS.iter().map(|(_, kind)| *kind).collect();
        let mut log = format!(
            "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tx\n#fields\t{}\n#types\t{}\n",
            names.join("\t"), kinds.join("\t"),
        );
        values.iter().for_each(|values| log += &(values.tsv() + "\n"));
        let exported = export(&log, "x", chunk, 1);
        prop_assert_eq!(&exported.refused, &[]);
        prop_assert_eq!(rows(&exported.file), expected(&values, &names));
    }

    #[test]
    fn json_comes_back(values in prop::collection::vec(values(), 1..20), chunk in 1_usize..4096) {
        let log: String = values.iter().map(|values| values.json() + "\n").collect();
        let exported = export(&log, "x", chunk, 1);
        prop_assert_eq!(&exported.refused, &[]);
        let mut found = rows(&exported.file);
        let names: Vec<String> = found[0].iter().map(|(name, _)| name.clone()).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        // Keys come in the order of their first appearance.
        let place = |name: &str| COLUMNS.iter().position(|(column, _)| *column == name);
        found.iter_mut().for_each(|row| row.sort_by_key(|(name, _)| place(name)));
        prop_assert_eq!(found, expected(&values, &names));
    }
}
