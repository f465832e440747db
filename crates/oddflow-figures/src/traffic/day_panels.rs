//! How each day went: a small panel a day with one or two lines, all on the same scale.

use crate::drawing::dates::Date;
use crate::drawing::frame::{Key, Swatch, draw_legend, nice_range};
use crate::drawing::map::{Map, highest, is_amount};
use crate::drawing::numbers;
use crate::drawing::pen::{Anchor, Area, Pen, Type};
use crate::drawing::style;
use crate::drawing::text;
use crate::drawing::ticks::ticks;
use crate::{Figure, Heading, Quantity, Spacing, Width};

/// What one day's panel shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DaySeries {
    /// The day, counted from 1970-01-01 in whichever time zone the days are those of.
    pub day: i32,
    /// For each line its values from midnight on, one a half-hour: 48, or 46 or 50 on days when clocks change. NaN,
    /// and any other value that isn't finite, is negative or is beyond 1e30, stands for a half-hour that the log doesn't
    /// cover: the line has a gap there. Values beyond the 50th are left out.
    pub lines: Vec<Vec<f64>>,
}

impl DaySeries {
    /// The values that can be drawn, those of the first lines.
    fn values(&self, lines: usize) -> impl Iterator<Item = f64> + '_ {
        let drawn = |line: &'_ Vec<f64>| line.len().min(MOST_SLOTS);
        self.lines
            .iter()
            .take(lines)
            .flat_map(move |line| &line[..drawn(line)])
            .copied()
            .filter(|v| is_amount(*v))
    }

    /// How many half-hours it has.
    fn slots(&self) -> usize {
        self.lines.iter().map(Vec::len).max().unwrap_or(0).min(MOST_SLOTS)
    }
}

/// Which days are drawn where there are more than [`DayPanels::MOST`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DayChoice {
    /// Those with the highest totals.
    #[default]
    Highest,
    /// The first.
    First,
    /// The last.
    Last,
}

/// Days to be drawn side by side.
#[derive(Clone, Copy, Debug, Default)]
pub struct DayPanels<'a> {
    /// The words around them.
    pub heading: Heading<'a>,
    /// What is shown, with its unit, above the panels: `connections per 30 minutes`.
    pub measure: &'a str,
    /// How a value is written.
    pub quantity: Quantity,
    /// What the lines are: one name or none for a single line, which needs no key; `sent` and `received` for two.
    /// Lines beyond the second are left out.
    pub lines: &'a [&'a str],
    /// The days, in ascending order.
    pub days: &'a [DaySeries],
    /// Which days are drawn where there are too many.
    pub choice: DayChoice,
}

impl DayPanels<'_> {
    /// As many panels as are drawn at most.
    pub const MOST: usize = 31;
}

/// Half-hours of a day, and of the longest there is.
const SLOTS: usize = 48;
const MOST_SLOTS: usize = 50;
/// Half-hours between two numbers of hours, in a panel and in a narrow one.
const HOUR_STEP: usize = 12;
const NARROW_HOUR_STEP: usize = 24;
const NARROW: f64 = 170.0;
/// The first line's colour and the second's.
const COLORS: [&str; 2] = [style::BLUE, style::VERMILLION];
/// Height of the plot in a panel, and in a panel that stands alone.
const PLOT: f64 = 64.0;
const PLOT_ALONE: f64 = 220.0;
/// Room above a plot for the day, below it for the hours, and between two panels side by side.
const NAME: f64 = 24.0;
const HOURS: f64 = 22.0;
const SPACE: f64 = 14.0;
/// Room above all panels for what they measure, and for the keys.
const MEASURE: f64 = 22.0;
const KEYS: f64 = 24.0;
/// Room below for what the hours are.
const HOURS_LABEL: f64 = 20.0;

