//! Who has most of something: a bar a name, the longest first, with values and shares.

use crate::drawing::numbers;
use crate::drawing::pen::{Anchor, Area, Pen, Type};
use crate::drawing::rows::Rows;
use crate::drawing::style;
use crate::drawing::text;
use crate::{Figure, Heading, Quantity, Width};

/// A name and how much of something it has.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Item<'a> {
    /// The name, of any length.
    pub name: &'a str,
    /// How much. Negative values and those that aren't finite are no amount: such an item is left out, and a note
    /// says so.
    pub value: f64,
}

impl Item<'_> {
    pub(crate) fn is_amount(&self) -> bool {
        self.value.is_finite() && self.value >= 0.0
    }
}

/// What all the names together have that aren't shown.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rest<'a> {
    /// What they are called: `1,204 others`.
    pub name: &'a str,
    /// How much they have.
    pub value: f64,
}

/// Names with amounts, drawn in the order in which they are given.
#[derive(Clone, Copy, Debug, Default)]
pub struct RankedBars<'a> {
    /// The words around them.
    pub heading: Heading<'a>,
    /// What is shown, with its unit, above the bars: `connections and their share`.
    pub measure: &'a str,
    /// How a value is written.
    pub quantity: Quantity,
    /// The names, the one with the most first.
    pub items: &'a [Item<'a>],
    /// What those not among the items have: a grey bar at the end.
    pub rest: Option<Rest<'a>>,
    /// What shares are shares of. None, or a total that isn't positive and finite, leaves shares out.
    pub total: Option<f64>,
}

impl RankedBars<'_> {
    /// As many bars as are drawn at most, besides that of the rest.
    pub const MOST: usize = 50;
}

/// Room above the bars for what they measure.
const ABOVE: f64 = 22.0;
/// Between the end of a bar and its number.
const SPACE: f64 = 6.0;

/// Draws a bar a name: names at the left (on a phone above the bars), values and shares at the ends of the bars.
/// Names that are too long are cut in the middle; the whole name shows where a pointer rests on the bar.
pub fn ranked_bars(bars: &RankedBars<'_>, width: Width) -> Figure {
    let amounts: Vec<Item<'_>> = bars.items.iter().copied().filter(Item::is_amount).collect();
    let mut shown = amounts[..amounts.len().min(RankedBars::MOST)].to_vec();
    let named = shown.len();
    let rest = bars.rest.map(|rest| Item { name: rest.name, value: rest.value });
    shown.extend(rest.filter(Item::is_amount));

    let mut page = bars.heading.page(width);
    if shown.is_empty() {
        page.subtitle = bars.heading.subtitle_with("nothing to show");
    }
    let no_amount = bars.items.len() - amounts.len() + usize::from(rest.is_some_and(|r| !r.is_amount()));
    if no_amount > 0 {
        let names = numbers::counted(no_amount as u64, "name");
        page.notes.push(format!("{names} not drawn: not an amount."));
    }
    if amounts.len() > named {
        let names = numbers::counted((amounts.len() - named) as u64, "name");
        page.notes.push(format!("{names} not drawn: no more than {} are.", RankedBars::MOST));
    }
    let rows = Rows::new(shown.iter().map(|item| item.name), width);
    page.draw(ABOVE + rows.height(), |pen| {
        let area = pen.area();
        let measure = text::cut_in_the_middle(bars.measure, style::BODY_SIZE, area.right - area.left);
        if !shown.is_empty() {
            pen.text(area.left + rows.left(), area.top + 12.0, &measure, Type::BODY, Anchor::Start);
        }
        let below = Area { top: area.top + ABOVE, ..area };
        let scale = Scale::new(bars, &shown, below.right - below.left - rows.left());
        scale.draw(&mut pen.inside(below), &rows, named);
    })
}

/// The length of the bars and the numbers at their ends.
struct Scale<'a> {
    items: &'a [Item<'a>],
    numbers: Vec<String>,
    /// Pixels of the longest bar.
    longest: f64,
    highest: f64,
}

