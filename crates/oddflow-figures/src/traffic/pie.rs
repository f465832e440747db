//! Shares of a whole as slices of a pie, for those who ask for one: ranked bars are easier to compare.

use std::f64::consts::{FRAC_PI_2, TAU};

use crate::drawing::numbers;
use crate::drawing::pen::{Anchor, Area, Pen, Type};
use crate::drawing::style;
use crate::drawing::text;
use crate::{Figure, Heading, Item, Quantity, Width};

/// Amounts that make a whole.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pie<'a> {
    /// The words around it.
    pub heading: Heading<'a>,
    /// How a value is written.
    pub quantity: Quantity,
    /// The parts, the largest first. Those beyond [`Pie::MOST`] are put together as others. Parts of zero and what is
    /// no amount have no slice.
    pub items: &'a [Item<'a>],
    /// The whole. What it holds beyond the items is others' too. None, or a total below the sum of the items, is that
    /// sum.
    pub total: Option<f64>,
}

impl Pie<'_> {
    /// As many slices as are drawn at most, besides that of the others.
    pub const MOST: usize = 8;
}

/// A colour a slice, by Okabe and Ito, with neighbours that differ in lightness; the last is for the others.
const COLORS: [&str; 9] = [
    style::BLUE,
    "#e69f00",
    "#009e73",
    "#cc79a7",
    "#56b4e9",
    style::VERMILLION,
    "#f0e442",
    "#6b4e9b",
    style::GREY,
];
/// The radius on a page and on a phone.
const RADIUS: f64 = 110.0;
const PHONE_RADIUS: f64 = 92.0;
/// From one label to the next.
const LABEL: f64 = 34.0;
/// From one line of a label to the next.
const LABEL_LINE: f64 = 14.0;
/// Between the pie and the bend of a label's line, and between the bend and the label.
const BEND: f64 = 16.0;
const REACH: f64 = 44.0;

/// Draws a pie whose labels stand beside it, joined to their slices by lines; on a phone they stand below it.
pub fn pie(pie: &Pie<'_>, width: Width) -> Figure {
    let slices = slices(pie);
    let mut page = pie.heading.page(width);
    if slices.is_empty() {
        page.subtitle = pie.heading.subtitle_with("nothing to show");
        return page.draw(0.0, |_| {});
    }
    let lost = pie.items.iter().filter(|item| !item.is_amount()).count();
    if lost > 0 {
        let parts = numbers::counted(lost as u64, "part");
        page.notes.push(format!("{parts} not drawn: not an amount."));
    }
    let radius = if width == Width::Phone { PHONE_RADIUS } else { RADIUS };
    let below = if width == Width::Phone { slices.len() as f64 * LABEL * 0.7 + 16.0 } else { 0.0 };
    let around = if width == Width::Phone { 8.0 } else { LABEL };
    page.draw(2.0 * (radius + around) + below, |pen| {
        let area = pen.area();
        let centre = ((area.left + area.right) / 2.0, area.top + around + radius);
        for slice in &slices {
            pen.titled(&slice.said(), |pen| draw_slice(pen, centre, radius, slice));
        }
        if width == Width::Phone {
            draw_list(pen, centre.1 + radius + 16.0, &slices);
        } else {
            draw_labels(pen, centre, radius, &slices);
        }
    })
}

/// A slice of the pie. Angles are clockwise from the top, as parts of the whole.
struct Slice {
    name: String,
    number: String,
    color: &'static str,
    from: f64,
    to: f64,
}

impl Slice {
    fn said(&self) -> String {
        format!("{}: {}", self.name, self.number)
    }

    fn middle(&self) -> f64 {
        (self.from + self.to) / 2.0
    }
}

