//! What curves of several detectors in one figure share: their colours, their keys, and what of them can be drawn.

use kuva::plot::LinePlot;
use kuva::render::plots::Plot;

use crate::drawing::numbers;
use crate::drawing::page::EDGE;
use crate::drawing::pen::{Anchor, Pen, Type};
use crate::drawing::style;
use crate::drawing::text;

/// The curve of one detector: rates between 0 and 1, in the order in which they are joined.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Curve<'a> {
    /// What the detector is called.
    pub name: &'a str,
    /// (x, y), both from 0 to 1.
    pub points: &'a [(f64, f64)],
    /// The area that goes with the curve, where there is one. It isn't computed from the points, which may be thinned.
    pub area: Option<f64>,
}

/// A colour a curve, by Okabe and Ito; the first is that of what the figure is about. Their yellow is left out: on paper
/// it can hardly be seen.
const COLORS: [&str; 7] =
    [style::VERMILLION, style::BLUE, "#009E73", "#CC79A7", "#E69F00", "#56B4E9", style::INK];

/// The first curve is wider, so that it is found at once.
const FIRST: f64 = 3.0;

/// The y axis: a little beyond 1, so that a curve that runs along it is seen in its whole width.
pub(crate) const RATES: (f64, f64) = (0.0, 1.02);

/// Gap between two keys, and the width and the gap of the line in each.
const KEY_GAP: f64 = 20.0;
const SWATCH: f64 = 20.0;
const SWATCH_GAP: f64 = 6.0;

/// The shortest that names are cut to so that all keys fit.
const SHORTEST_NAME: usize = 6;

/// Curves as they are drawn.
pub(crate) struct Curves<'a> {
    /// At most as many as there are colours.
    shown: &'a [Curve<'a>],
    /// What a detector that knows nothing would draw, as points.
    chance: Option<Vec<(f64, f64)>>,
    not_shown: usize,
    missing: usize,
}

impl<'a> Curves<'a> {
    pub(crate) fn new(curves: &'a [Curve<'a>], chance: Option<Vec<(f64, f64)>>) -> Self {
        let shown = &curves[..curves.len().min(COLORS.len())];
        let missing = shown.iter().flat_map(|curve| curve.points).filter(|&&point| !is_rate(point)).count();
        Self { shown, chance, not_shown: curves.len() - shown.len(), missing }
    }

    /// The areas in a sentence: `average precision: behaviour 0.966, classic 0.900`.
    pub(crate) fn areas(&self, of: &str) -> String {
        let area = |curve: &Curve<'_>| {
            let area = curve.area.filter(|area| area.is_finite()).map(|area| numbers::fixed(area, 3));
            format!("{} {}", curve.name, area.as_deref().unwrap_or("unknown"))
        };
        match self.shown {
            [] => "no curves".into(),
            shown => format!("{of}: {}", shown.iter().map(area).collect::<Vec<_>>().join(", ")),
        }
    }

    pub(crate) fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if self.not_shown > 0 {
            let curves = numbers::counted(self.not_shown as u64, "curve");
            notes.push(format!("{curves} not drawn: no more than {} can be told apart.", COLORS.len()));
        }
        if self.missing > 0 {
            let points = numbers::counted(self.missing as u64, "point");
            notes.push(format!("{points} not drawn: not a rate between 0 and 1."));
        }
        notes
    }

    /// The lines, the first curve on top. `path` makes the points to be joined of the rates of a curve. There is always
    /// one line, since the library draws axes only around a plot.
    pub(crate) fn plots(&self, path: impl Fn(&[(f64, f64)]) -> Vec<(f64, f64)>) -> Vec<Plot> {
        let line = |points: Vec<(f64, f64)>, color, width| -> Plot {
            LinePlot::new().with_data(points).with_color(color).with_stroke_width(width).into()
        };
        let mut plots = vec![line(self.chance.clone().unwrap_or_default(), style::GREY, style::MARK)];
        for (i, curve) in self.shown.iter().enumerate().rev() {
            let rates: Vec<_> = curve.points.iter().copied().filter(|&point| is_rate(point)).collect();
            plots.push(line(path(&rates), COLORS[i], if i == 0 { FIRST } else { style::CURVE }));
        }
        plots
    }

    /// Draws the keys in one row, in the room that the frame keeps above the plot.
    pub(crate) fn draw_keys(&self, pen: &mut Pen<'_>) {
        let mut keys: Vec<(&str, &str)> = self.shown.iter().map(|curve| curve.name).zip(COLORS).collect();
        if self.chance.is_some() {
            keys.push(("chance", style::GREY));
        }
        let area = pen.area();
        let room = area.right - EDGE - keys.len() as f64 * (SWATCH + SWATCH_GAP + KEY_GAP) + KEY_GAP;
        let longest = keys.iter().map(|key| key.0.chars().count()).max().unwrap_or(0);
        let width =
            |most| keys.iter().map(|key| text::width(&text::shortened(key.0, most), style::BODY_SIZE)).sum();
        let fits = |&most: &usize| room >= width(most);
        let most = (SHORTEST_NAME..=longest).rev().find(fits).unwrap_or(SHORTEST_NAME);
        let y = area.top - 11.0;
        let middle = y - f64::from(style::BODY_SIZE) * 0.36;
        let mut x = EDGE;
        for (name, color) in keys {
            let name = text::shortened(name, most);
            pen.line((x, middle), (x + SWATCH, middle), color, style::CURVE + 0.5);
            x += SWATCH + SWATCH_GAP;
            pen.text(x, y, &name, Type::BODY, Anchor::Start);
            x += text::width(&name, style::BODY_SIZE) + KEY_GAP;
        }
    }
}

fn is_rate(point: (f64, f64)) -> bool {
    let rate = |value| (0.0..=1.0).contains(&value);
    rate(point.0) && rate(point.1)
}
