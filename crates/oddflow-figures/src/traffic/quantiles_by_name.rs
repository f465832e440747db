//! How a number is spread within each of several groups: scores by service, or by hour.

use crate::drawing::map::{Map, TOO_LARGE};
use crate::drawing::marks::draw_mark;
use crate::drawing::numbers;
use crate::drawing::pen::{Anchor, Area, Pen, Type};
use crate::drawing::rows::Rows;
use crate::drawing::style;
use crate::drawing::text;
use crate::drawing::ticks::ticks;
use crate::{Figure, Heading, Mark, Quantity, Spacing, Width};

/// A number's quantiles in one group.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Quantiles<'a> {
    /// The group, of any length.
    pub name: &'a str,
    /// How many rows it has.
    pub count: u64,
    /// The 5th, 25th, 50th, 75th and 95th percentile, in ascending order.
    pub quantiles: [f64; 5],
    /// The largest value.
    pub largest: f64,
}

/// Groups with the quantiles of a number, drawn in the order in which they are given.
#[derive(Clone, Copy, Debug, Default)]
pub struct QuantilesByName<'a> {
    /// The words around them.
    pub heading: Heading<'a>,
    /// The number with its unit, at the x axis: `score`.
    pub measure: &'a str,
    /// What a count counts, in the singular: `row`.
    pub counted: &'a str,
    /// The groups. One without rows has a name and no box; one with a value that isn't finite or is beyond 1e30 (on a log axis: that doesn't lie between 1e-30
    /// and 1e30) has no box, and a note says so.
    pub groups: &'a [Quantiles<'a>],
    /// How values lie along the axis.
    pub spacing: Spacing,
    /// A value marked across all groups, such as a threshold.
    pub mark: Option<Mark<'a>>,
    /// How values are written.
    pub quantity: Quantity,
}

impl QuantilesByName<'_> {
    /// As many groups as are drawn at most.
    pub const MOST: usize = 50;
}

/// Room above the rows for the key and for the label of the mark, and below them for the axis.
const KEY: f64 = 24.0;
const MARK: f64 = 26.0;
const AXIS: f64 = 44.0;

/// Draws a row a group: a line from the 5th to the 95th percentile, a box around the middle half, a stroke at the
/// median, a dot at the largest value. The number of rows stands at the right.
pub fn quantiles_by_name(groups: &QuantilesByName<'_>, width: Width) -> Figure {
    let shown = &groups.groups[..groups.groups.len().min(QuantilesByName::MOST)];
    let mut page = groups.heading.page(width);
    if shown.is_empty() {
        page.subtitle = groups.heading.subtitle_with("nothing to show");
    }
    let unknown = shown.iter().filter(|group| group.count > 0 && !groups.has_place(group)).count();
    if unknown > 0 {
        let without = numbers::counted(unknown as u64, "group");
        page.notes.push(format!("{without} without a box: the axis has no place for a value."));
    }
    if groups.groups.len() > shown.len() {
        let left_out = numbers::counted((groups.groups.len() - shown.len()) as u64, "group");
        page.notes.push(format!("{left_out} not drawn: no more than {} are.", QuantilesByName::MOST));
    }
    let mark = groups.mark.filter(|mark| groups.is_drawable(mark.value));
    if groups.mark.is_some() && mark.is_none() {
        page.notes.push("The mark is not drawn: the axis has no place for it.".into());
    }
    let range = groups.range(shown, mark);
    let rows = Rows::new(shown.iter().map(|group| group.name), width);
    let above = KEY + if mark.is_some() { MARK } else { 0.0 };
    page.draw(above + rows.height() + AXIS, |pen| {
        let area = pen.area();
        draw_key(pen, (area.left, area.top + 12.0), width);
        let counts: Vec<String> = shown.iter().map(|group| numbers::count(group.count)).collect();
        let widest = counts.iter().map(|count| text::width(count, style::TICK_SIZE)).fold(0.0, f64::max);
        // On a phone the count stands beside the name, above the row.
        let right = area.right - if width == Width::Phone { 8.0 } else { widest + 16.0 };
        let x = Map::new(range, (area.left + rows.left() + 6.0, right - 6.0), groups.spacing);
        let (top, bottom) = (area.top + above, area.bottom - AXIS);
        let plot = Area { left: area.left + rows.left(), right, top, bottom };
        draw_axis(&mut pen.within(plot, x, x), groups, range, width);
        let mut pen = pen.within(Area { top, bottom, ..area }, x, x);
        for (i, (group, count)) in shown.iter().zip(&counts).enumerate() {
            let said = format!("{}: {}", group.name, groups.said(group));
            pen.titled(&said, |pen| {
                rows.draw_name(pen, i);
                let row = rows.row(pen.area(), i);
                let baseline = match width {
                    Width::Phone => row.top - 5.0,
                    Width::Page => (row.top + row.bottom) / 2.0 + f64::from(style::TICK_SIZE) * 0.36,
                };
                pen.text(area.right, baseline, count, Type::SMALL, Anchor::End);
                if groups.has_place(group) {
                    draw_box(pen, row, group);
                }
            });
        }
        if let Some(mark) = mark {
            let label = format!("{} {}", mark.label, groups.quantity.text(mark.value));
            draw_mark(&mut pen.within(plot, x, x), x.pixel(mark.value), &label, style::INK);
        }
    })
}

