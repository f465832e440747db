//! A table of numbers as coloured cells with the numbers in them: correlations of columns.

use crate::drawing::color_key::{ColorScale, KEY_HEIGHT};
use crate::drawing::map::{TOO_LARGE, highest};
use crate::drawing::numbers;
use crate::drawing::palette::Palette;
use crate::drawing::pen::{Anchor, Area, Pen, Type};
use crate::drawing::style;
use crate::drawing::text;
use crate::{Figure, Heading, Quantity, Spacing, Width};

/// A table of numbers to be drawn as coloured cells.
#[derive(Clone, Copy, Debug, Default)]
pub struct HeatMap<'a> {
    /// The words around it.
    pub heading: Heading<'a>,
    /// Names of the rows, from the top. Those beyond [`HeatMap::MOST`] are left out.
    pub rows: &'a [String],
    /// Names of the columns, from the left. Those beyond [`HeatMap::MOST`] are left out.
    pub columns: &'a [String],
    /// The values row by row. `None`, and any that aren't finite or are beyond 1e30, are unknown: their cells are
    /// hatched. Where there are fewer values than cells, the others are unknown; values beyond the last cell are left
    /// out.
    pub values: &'a [Option<f64>],
    /// What a value is, at the key of the colours: `Pearson correlation`.
    pub measure: &'a str,
    /// What the colours mean.
    pub colors: CellColors,
}

impl HeatMap<'_> {
    /// As many rows, and as many columns, as are drawn at most.
    pub const MOST: usize = 120;

    fn value(&self, row: usize, column: usize) -> Option<f64> {
        let value = self.values.get(row * self.columns.len() + column).copied().flatten();
        value.filter(|v| v.abs() <= TOO_LARGE)
    }
}

/// How the colours of cells follow their values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum CellColors {
    /// Orange below zero, blue above, nearly white at zero; full strength at `limit` and beyond, on either side.
    Diverging {
        /// The value of the strongest colour. One that isn't positive and finite is taken to be the largest value.
        limit: f64,
    },
    /// From pale to dark with the value, from the smallest (or zero, if that is smaller) to the largest.
    Sequential,
}

impl Default for CellColors {
    /// Correlations: from −1 to 1.
    fn default() -> Self {
        Self::Diverging { limit: 1.0 }
    }
}

/// The widest a cell is.
const WIDEST: f64 = 64.0;
/// Height of a row: enough for a name, and as much as it grows to with the width of its cells.
const LOWEST: f64 = 18.0;
const HIGHEST: f64 = 34.0;
/// The names take no more than this share of the width.
const NAMES_SHARE: f64 = 0.34;
/// The names of columns take no more than this height.
const HIGHEST_NAMES: f64 = 170.0;
/// Upright names nearer to each other than this can't be read.
const NAME_PITCH: f64 = 13.0;
/// Paper between two cells.
const GAP: f64 = 1.0;
/// Space beside a number in a cell.
const INSET: f64 = 1.0;

/// Draws a table of numbers as coloured cells, with each number in its cell where all fit, and a key of the colours.
pub fn heat_map(map: &HeatMap<'_>, width: Width) -> Figure {
    let rows = &map.rows[..map.rows.len().min(HeatMap::MOST)];
    let columns = &map.columns[..map.columns.len().min(HeatMap::MOST)];
    let cells: Vec<(usize, usize, Option<f64>)> = (0..rows.len())
        .flat_map(|r| (0..columns.len()).map(move |c| (r, c)))
        .map(|(r, c)| (r, c, map.value(r, c)))
        .collect();
    let scale = scale(map.colors, cells.iter().filter_map(|cell| cell.2));
    let table = Table::new(rows, columns, width);
    let style = NumberStyle::choose(&cells, table.pitch - GAP - 2.0 * INSET);

    let mut page = map.heading.page(width);
    let unknown = cells.iter().filter(|cell| cell.2.is_none()).count();
    if cells.is_empty() {
        page.subtitle = map.heading.subtitle_with("nothing to show");
        return page.draw(0.0, |_| {});
    }
    if unknown > 0 {
        let cells = numbers::counted(unknown as u64, "cell");
        page.notes.push(format!("Hatched: {cells} without a known value."));
    }
    if style.is_none() {
        page.notes.push("The cells are too narrow for their numbers.".into());
    }
    for (names, what) in [(map.rows, "row"), (map.columns, "column")] {
        if names.len() > HeatMap::MOST {
            let left_out = numbers::counted((names.len() - HeatMap::MOST) as u64, what);
            page.notes.push(format!("Not drawn: the last {left_out}."));
        }
    }
    if table.every > 1 {
        page.notes.push(format!("Of the columns one in {} is named.", table.every));
    }
    page.draw(table.height() + KEY_HEIGHT, |pen| {
        table.draw_names(pen);
        for &(row, column, value) in &cells {
            let said = value.map_or_else(|| "unknown".into(), numbers::value);
            pen.titled(&format!("{}, {}: {said}", rows[row], columns[column]), |pen| {
                draw_cell(pen, table.cell(pen.area(), row, column), value, &scale, style.as_ref());
            });
        }
        let top = pen.area().top + table.height();
        scale.draw_key(pen, (pen.area().left, top), map.measure, Quantity::Plain);
    })
}

