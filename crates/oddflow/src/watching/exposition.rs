//! Metrics as text: the exposition format 0.0.4 of Prometheus.
//!
//! <https://prometheus.io/docs/instrumenting/exposition_formats/>

use std::fmt::Write;

/// Metrics being written, in the order in which they come.
#[derive(Default)]
pub(super) struct Exposition(String);

/// What becomes of a number.
#[derive(Clone, Copy)]
pub(super) enum Type {
    /// It only grows while the process lives.
    Counter,
    /// It goes up and down.
    Gauge,
}

impl Exposition {
    /// One number.
    pub(super) fn one(&mut self, name: &str, kind: Type, help: &str, value: impl Number) {
        self.family(name, kind, help, [(&[][..], value)]);
    }

    /// A number for each value of a label.
    pub(super) fn each<V: Number>(
        &mut self,
        (name, label): (&str, &str),
        kind: Type,
        help: &str,
        values: impl IntoIterator<Item = (impl AsRef<str>, V)>,
    ) {
        let mut is_begun = false;
        for (value, number) in values {
            if !std::mem::replace(&mut is_begun, true) {
                self.begin(name, kind, help);
            }
            self.sample(name, &[(label, value.as_ref())], &number);
        }
    }

    fn family<'l, V: Number>(
        &mut self,
        name: &str,
        kind: Type,
        help: &str,
        samples: impl IntoIterator<Item = (&'l [(&'l str, &'l str)], V)>,
    ) {
        self.begin(name, kind, help);
        for (labels, number) in samples {
            self.sample(name, labels, &number);
        }
    }

    /// What something is, in labels of a number that is always 1.
    pub(super) fn info(&mut self, name: &str, help: &str, labels: &[(&str, &str)]) {
        self.family(name, Type::Gauge, help, [(labels, 1)]);
    }

    /// The same of several things.
    pub(super) fn infos<'l>(
        &mut self,
        name: &str,
        help: &str,
        things: impl IntoIterator<Item = &'l [(&'l str, &'l str)]>,
    ) {
        self.family(name, Type::Gauge, help, things.into_iter().map(|labels| (labels, 1)));
    }

    /// The text.
    pub(super) fn text(self) -> String {
        self.0
    }

    fn begin(&mut self, name: &str, kind: Type, help: &str) {
        let kind = match kind {
            Type::Counter => "counter",
            Type::Gauge => "gauge",
        };
        let _ = write!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
    }

    fn sample(&mut self, name: &str, labels: &[(&str, &str)], number: &impl Number) {
        self.0.push_str(name);
        for (i, (label, value)) in labels.iter().enumerate() {
            let _ = write!(self.0, "{}{label}=\"", if i == 0 { '{' } else { ',' });
            for c in value.chars() {
                match c {
                    '\\' => self.0.push_str("\\\\"),
                    '"' => self.0.push_str("\\\""),
                    '\n' => self.0.push_str("\\n"),
                    c => self.0.push(c),
                }
            }
            self.0.push('"');
        }
        if !labels.is_empty() {
            self.0.push('}');
        }
        self.0.push(' ');
        number.write(&mut self.0);
        self.0.push('\n');
    }
}

/// What a metric can be.
pub(super) trait Number {
    fn write(&self, text: &mut String);
}

impl Number for u64 {
    fn write(&self, text: &mut String) {
        let _ = write!(text, "{self}");
    }
}

impl Number for i32 {
    fn write(&self, text: &mut String) {
        let _ = write!(text, "{self}");
    }
}

impl Number for bool {
    fn write(&self, text: &mut String) {
        text.push(if *self { '1' } else { '0' });
    }
}

impl Number for f64 {
    fn write(&self, text: &mut String) {
        let _ = match *self {
            f64::INFINITY => write!(text, "+Inf"),
            f64::NEG_INFINITY => write!(text, "-Inf"),
            number => write!(text, "{number}"),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strange_words_and_numbers_are_written_as_the_format_wants() {
        let mut exposition = Exposition::default();
        exposition.info("a_info", "What it is.", &[("path", "C:\\logs\n\"x\""), ("empty", "")]);
        exposition.each(
            ("b", "kind"),
            Type::Gauge,
            "Some.",
            [("one", f64::INFINITY), ("two", f64::NEG_INFINITY), ("three", f64::NAN), ("four", 1.5)],
        );
        exposition.each(("nothing", "kind"), Type::Counter, "None.", [("", 0_u64); 0]);
        assert_eq!(
            exposition.text(),
            "# HELP a_info What it is.\n# TYPE a_info gauge\na_info{path=\"C:\\\\logs\\n\\\"x\\\"\",empty=\"\"} 1\n\
             # HELP b Some.\n# TYPE b gauge\nb{kind=\"one\"} +Inf\nb{kind=\"two\"} -Inf\nb{kind=\"three\"} NaN\n\
             b{kind=\"four\"} 1.5\n"
        );
    }
}