impl QuantilesByName<'_> {
    fn is_drawable(&self, value: f64) -> bool {
        let smallest = if self.spacing == Spacing::Log { 1.0 / TOO_LARGE } else { -TOO_LARGE };
        (smallest..=TOO_LARGE).contains(&value)
    }

    fn has_place(&self, group: &Quantiles<'_>) -> bool {
        group.quantiles.iter().chain([&group.largest]).all(|&value| self.is_drawable(value))
    }

    fn said(&self, group: &Quantiles<'_>) -> String {
        let [low, quarter, median, three_quarters, high] = group.quantiles.map(|v| self.quantity.text(v));
        format!(
            "{}; 5% {low}, 25% {quarter}, median {median}, 75% {three_quarters}, 95% {high}, largest {}",
            numbers::counted(group.count, self.counted),
            self.quantity.text(group.largest)
        )
    }

    /// The ends of the axis: from the smallest to the largest value, or about a single one.
    fn range(&self, shown: &[Quantiles<'_>], mark: Option<Mark<'_>>) -> (f64, f64) {
        let drawn = shown.iter().filter(|group| self.has_place(group));
        let values = drawn
            .flat_map(|group| group.quantiles.into_iter().chain([group.largest]))
            .chain(mark.map(|mark| mark.value));
        let (low, high) =
            values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
        match self.spacing {
            Spacing::Log if low > high => (1.0, 10.0),
            Spacing::Log if low == high => (low / 10.0, high * 10.0),
            Spacing::Linear if low > high => (0.0, 1.0),
            Spacing::Linear if low == high => (low - low.abs().max(1.0), high + high.abs().max(1.0)),
            _ => (low, high),
        }
    }
}

/// Draws what the parts of a row mean.
fn draw_key(pen: &mut Pen<'_>, (left, baseline): (f64, f64), width: Width) {
    let row = Area { left, right: left + 46.0, top: baseline - 10.0, bottom: baseline };
    let x = Map::new((0.0, 6.0), (row.left, row.right), Spacing::Linear);
    let area = pen.area();
    let sample = Quantiles { quantiles: [0.0, 1.4, 2.4, 3.6, 5.0], largest: 6.0, ..Quantiles::default() };
    draw_box(&mut pen.within(area, x, x), row, &sample);
    let words = match width {
        Width::Page => "5%, 25%, median, 75%, 95%, and a dot at the largest; number of rows at the right",
        Width::Phone => "5%, 25%, median, 75%, 95%, largest; rows",
    };
    pen.text(row.right + 12.0, baseline, words, Type::BODY, Anchor::Start);
}