fn scale(colors: CellColors, values: impl Iterator<Item = f64> + Clone) -> ColorScale {
    let extent = highest(values.clone().map(f64::abs));
    match colors {
        CellColors::Diverging { limit } => {
            let limit = if (1.0 / TOO_LARGE..=TOO_LARGE).contains(&limit) { limit } else { extent };
            ColorScale { palette: Palette::Diverging, range: (-limit, limit), spacing: Spacing::Linear }
        }
        CellColors::Sequential => {
            let low = values.clone().fold(0.0, f64::min);
            let high = values.fold(low, f64::max);
            let range = if high - low >= 1.0 / TOO_LARGE { (low, high) } else { (low, low + extent) };
            ColorScale { palette: Palette::Sequential, range, spacing: Spacing::Linear }
        }
    }
}

fn draw_cell(
    pen: &mut Pen<'_>,
    cell: Area,
    value: Option<f64>,
    scale: &ColorScale,
    style: Option<&NumberStyle>,
) {
    let (width, height) = (cell.right - cell.left, cell.bottom - cell.top);
    let Some(value) = value else {
        pen.bar(cell.left, cell.top, width, height, style::GRID, None);
        pen.hatch(cell, style::RULE);
        return;
    };
    pen.bar(cell.left, cell.top, width, height, &scale.color(value), None);
    if let Some(style) = style {
        let set = Type { size: style.size, color: scale.ink(value), bold: false };
        let (x, middle) = ((cell.left + cell.right) / 2.0, (cell.top + cell.bottom) / 2.0);
        // A baseline runs below its letters: half the height of a digit moves them onto the middle.
        pen.text(x, middle + f64::from(style.size) * 0.36, &(style.write)(value), set, Anchor::Middle);
    }
}

/// How numbers in cells are written so that all of them fit.
struct NumberStyle {
    size: u32,
    write: fn(f64) -> String,
}

impl NumberStyle {
    /// The most legible style in which every number is at most `room` pixels wide, or none.
    fn choose(cells: &[(usize, usize, Option<f64>)], room: f64) -> Option<Self> {
        let hundredths: fn(f64) -> String = |v| numbers::fixed(v, 2);
        // 0.97 as .97, as tables of correlations have it.
        let short: fn(f64) -> String = |v| {
            let text = numbers::fixed(v, 2);
            match text.as_str() {
                "1.00" => "1".into(),
                "−1.00" => "−1".into(),
                "0.00" => "0".into(),
                text => text.replacen("0.", ".", 1),
            }
        };
        let are_shares = cells.iter().filter_map(|cell| cell.2).all(|v| v.abs() <= 1.0);
        let styles = if are_shares {
            vec![(style::TICK_SIZE, hundredths), (style::CELL_SIZE, hundredths), (style::CELL_SIZE, short)]
        } else {
            let value: fn(f64) -> String = numbers::value;
            vec![(style::TICK_SIZE, value), (style::CELL_SIZE, value), (style::CELL_SIZE, numbers::tick)]
        };
        let fits = |&(size, write): &(u32, fn(f64) -> String)| {
            cells.iter().filter_map(|cell| cell.2).all(|v| text::width(&write(v), size) <= room)
        };
        styles.into_iter().find(fits).map(|(size, write)| Self { size, write })
    }
}

/// Where the cells and their names are.
struct Table {
    rows: Vec<String>,
    columns: Vec<String>,
    /// Room left of the cells for the names of rows.
    names: f64,
    /// Room above the cells for the names of columns.
    above: f64,
    /// Whether the names of columns stand upright.
    upright: bool,
    /// Which columns are named: one in so many.
    every: usize,
    /// From one column to the next.
    pitch: f64,
    /// From one row to the next.
    row: f64,
}