fn slices(pie: &Pie<'_>) -> Vec<Slice> {
    let parts: Vec<Item<'_>> =
        pie.items.iter().copied().filter(|item| item.is_amount() && item.value > 0.0).collect();
    // Parts of the largest, so that their sum is finite.
    let largest = parts.iter().map(|part| part.value).fold(0.0, f64::max);
    let total = pie.total.filter(|total| total.is_finite()).unwrap_or(0.0);
    let unit = largest.max(total);
    if unit <= 0.0 {
        return Vec::new();
    }
    let sum: f64 = parts.iter().map(|part| part.value / unit).sum();
    let whole = sum.max(total / unit);
    let named = &parts[..parts.len().min(Pie::MOST)];
    let mut shares: Vec<(String, f64, usize)> =
        named.iter().enumerate().map(|(i, part)| (part.name.into(), part.value / unit, i)).collect();
    let rest = whole - shares.iter().map(|share| share.1).sum::<f64>();
    // What rounding left behind is no part.
    if rest > whole * 1e-9 {
        shares.push(("others".into(), rest, COLORS.len() - 1));
    }
    // The first slice, which is the largest, lies at the right: the labels of the small ones have the left side for
    // themselves.
    let mut from = 0.25 - shares.first().map_or(0.0, |share| share.1) / whole / 2.0;
    let slice = |(name, share, color): (String, f64, usize)| {
        let (share_of_whole, value) = (share / whole, pie.quantity.text(rounded(share * unit)));
        let slice = Slice {
            name: if name.trim().is_empty() { "(empty)".into() } else { text::printable(&name) },
            number: format!("{value}  ({})", numbers::share_of(share_of_whole)),
            color: COLORS[color],
            from,
            to: from + share_of_whole,
        };
        from = slice.to;
        slice
    };
    shares.into_iter().map(slice).collect()
}

/// A whole number again, where dividing and multiplying has left less than a millionth beside it.
fn rounded(value: f64) -> f64 {
    let whole = value.round();
    if (value - whole).abs() <= 1e-6 * whole.abs().max(1e-300) { whole } else { value }
}

/// The pixel at an angle, given as a part of the whole from the top clockwise.
fn at(centre: (f64, f64), radius: f64, part: f64) -> (f64, f64) {
    let angle = part * TAU - FRAC_PI_2;
    (centre.0 + radius * angle.cos(), centre.1 + radius * angle.sin())
}

fn draw_slice(pen: &mut Pen<'_>, centre: (f64, f64), radius: f64, slice: &Slice) {
    /// Corners of a whole circle: so many look round.
    const CORNERS: f64 = 180.0;
    let corners = ((slice.to - slice.from) * CORNERS).ceil().clamp(1.0, CORNERS) as u32;
    let part = |i: u32| slice.from + (slice.to - slice.from) * f64::from(i) / f64::from(corners);
    let mut outline = vec![centre];
    outline.extend((0..=corners).map(|i| at(centre, radius, part(i))));
    pen.polygon(&outline, slice.color);
    // Paper between neighbours.
    if slice.to - slice.from < 1.0 - 1e-9 {
        for end in [slice.from, slice.to] {
            pen.line(centre, at(centre, radius, end), style::BACKGROUND, 1.0);
        }
    }
}

/// The names of all slices as they fit into so many pixels.
fn names(slices: &[Slice], room: f64) -> Vec<String> {
    let names: Vec<String> = slices.iter().map(|slice| slice.name.clone()).collect();
    text::cut_apart(&names, style::BODY_SIZE, room)
}

/// Draws the labels in a column on either side.
fn draw_labels(pen: &mut Pen<'_>, centre: (f64, f64), radius: f64, slices: &[Slice]) {
    let Area { left, right, top, bottom } = pen.area();
    let reach = radius + REACH + 6.0;
    let names = names(slices, (right - centre.0 - reach).min(centre.0 - reach - left));
    for is_right in [true, false] {
        let bend = |s: &Slice| at(centre, radius + BEND, s.middle());
        let mut side: Vec<(&Slice, &String)> = slices.iter().zip(&names).collect();
        side.retain(|(s, _)| (s.middle().rem_euclid(1.0) < 0.5) == is_right);
        side.sort_by(|a, b| bend(a.0).1.total_cmp(&bend(b.0).1));
        let wanted: Vec<f64> = side.iter().map(|(s, _)| bend(s).1).collect();
        let places = spread(&wanted, LABEL, (top + LABEL / 2.0, bottom - LABEL / 2.0));
        for ((slice, name), y) in side.into_iter().zip(places) {
            let edge = at(centre, radius + 2.0, slice.middle());
            let bend = bend(slice);
            let sign = if is_right { 1.0 } else { -1.0 };
            let end = centre.0 + sign * (radius + REACH);
            pen.curve(&[edge, bend, (end, y)], style::RULE, 1.0);
            let x = end + sign * 6.0;
            let anchor = if is_right { Anchor::Start } else { Anchor::End };
            pen.text(x, y - 2.0, name, Type::STRONG, anchor);
            pen.text(x, y - 2.0 + LABEL_LINE, &slice.number, Type::SMALL, anchor);
        }
    }
}

