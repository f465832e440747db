//! Places on the x axis that are marked by a dashed line, each with its label above the plot.

use crate::drawing::map::Map;
use crate::drawing::page::LINE;
use crate::drawing::pen::{Anchor, Pen, Type};
use crate::drawing::style;
use crate::drawing::text;

/// As many marks as can still be read.
pub(crate) const MOST_MARKS: usize = 10;
/// Space between a label and whatever stands beside it.
const SPACE: f64 = 8.0;
/// From the baseline of the lowest label to the plot.
const ABOVE: f64 = 11.0;

/// Marks whose labels are spread over as many lines as they need.
pub(crate) struct Marks {
    placed: Vec<Placed>,
}

struct Placed {
    x: f64,
    label: String,
    /// The line of text, 0 for the one just above the plot.
    level: usize,
    /// The label's ends.
    from: f64,
    to: f64,
}

impl Marks {
    /// Places labels at values of an axis between the pixels `left` and `right`. Labels of the same place are put
    /// together. Marks beyond [`MOST_MARKS`], and those off the axis, are the caller's to leave out.
    pub(crate) fn place(marks: &[(f64, String)], x: &Map, (left, right): (f64, f64)) -> Self {
        let mut placed: Vec<Placed> = Vec::new();
        for (value, label) in marks {
            let x = x.pixel(*value);
            let label = text::cut_in_the_middle(label, style::BODY_SIZE, right - left);
            placed.push(Placed { x, label, level: 0, from: 0.0, to: 0.0 });
        }
        placed.sort_by(|a, b| a.x.total_cmp(&b.x));
        for mark in &mut placed {
            let width = text::width(&mark.label, style::BODY_SIZE);
            mark.from = (mark.x - width / 2.0).min(right - width).max(left);
            mark.to = mark.from + width;
        }
        // From the right to the left each label is set above those whose text or whose line it would cover: they lie
        // to the right, and what lies to the left is set later.
        for i in (0..placed.len()).rev() {
            let (done, mark) = (&placed[i + 1..], &placed[i]);
            let in_the_way = |other: &&Placed| {
                other.from < mark.to + SPACE || (mark.from - SPACE..mark.to + SPACE).contains(&other.x)
            };
            let level = done.iter().filter(in_the_way).map(|other| other.level + 1).max().unwrap_or(0);
            placed[i].level = level;
        }
        Self { placed }
    }

    /// How many lines of labels there are.
    pub(crate) fn lines(&self) -> usize {
        self.placed.iter().map(|mark| mark.level + 1).max().unwrap_or(0)
    }

    /// Draws the marks, all in the same colour.
    pub(crate) fn draw(&self, pen: &mut Pen<'_>, color: &str) {
        let top = pen.area().top;
        let baseline = |mark: &Placed| top - ABOVE - mark.level as f64 * LINE;
        for mark in &self.placed {
            pen.upright(mark.x, color);
            if mark.level > 0 {
                pen.line((mark.x, baseline(mark) + 5.0), (mark.x, top), style::RULE, 1.0);
            }
            pen.pointer(mark.x, top, color);
        }
        for mark in &self.placed {
            pen.text(mark.from, baseline(mark), &mark.label, Type::STRONG, Anchor::Start);
        }
    }
}

/// Draws `label` just above the plot with a pointer at the pixel `x`, moved sideways so that it stays in the figure.
pub(crate) fn draw_mark(pen: &mut Pen<'_>, x: f64, label: &str, color: &str) {
    let area = pen.area();
    let half = text::width(label, style::BODY_SIZE) / 2.0;
    let centre = x.min(area.right - half).max(area.left + half);
    pen.upright(x, color);
    pen.pointer(x, area.top, color);
    pen.text(centre, area.top - ABOVE, label, Type::STRONG, Anchor::Middle);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drawing::spacing::Spacing;

    #[test]
    fn labels_cover_neither_labels_nor_lines() {
        let x = Map::new((0.0, 100.0), (50.0, 450.0), Spacing::Linear);
        for values in [&[50.0, 51.0, 52.0, 53.0][..], &[0.0, 0.1, 99.0, 100.0], &[1.0; 6], &[10.0, 90.0], &[]]
        {
            let marks: Vec<_> = values.iter().map(|v| (*v, format!("p{v} 1,234.5"))).collect();
            let marks = Marks::place(&marks, &x, (50.0, 450.0)).placed;
            for (i, a) in marks.iter().enumerate() {
                assert!(a.from >= 50.0 && a.to <= 450.0);
                for b in &marks[i + 1..] {
                    assert!(
                        a.level != b.level || a.to < b.from || b.to < a.from,
                        "{} and {}",
                        a.label,
                        b.label
                    );
                }
            }
        }
    }
}