fn draw_axis(pen: &mut Pen<'_>, groups: &QuantilesByName<'_>, range: (f64, f64), width: Width) {
    let Area { left, right, top, bottom } = pen.area();
    pen.line((left, bottom), (right, bottom), style::MUTED, 1.0);
    let mut end = f64::NEG_INFINITY;
    for tick in ticks(range, groups.spacing, if width == Width::Page { 8 } else { 5 }) {
        let (x, number) = (pen.x(tick), groups.quantity.tick(tick));
        pen.line((x, top), (x, bottom), style::GRID, 1.0);
        pen.line((x, bottom), (x, bottom + 4.0), style::MUTED, 1.0);
        let half = text::width(&number, style::TICK_SIZE) / 2.0;
        if x - half >= end {
            pen.text(x, bottom + 17.0, &number, Type::SMALL, Anchor::Middle);
            end = x + half + 8.0;
        }
    }
    let label = groups.spacing.label(groups.measure);
    let label = text::cut_in_the_middle(&label, style::BODY_SIZE, right - left);
    pen.text((left + right) / 2.0, bottom + 36.0, &label, Type::BODY, Anchor::Middle);
}

fn draw_box(pen: &mut Pen<'_>, row: Area, group: &Quantiles<'_>) {
    let [low, quarter, median, three_quarters, high] = group.quantiles.map(|value| pen.x(value));
    let (middle, height) = ((row.top + row.bottom) / 2.0, row.bottom - row.top);
    pen.line((low, middle), (high, middle), style::BLUE, 1.5);
    for end in [low, high] {
        pen.line((end, middle - 3.0), (end, middle + 3.0), style::BLUE, 1.5);
    }
    pen.bar(quarter, row.top + 1.0, (three_quarters - quarter).max(1.0), height - 2.0, style::BLUE, None);
    pen.line((median, row.top + 1.0), (median, row.bottom - 1.0), style::BACKGROUND, 2.0);
    pen.dot(pen.x(group.largest), middle, 2.6, style::VERMILLION);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{check, words};

    fn drawn(groups: &[Quantiles<'_>], spacing: Spacing, mark: Option<Mark<'_>>) -> Figure {
        let heading = Heading { title: "Scores", subtitle: "by service", notes: &[] };
        let (measure, counted, quantity) = ("score", "row", Quantity::Plain);
        let of = QuantilesByName { heading, measure, counted, groups, spacing, mark, quantity };
        check(&quantiles_by_name(&of, Width::Phone));
        let figure = quantiles_by_name(&of, Width::Page);
        check(&figure);
        figure
    }

    #[test]
    fn two_groups_and_one_that_a_log_axis_has_no_place_for() {
        let group =
            |name, low| Quantiles { name, count: 1_234, quantiles: [low, 0.2, 0.3, 0.4, 2.0], largest: 31.0 };
        let groups = [group("dns", 0.1), group("ssl,http", 0.15), group("ntp", 0.0)];
        let mark = Some(Mark { label: "threshold", value: 3.07 });
        let figure = drawn(&groups, Spacing::Log, mark);
        let said = "dns: 1,234 rows; 5% 0.100, 25% 0.200, median 0.300, 75% 0.400, 95% 2.00, largest 31.0";
        assert!(figure.svg().contains(&format!("<title>{said}</title>")));
        insta::assert_snapshot!(words(&figure));
    }

    #[test]
    fn nothing_and_extremes() {
        for spacing in [Spacing::Linear, Spacing::Log] {
            assert!(words(&drawn(&[], spacing, None)).contains("nothing to show"));
            for value in [0.0, 1.0, -1.0, 1e30, f64::MAX, 1e-300, f64::NAN, f64::INFINITY] {
                let group = Quantiles { name: "x", count: u64::MAX, quantiles: [value; 5], largest: value };
                drawn(&[group], spacing, None);
                drawn(&[group; 60], spacing, Some(Mark { label: "t", value }));
            }
        }
    }
}