/// Places at least `pitch` apart and, where all fit, within `range`; as near to what is wanted (in ascending order) as
/// that allows, by least squares: without the pitches it is an isotonic regression, which adjacent places that break the
/// order solve by sharing their mean (Ayer and others, "An empirical distribution function for sampling with incomplete
/// information", 1955).
fn spread(wanted: &[f64], pitch: f64, range: (f64, f64)) -> Vec<f64> {
    // Sum and number of each block of places that touch.
    let mut blocks: Vec<(f64, usize)> = Vec::new();
    let mean = |block: &(f64, usize)| block.0 / block.1 as f64;
    for (i, y) in wanted.iter().enumerate() {
        let mut block = (y - i as f64 * pitch, 1);
        while let Some(last) = blocks.pop_if(|last| mean(last) >= mean(&block)) {
            block = (block.0 + last.0, block.1 + last.1);
        }
        blocks.push(block);
    }
    let spare = (range.1 - range.0 - pitch * wanted.len().saturating_sub(1) as f64).max(0.0);
    let means = blocks.iter().flat_map(|block| std::iter::repeat_n(mean(block), block.1));
    means.enumerate().map(|(i, y)| y.clamp(range.0, range.0 + spare) + i as f64 * pitch).collect()
}

/// Draws the labels below one another, each with the colour of its slice.
fn draw_list(pen: &mut Pen<'_>, top: f64, slices: &[Slice]) {
    const SWATCH: f64 = 12.0;
    let Area { left, right, .. } = pen.area();
    let widest = slices.iter().map(|slice| text::width(&slice.number, style::TICK_SIZE)).fold(0.0, f64::max);
    let names = names(slices, right - left - SWATCH - 8.0 - widest - 12.0);
    for (i, (slice, name)) in slices.iter().zip(&names).enumerate() {
        let baseline = top + i as f64 * LABEL * 0.7 + SWATCH;
        pen.bar(left, baseline - 10.0, SWATCH, SWATCH, slice.color, None);
        pen.text(left + SWATCH + 8.0, baseline, name, Type::STRONG, Anchor::Start);
        pen.text(right, baseline, &slice.number, Type::SMALL, Anchor::End);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{check, words};

    fn drawn(items: &[Item<'_>], total: Option<f64>) -> String {
        let heading = Heading { title: "Protocols", subtitle: "", notes: &[] };
        let of = Pie { heading, quantity: Quantity::Count, items, total };
        let figure = pie(&of, Width::Page);
        check(&figure);
        check(&pie(&of, Width::Phone));
        words(&figure)
    }

    #[test]
    fn three_parts_of_a_larger_whole() {
        let item = |name, value| Item { name, value };
        let items = [item("tcp", 600.0), item("udp", 300.0), item("icmp", 60.0), item("none", f64::NAN)];
        insta::assert_snapshot!(drawn(&items, Some(1_000.0)));
    }

    #[test]
    fn the_rest_are_others() {
        let items = [Item { name: "x", value: 1.0 }; 20];
        let words = drawn(&items, None);
        assert_eq!(words.lines().filter(|line| *line == "x").count(), Pie::MOST);
        assert!(words.contains("others\n12  (60.0%)"), "{words}");
    }

    #[test]
    fn shares_of_what_can_hardly_be_shared() {
        for value in [0.0, -1.0, f64::NAN, f64::INFINITY, f64::MAX, f64::MIN_POSITIVE] {
            for total in [None, Some(value), Some(f64::MAX)] {
                drawn(&[Item { name: "a", value }, Item { name: "b", value }], total);
                drawn(&[], total);
            }
        }
    }

    #[test]
    fn labels_keep_their_distance() {
        for wanted in [&[0.0, 0.0, 0.0][..], &[90.0, 95.0, 100.0], &[10.0, 50.0, 51.0], &[50.0]] {
            let places = spread(wanted, 20.0, (0.0, 100.0));
            assert!(places.windows(2).all(|pair| pair[1] - pair[0] >= 20.0 - 1e-9), "{places:?}");
            assert!(places.iter().all(|place| (0.0..=100.0).contains(place)), "{places:?}");
        }
    }
}