/// Draws a panel a day. All have the same scale, so that days can be compared.
pub fn day_panels(panels: &DayPanels<'_>, width: Width) -> Figure {
    let lines = panels.lines.len().clamp(1, 2);
    let shown = chosen(panels, lines);
    let mut page = panels.heading.page(width);
    if shown.is_empty() {
        page.subtitle = panels.heading.subtitle_with("no days");
        return page.draw(0.0, |_| {});
    }
    if shown.len() < panels.days.len() {
        let which = match panels.choice {
            DayChoice::Highest => "those with the most",
            DayChoice::First => "the first",
            DayChoice::Last => "the last",
        };
        let (drawn, all) = (shown.len(), numbers::counted(panels.days.len() as u64, "day"));
        page.notes.push(format!("Drawn: {drawn} of {all}, {which}."));
    }
    if shown.iter().any(|day| day.slots() != SLOTS && day.slots() > 0) {
        page.notes.push(
            "Hours are counted from midnight on: a day on which clocks change has 23 or 25 of them.".into(),
        );
    }
    if shown.iter().any(|day| day.lines.iter().take(lines).flatten().any(|v| !is_amount(*v))) {
        page.notes.push("Gaps in a line: nothing is known of that time.".into());
    }
    let grid = Grid::new(panels, &shown, lines, width);
    let keys = if lines > 1 { KEYS } else { 0.0 };
    page.draw(keys + MEASURE + grid.height() + HOURS_LABEL, |pen| {
        let area = pen.area();
        if lines > 1 {
            let swatch = Swatch::Line;
            let key = |i: usize| Key { label: panels.lines[i].to_owned().into(), color: COLORS[i], swatch };
            draw_legend(pen, &[key(0), key(1)], (area.left, area.top + 12.0));
        }
        let measure = text::cut_in_the_middle(panels.measure, style::BODY_SIZE, area.right - area.left);
        pen.text(area.left, area.top + keys + 12.0, &measure, Type::BODY, Anchor::Start);
        let top = area.top + keys + MEASURE;
        for (i, day) in shown.iter().enumerate() {
            grid.draw_panel(&mut pen.inside(Area { top, ..area }), i, day);
        }
        let middle = (area.left + area.right) / 2.0;
        pen.text(middle, area.bottom - 5.0, "hour of the day", Type::BODY, Anchor::Middle);
    })
}

/// The days that are drawn, in their order.
fn chosen<'a>(panels: &DayPanels<'a>, lines: usize) -> Vec<&'a DaySeries> {
    let days = panels.days;
    let most = days.len().min(DayPanels::MOST);
    match panels.choice {
        DayChoice::First => days[..most].iter().collect(),
        DayChoice::Last => days[days.len() - most..].iter().collect(),
        DayChoice::Highest => {
            let total = |i: &usize| days[*i].values(lines).sum::<f64>();
            let mut order: Vec<usize> = (0..days.len()).collect();
            // The sort is stable: of equal days the first is drawn.
            order.sort_by(|a, b| total(b).total_cmp(&total(a)));
            order.truncate(most);
            order.sort_unstable();
            order.into_iter().map(|i| &days[i]).collect()
        }
    }
}

/// The panels' places and their common scale.
struct Grid<'a> {
    quantity: Quantity,
    lines: usize,
    days: &'a [&'a DaySeries],
    columns: usize,
    /// Height of the plot in a panel.
    plot: f64,
    /// Half-hours along the axis.
    slots: usize,
    range: (f64, f64),
    /// Values that have a line and a number.
    ticks: Vec<f64>,
    /// Room left of the panels for these numbers.
    numbers: f64,
}

