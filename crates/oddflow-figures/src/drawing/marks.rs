//! Places on the x axis that are marked by a dashed line, each with its label above the plot.

use crate::drawing::map::Map;
use crate::drawing::page::LINE;
use crate::drawing::pen::{Anchor, Pen, Type};
use crate::drawing::style;
use crate::drawing::text;

/// As many marks as can still be read.
pub(crate) const MOST_MARKS: usize = 10;
/// Between a mark's line and its label, and between two labels.
const BESIDE: f64 = 5.0;
const SPACE: f64 = 8.0;
/// From the baseline of the lowest label to the plot.
const ABOVE: f64 = 11.0;

/// Marks whose labels stand beside their lines like flags, on as many lines of text as keep them apart.
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

impl Placed {
    /// Whether the label would cover the line of another mark that passes it.
    fn covers(&self, other: &Self) -> bool {
        (self.from - BESIDE..self.to + BESIDE).contains(&other.x)
    }

    fn touches(&self, other: &Self) -> bool {
        self.from < other.to + SPACE && other.from < self.to + SPACE
    }
}

impl Marks {
    /// Places labels at values of an axis between the pixels `left` and `right`. Marks beyond [`MOST_MARKS`], and those
    /// off the axis, are the caller's to leave out.
    pub(crate) fn place(marks: &[(f64, String)], x: &Map, (left, right): (f64, f64)) -> Self {
        let mut placed: Vec<Placed> = marks
            .iter()
            .map(|(value, label)| {
                let label = text::cut_in_the_middle(label, style::BODY_SIZE, right - left);
                Placed { x: x.pixel(*value), label, level: 0, from: 0.0, to: 0.0 }
            })
            .collect();
        placed.sort_by(|a, b| a.x.total_cmp(&b.x));
        // Labels stand right of their lines as far as they fit; the last ones stand left of theirs.
        for last_ones in 0..=placed.len() {
            let split = placed.len() - last_ones;
            for (i, mark) in placed.iter_mut().enumerate() {
                let width = text::width(&mark.label, style::BODY_SIZE);
                let from = if i < split { mark.x + BESIDE } else { mark.x - BESIDE - width };
                mark.from = from.min(right - width).max(left);
                mark.to = mark.from + width;
            }
            let is_beside = |mark: &Placed| mark.from >= mark.x || mark.to <= mark.x;
            let (flags, others) = placed.split_at(split);
            let is_clear = |a: &Placed| others.iter().all(|b| !(a.covers(b) && b.covers(a)));
            if placed.iter().all(is_beside) && flags.iter().all(is_clear) {
                break;
            }
        }
        // A label stands above those whose line it would cover, since lines end at their labels. Each round sets right
        // at least one more mark, so that there are as many rounds as marks at most.
        for _ in 0..placed.len() {
            for i in 0..placed.len() {
                let is_below = |(j, other): &(usize, &Placed)| {
                    let mark = &placed[i];
                    let is_covered = mark.covers(other) && (!other.covers(mark) || *j > i);
                    *j != i && (is_covered || *j > i && mark.touches(other) && !other.covers(mark))
                };
                let level =
                    placed.iter().enumerate().filter(is_below).map(|(_, other)| other.level + 1).max();
                placed[i].level = level.unwrap_or(0).min(placed.len());
            }
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
            // Up to the top of the letters.
            pen.line((mark.x, baseline(mark) - 10.0), (mark.x, top), style::RULE, 1.0);
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
        // The last are on both sides of where labels turn to the left.
        for values in [
            &[50.0, 51.0, 52.0, 53.0][..],
            &[0.0, 0.1, 99.0, 100.0],
            &[1.0; 6],
            &[10.0, 90.0],
            &[],
            &[60.0, 70.0, 80.0, 90.0],
        ] {
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