impl<'a> Scale<'a> {
    fn new(bars: &RankedBars<'_>, items: &'a [Item<'a>], room: f64) -> Self {
        let total = bars.total.filter(|total| total.is_finite() && *total > 0.0);
        let number = |item: &Item<'_>| {
            let value = bars.quantity.text(item.value);
            total.map_or_else(
                || value.clone(),
                |total| format!("{value}  ({})", numbers::share_of(item.value / total)),
            )
        };
        let numbers: Vec<String> = items.iter().map(number).collect();
        let widest = numbers.iter().map(|n| text::width(n, style::TICK_SIZE)).fold(0.0, f64::max);
        let highest = items.iter().map(|item| item.value).fold(0.0, f64::max);
        Self { items, numbers, longest: (room - widest - SPACE).max(20.0), highest }
    }

    fn draw(&self, pen: &mut Pen<'_>, rows: &Rows, named: usize) {
        for (i, (item, number)) in self.items.iter().zip(&self.numbers).enumerate() {
            let row = rows.row(pen.area(), i);
            let part = if self.highest > 0.0 { item.value / self.highest } else { 0.0 };
            // What there is little of is still there.
            let length = if item.value > 0.0 { (part * self.longest).max(1.0) } else { 0.0 };
            let color = if i < named { style::BLUE } else { style::GREY };
            pen.titled(&format!("{}: {number}", item.name), |pen| {
                rows.draw_name(pen, i);
                pen.bar(row.left, row.top, length, row.bottom - row.top, color, None);
                let baseline = (row.top + row.bottom) / 2.0 + f64::from(style::TICK_SIZE) * 0.36;
                pen.text(row.left + length + SPACE, baseline, number, Type::SMALL, Anchor::Start);
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{check, words};

    fn drawn(items: &[Item<'_>], rest: Option<Rest<'_>>, width: Width) -> Figure {
        let heading = Heading { title: "Services", subtitle: "by connections", notes: &[] };
        let (measure, quantity) = ("connections", Quantity::Count);
        let bars = RankedBars { heading, measure, quantity, items, rest, total: Some(1_500.0) };
        let figure = ranked_bars(&bars, width);
        check(&figure);
        figure
    }

    #[test]
    fn names_values_and_shares() {
        let item = |name, value| Item { name, value };
        let items = [
            item("dns", 1_234.0),
            item("<b>&\"'$x$", 12.0),
            item("", 1.0),
            item("evil\u{202E}gpj.exe\n", 1.0),
            item("none", 0.0),
            item("no amount", f64::NAN),
        ];
        let rest = Some(Rest { name: "17 others", value: 252.0 });
        insta::assert_snapshot!(words(&drawn(&items, rest, Width::Page)));
    }

    #[test]
    fn long_names_are_cut_and_kept_whole_in_the_title() {
        let names: Vec<String> = (0..60).map(|i| format!("{i:02}-{}", "x".repeat(300))).collect();
        let items: Vec<Item<'_>> = names.iter().map(|name| Item { name, value: 1.0 }).collect();
        for width in [Width::Page, Width::Phone] {
            let figure = drawn(&items, None, width);
            assert!(figure.svg().contains(&format!("<title>{}: 1", names[0])));
            assert!(words(&figure).lines().all(|line| text::width(line, 12) < width.pixels()));
            assert!(words(&figure).contains("10 names not drawn: no more than 50 are."));
        }
    }

    #[test]
    fn nothing_one_and_extremes() {
        assert!(words(&drawn(&[], None, Width::Page)).contains("nothing to show"));
        for value in [0.0, 1.0, -1.0, f64::MAX, f64::MIN_POSITIVE, f64::INFINITY] {
            for width in [Width::Page, Width::Phone] {
                drawn(&[Item { name: "192.0.2.1", value }], Some(Rest { name: "rest", value }), width);
            }
        }
    }
}