impl Table {
    fn new(rows: &[String], columns: &[String], width: Width) -> Self {
        let room = width.pixels() - 2.0 * width.edge();
        let cut = |names: &[String], room: f64| -> Vec<String> {
            names
                .iter()
                .map(|name| text::cut_in_the_middle(&text::printable(name), style::TICK_SIZE, room))
                .collect()
        };
        let widest = |names: &[String]| {
            names.iter().map(|name| text::width(name, style::TICK_SIZE)).fold(0.0, f64::max)
        };
        let rows = cut(rows, room * NAMES_SHARE);
        let names = widest(&rows) + 8.0;
        let pitch = ((room - names) / columns.len().max(1) as f64).min(WIDEST);
        let upright = widest(columns) + 8.0 > pitch;
        let columns = cut(columns, if upright { HIGHEST_NAMES } else { pitch });
        let above = if upright { widest(&columns) + 8.0 } else { 20.0 };
        let every = if upright { (NAME_PITCH / pitch).ceil().max(1.0) as usize } else { 1 };
        Self {
            rows,
            columns,
            names,
            above,
            upright,
            every,
            pitch,
            row: (pitch * 0.62).clamp(LOWEST, HIGHEST),
        }
    }

    fn height(&self) -> f64 {
        self.above + self.rows.len() as f64 * self.row + 10.0
    }

    fn cell(&self, area: Area, row: usize, column: usize) -> Area {
        let left = area.left + self.names + column as f64 * self.pitch;
        let top = area.top + self.above + row as f64 * self.row;
        Area { left, right: left + self.pitch - GAP, top, bottom: top + self.row - GAP }
    }

    fn draw_names(&self, pen: &mut Pen<'_>) {
        let half = f64::from(style::TICK_SIZE) * 0.36;
        let area = pen.area();
        for (i, name) in self.rows.iter().enumerate() {
            let cell = self.cell(area, i, 0);
            let middle = (cell.top + cell.bottom) / 2.0;
            pen.text(cell.left - 8.0, middle + half, name, Type::SMALL, Anchor::End);
        }
        for (i, name) in self.columns.iter().enumerate().step_by(self.every) {
            let cell = self.cell(area, 0, i);
            let middle = (cell.left + cell.right) / 2.0;
            if self.upright {
                pen.upright_text(middle + half, cell.top - 6.0, name, Type::SMALL, Anchor::Start);
            } else {
                pen.text(middle, cell.top - 7.0, name, Type::SMALL, Anchor::Middle);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{check, words};

    fn names(count: usize) -> Vec<String> {
        (0..count).map(|i| format!("column_{i}")).collect()
    }

    fn drawn(count: usize, values: &[Option<f64>], colors: CellColors, width: Width) -> Figure {
        let names = names(count);
        let heading = Heading { title: "Correlation", subtitle: "9 rows", notes: &[] };
        let map = HeatMap { heading, rows: &names, columns: &names, values, measure: "Pearson", colors };
        let figure = heat_map(&map, width);
        check(&figure);
        figure
    }

    #[test]
    fn correlations_and_a_column_without_any() {
        let values =
            [Some(1.0), Some(-0.4567), None, Some(-0.4567), Some(1.0), Some(f64::NAN), None, None, None];
        insta::assert_snapshot!(words(&drawn(3, &values, CellColors::default(), Width::Page)));
    }

    #[test]
    fn numbers_give_way_before_names_do() {
        let values = vec![Some(-0.97); 900];
        let texts = |figure: &Figure| words(figure).lines().map(String::from).collect::<Vec<_>>();
        let ten = texts(&drawn(10, &values[..100], CellColors::default(), Width::Phone));
        assert_eq!(ten.iter().filter(|text| *text == "−.97").count(), 100);
        let thirty = texts(&drawn(30, &values, CellColors::default(), Width::Phone));
        assert!(thirty.contains(&"The cells are too narrow for their numbers.".into()));
        assert_eq!(thirty.iter().filter(|text| text.starts_with("column_")).count(), 30 + 15);
    }

    #[test]
    fn more_than_can_be_drawn() {
        let words = words(&drawn(130, &[], CellColors::Sequential, Width::Page));
        assert!(words.contains("Not drawn: the last 10 columns."), "{words}");
        assert!(words.contains("Hatched: 14,400 cells without a known value."));
    }
}
