//! A pen for what the plotting library doesn't draw: labels that are placed by their own width, marks that keep
//! their dashes at any scale, bars with an even gap. It draws in data coordinates or in pixels on the finished plot.

use kuva::render::layout::ComputedLayout;
use kuva::render::render::{PathData, Primitive, Scene, TextAnchor, TextSpan};

use crate::raster;
use crate::style;
use crate::text;

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

/// Draws on a scene whose axes are known.
pub(crate) struct Pen<'a> {
    scene: &'a mut Scene,
    axes: &'a ComputedLayout,
}

impl<'a> Pen<'a> {
    pub(crate) fn new(scene: &'a mut Scene, axes: &'a ComputedLayout) -> Self {
        Self { scene, axes }
    }

    pub(crate) fn area(&self) -> Area {
        Area {
            left: self.axes.margin_left,
            right: self.axes.width - self.axes.margin_right,
            top: self.axes.margin_top,
            bottom: self.axes.height - self.axes.margin_bottom,
        }
    }

    /// The pixel of a value on the x axis.
    pub(crate) fn x(&self, value: f64) -> f64 {
        self.axes.map_x(value)
    }

    /// The pixel of a value on the y axis.
    pub(crate) fn y(&self, value: f64) -> f64 {
        self.axes.map_y(value)
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
        let d = format!(
            "M {:.2} {:.2} L {:.2} {:.2} L {:.2} {:.2} Z",
            x - HALF,
            y - 6.0,
            x + HALF,
            y - 6.0,
            x,
            y
        );
        self.scene.add(Primitive::Path(Box::new(PathData {
            d,
            fill: Some(color.into()),
            stroke: kuva::render::color::Color::None,
            stroke_width: 0.0,
            opacity: None,
            stroke_dasharray: None,
        })));
    }
}
