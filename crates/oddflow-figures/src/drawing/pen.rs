//! A pen for what the plotting library doesn't draw: labels that are placed by their own width, marks that keep
//! their dashes at any scale, bars with an even gap. It draws in data coordinates or in pixels on the finished plot.

use kuva::render::render::{PathData, Primitive, Scene, TextAnchor, TextSpan};

use crate::drawing::map::Map;
use crate::drawing::raster;
use crate::drawing::style;
use crate::drawing::text;

/// As many lines as a hatched rectangle may have, whatever its size.
const MOST_HATCHES: f64 = 1000.0;
/// The class of a group with words of its own. Without it the plotting library adds a style sheet to the figure, which
/// in a page would be one for the whole page.
const TITLED: &str = "class=\"titled\"";

/// Which part of a text stands at its place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Anchor {
    /// The text begins there.
    Start,
    /// The text is centred there.
    Middle,
    /// The text ends there.
    End,
}

impl From<Anchor> for TextAnchor {
    fn from(anchor: Anchor) -> Self {
        match anchor {
            Anchor::Start => Self::Start,
            Anchor::Middle => Self::Middle,
            Anchor::End => Self::End,
        }
    }
}

/// How a text is set.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Type {
    pub(crate) size: u32,
    pub(crate) color: &'static str,
    pub(crate) bold: bool,
}

impl Type {
    /// The figure's title.
    pub(crate) const TITLE: Self = Self { size: style::TITLE_SIZE, color: style::INK, bold: true };
    /// Sentences and legends.
    pub(crate) const BODY: Self = Self { size: style::BODY_SIZE, color: style::MUTED, bold: false };
    /// A label that is part of the message.
    pub(crate) const STRONG: Self = Self { size: style::BODY_SIZE, color: style::INK, bold: false };
    /// Names at the axis and notes.
    pub(crate) const SMALL: Self = Self { size: style::TICK_SIZE, color: style::MUTED, bold: false };
}

/// The area between the axes, in pixels.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Area {
    pub(crate) left: f64,
    pub(crate) right: f64,
    pub(crate) top: f64,
    pub(crate) bottom: f64,
}

/// A run of text without any markup.
pub(crate) fn span(text: String, bold: bool) -> TextSpan {
    TextSpan { text, bold, italic: false, underline: false, code: false, math: false }
}

/// Draws on a scene, in an area of it. Places are pixels; [`Pen::x`] and [`Pen::y`] give those of data.
pub(crate) struct Pen<'a> {
    scene: &'a mut Scene,
    area: Area,
    x: Map,
    y: Map,
}

impl<'a> Pen<'a> {
    /// A pen for the plot in `area`, with `x` and `y` to find a value's pixel.
    pub(crate) fn new(scene: &'a mut Scene, area: Area, x: Map, y: Map) -> Self {
        Self { scene, area, x, y }
    }