impl<'a> Grid<'a> {
    fn new(panels: &DayPanels<'_>, days: &'a [&'a DaySeries], lines: usize, width: Width) -> Self {
        let most = if width == Width::Phone { 2 } else { 4 };
        let highest = highest(days.iter().flat_map(|day| day.values(lines)));
        let is_alone = days.len() == 1;
        let several = if is_alone { 5 } else { 2 };
        let (range, _) = nice_range(0.0, highest, several);
        let ticks = ticks(range, Spacing::Linear, several);
        let number = |tick: &f64| text::width(&panels.quantity.tick(*tick), style::TICK_SIZE);
        let numbers = ticks.iter().map(number).fold(0.0, f64::max) + 8.0;
        Self {
            quantity: panels.quantity,
            lines,
            days,
            columns: days.len().clamp(1, most),
            plot: if is_alone { PLOT_ALONE } else { PLOT },
            slots: days.iter().map(|day| day.slots()).max().unwrap_or(0).max(SLOTS),
            range,
            ticks,
            numbers,
        }
    }

    fn pitch(&self) -> f64 {
        NAME + self.plot + HOURS
    }

    fn height(&self) -> f64 {
        self.days.len().div_ceil(self.columns) as f64 * self.pitch()
    }

    /// Draws the panel of the `i`th day in an area that begins with the panels.
    fn draw_panel(&self, pen: &mut Pen<'_>, i: usize, day: &DaySeries) {
        let (row, column) = (i / self.columns, i % self.columns);
        let area = pen.area();
        let each = (area.right - area.left - self.numbers + SPACE) / self.columns as f64;
        let left = area.left + self.numbers + column as f64 * each;
        let top = area.top + row as f64 * self.pitch() + NAME;
        let plot = Area { left, right: left + each - SPACE, top, bottom: top + self.plot };
        let x = Map::new((0.0, self.slots as f64), (plot.left, plot.right), Spacing::Linear);
        let y = Map::new(self.range, (plot.bottom, plot.top), Spacing::Linear);
        let pen = &mut pen.within(plot, x, y);
        self.draw_axes(pen, column == 0);
        let date = Date::of_day(day.day.into()).long();
        pen.text(plot.left, plot.top - 6.0, &date, Type::SMALL, Anchor::Start);
        for (line, color) in day.lines.iter().take(self.lines).zip(COLORS) {
            draw_line(pen, &line[..line.len().min(MOST_SLOTS)], color);
        }
    }

    fn draw_axes(&self, pen: &mut Pen<'_>, has_numbers: bool) {
        let Area { left, right, bottom, .. } = pen.area();
        let step = if right - left < NARROW { NARROW_HOUR_STEP } else { HOUR_STEP };
        for &tick in &self.ticks {
            let y = pen.y(tick);
            pen.line((left, y), (right, y), style::GRID, 1.0);
            if has_numbers {
                let baseline = y + f64::from(style::TICK_SIZE) * 0.36;
                pen.text(left - 6.0, baseline, &self.quantity.tick(tick), Type::SMALL, Anchor::End);
            }
        }
        pen.line((left, bottom), (right, bottom), style::MUTED, 1.0);
        for slot in (0..=SLOTS).step_by(step) {
            let x = pen.x(slot as f64);
            pen.line((x, bottom), (x, bottom + 4.0), style::MUTED, 1.0);
            let number = (slot / 2).to_string();
            pen.text(x, bottom + 16.0, &number, Type::SMALL, Anchor::Middle);
        }
    }
}

/// Draws the values at the middles of their half-hours, in as many pieces as gaps make of them.
fn draw_line(pen: &mut Pen<'_>, values: &[f64], color: &str) {
    let mut at = 0;
    for run in values.chunk_by(|a, b| is_amount(*a) == is_amount(*b)) {
        if is_amount(run[0]) {
            let point = |(i, v): (usize, &f64)| (pen.x((at + i) as f64 + 0.5), pen.y(*v));
            let points: Vec<_> = run.iter().enumerate().map(point).collect();
            pen.curve(&points, color, style::MARK);
        }
        at += run.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{check, words};

    fn day(day: i32, lines: usize, slots: usize, value: f64) -> DaySeries {
        DaySeries { day, lines: vec![vec![value; slots]; lines] }
    }

    fn drawn(days: &[DaySeries], lines: &[&str], choice: DayChoice) -> String {
        let heading = Heading { title: "Bytes each way", subtitle: "", notes: &[] };
        let measure = "bytes per 30 minutes";
        let panels = DayPanels { heading, measure, quantity: Quantity::Bytes, lines, days, choice };
        let figure = day_panels(&panels, Width::Page);
        check(&figure);
        check(&day_panels(&panels, Width::Phone));
        words(&figure)
    }

    #[test]
    fn two_lines_on_days_when_clocks_change() {
        // 28 and 29 March 2026: in Europe the second has 23 hours.
        let mut days = [day(20_540, 2, 48, 2e6), day(20_541, 2, 46, 3e6)];
        days[0].lines[1][7] = f64::NAN;
        insta::assert_snapshot!(drawn(&days, &["sent", "received"], DayChoice::Highest));
    }

    #[test]
    fn of_many_days_some_are_chosen() {
        let days: Vec<_> = (0..40).map(|i| day(20_514 + i, 1, 48, f64::from(i % 20))).collect();
        for (choice, first, note) in [
            (DayChoice::First, "Mon 2 Mar 2026", "Drawn: 31 of 40 days, the first."),
            (DayChoice::Last, "Wed 11 Mar 2026", "Drawn: 31 of 40 days, the last."),
            (DayChoice::Highest, "Fri 6 Mar 2026", "Drawn: 31 of 40 days, those with the most."),
        ] {
            let words = drawn(&days, &[], choice);
            assert_eq!(words.lines().filter(|line| line.ends_with("2026")).count(), 31);
            assert_eq!(words.lines().find(|line| line.ends_with("2026")), Some(first));
            assert!(words.contains(note), "{words}");
        }
    }

    #[test]
    fn strange_days() {
        assert!(drawn(&[], &[], DayChoice::First).contains("no days"));
        for value in [0.0, f64::NAN, f64::INFINITY, -1.0, f64::MAX, f64::MIN_POSITIVE] {
            drawn(
                &[day(i32::MAX, 3, 48, value), day(i32::MIN, 0, 0, value)],
                &["a", "b", "c"],
                DayChoice::Highest,
            );
            drawn(&[day(0, 1, 1, value)], &["a"], DayChoice::Last);
            drawn(&[day(0, 1, 500, value)], &[], DayChoice::Last);
        }
    }
}