    /// A pen for a plot in another area of the same scene.
    pub(crate) fn within(&mut self, area: Area, x: Map, y: Map) -> Pen<'_> {
        Pen { scene: self.scene, area, x, y }
    }

    /// A pen for a part of the area, for what is placed by pixels.
    pub(crate) fn inside(&mut self, area: Area) -> Pen<'_> {
        let (x, y) = (self.x, self.y);
        self.within(area, x, y)
    }

    pub(crate) fn area(&self) -> Area {
        self.area
    }

    /// The height of the whole figure.
    pub(crate) fn height(&self) -> f64 {
        self.scene.height
    }

    /// The pixel of a value on the x axis.
    pub(crate) fn x(&self, value: f64) -> f64 {
        self.x.pixel(value)
    }

    /// The pixel of a value on the y axis.
    pub(crate) fn y(&self, value: f64) -> f64 {
        self.y.pixel(value)
    }

    /// Text at a pixel. `y` is the baseline.
    pub(crate) fn text(&mut self, x: f64, y: f64, content: &str, set: Type, anchor: Anchor) {
        self.scene.add(Primitive::RichText {
            x,
            y,
            // Rich text, since the library's plain text is never bold in a PNG.
            spans: vec![span(text::printable(content), set.bold)],
            size: set.size,
            anchor: anchor.into(),
            color: Some(set.color.into()),
        });
    }

    /// Text that reads from the bottom to the top. `x` is its baseline.
    pub(crate) fn upright_text(&mut self, x: f64, y: f64, content: &str, set: Type, anchor: Anchor) {
        self.scene.add(Primitive::Text {
            x,
            y,
            content: text::plain(content),
            size: set.size,
            anchor: anchor.into(),
            rotate: Some(raster::UPRIGHT),
            bold: set.bold,
            color: Some(set.color.into()),
        });
    }

    /// A straight line between two pixels.
    pub(crate) fn line(&mut self, from: (f64, f64), to: (f64, f64), color: &str, width: f64) {
        self.scene.add(Primitive::Line {
            x1: from.0,
            y1: from.1,
            x2: to.0,
            y2: to.1,
            stroke: color.into(),
            stroke_width: width,
            stroke_dasharray: None,
        });
    }

    /// A dashed vertical line across the plot at the pixel `x`.
    pub(crate) fn upright(&mut self, x: f64, color: &str) {
        // Single dashes: the library's dashes don't grow with the scale of a PNG.
        const DASH: f64 = 5.0;
        const GAP: f64 = 4.0;
        let Area { top, bottom, .. } = self.area();
        let mut y = top;
        while y < bottom {
            self.line((x, y), (x, (y + DASH).min(bottom)), color, style::MARK);
            y += DASH + GAP;
        }
    }

    /// A filled rectangle, in pixels.
    pub(crate) fn bar(&mut self, x: f64, y: f64, width: f64, height: f64, color: &str, opacity: Option<f64>) {
        self.scene.add(Primitive::Rect {
            x,
            y,
            width,
            height,
            fill: color.into(),
            stroke: None,
            stroke_width: None,
            opacity,
        });
    }

    /// A line through pixels. A single one is drawn as a dot.
    pub(crate) fn curve(&mut self, points: &[(f64, f64)], color: &str, width: f64) {
        if let [(x, y)] = *points {
            self.circle(x, y, width, color);
            return;
        }
        self.scene.add(Primitive::PolyLine {
            points: points.to_vec(),
            stroke: color.into(),
            stroke_width: width,
            stroke_dasharray: None,
        });
    }

    /// The area inside a line through pixels.
    pub(crate) fn polygon(&mut self, corners: &[(f64, f64)], color: &str) {
        let mut d = String::new();
        for (i, (x, y)) in corners.iter().enumerate() {
            d.push_str(&format!("{} {x:.2} {y:.2} ", if i == 0 { 'M' } else { 'L' }));
        }
        d.push('Z');
        self.scene.add(Primitive::Path(Box::new(PathData {
            d,
            fill: Some(color.into()),
            stroke: kuva::render::color::Color::None,
            stroke_width: 0.0,
            opacity: None,
            stroke_dasharray: None,
        })));
    }

    /// Thin slanted lines across a rectangle: nothing is known here.
    pub(crate) fn hatch(&mut self, area: Area, color: &str) {
        const GAP: f64 = 6.0;
        let (width, height) = (area.right - area.left, area.bottom - area.top);
        let lines = ((width + height) / GAP).ceil().clamp(0.0, MOST_HATCHES);
        for i in 1..lines as u32 {
            // A line from the left or lower edge up to the upper or right one.
            let d = f64::from(i) * GAP;
            let from = (area.left + (d - height).max(0.0), area.top + d.min(height));
            let to = (area.left + d.min(width), area.top + (d - width).max(0.0));
            self.line(from, to, color, 1.0);
        }
    }

    /// Puts what `content` draws into a group that shows `words` where a pointer rests on it.
    pub(crate) fn titled(&mut self, words: &str, content: impl FnOnce(&mut Self)) {
        self.scene.add(Primitive::GroupStart {
            transform: None,
            title: Some(text::printable(words)),
            extra_attrs: Some(TITLED.into()),
        });
        content(self);
        self.scene.add(Primitive::GroupEnd);
    }

    /// A dot at a pixel, with a rim of paper that keeps it apart from what it lies on.
    pub(crate) fn dot(&mut self, x: f64, y: f64, radius: f64, color: &str) {
        self.circle(x, y, radius + 1.0, style::BACKGROUND);
        self.circle(x, y, radius, color);
    }

    fn circle(&mut self, cx: f64, cy: f64, r: f64, color: &str) {
        self.scene.add(Primitive::Circle {
            cx,
            cy,
            r,
            fill: color.into(),
            fill_opacity: None,
            stroke: None,
            stroke_width: None,
        });
    }

    /// A small downward triangle whose tip is at a pixel.
    pub(crate) fn pointer(&mut self, x: f64, y: f64, color: &str) {
        const HALF: f64 = 4.0;
        self.polygon(&[(x - HALF, y - 6.0), (x + HALF, y - 6.0), (x, y)], color);
    }
}
