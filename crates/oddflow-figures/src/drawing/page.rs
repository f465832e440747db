//! A bare page: a heading, whatever is drawn below it with a pen, and notes. For figures that aren't a plot between
//! two axes, which stand in a frame.

use kuva::render::render::Scene;

use crate::drawing::map::Map;
use crate::drawing::pen::{Anchor, Area, Pen, Type};
use crate::drawing::spacing::Spacing;
use crate::drawing::style;
use crate::drawing::text;
use crate::figure::Figure;

/// Space between the edge of the figure and what stands in it.
pub(crate) const EDGE: f64 = 18.0;
/// From one baseline to the next in a paragraph of the body size.
pub(crate) const LINE: f64 = 18.0;

/// What a figure is laid out for. Letters have the same size in both, so that a figure drawn for a phone can be read
/// there, which one that is shrunk can't.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Width {
    /// 800 pixels: a screen or paper.
    #[default]
    Page,
    /// 400 pixels: a phone held upright.
    Phone,
}

impl Width {
    /// The width of the whole figure in pixels at 100%.
    pub fn pixels(self) -> f64 {
        match self {
            Self::Page => style::WIDTH,
            Self::Phone => style::PHONE_WIDTH,
        }
    }

    /// Space between the edge of the figure and what stands in it.
    pub(crate) fn edge(self) -> f64 {
        match self {
            Self::Page => EDGE,
            Self::Phone => EDGE / 2.0,
        }
    }
}

/// The words around a figure.
#[derive(Clone, Copy, Debug, Default)]
pub struct Heading<'a> {
    /// What the figure shows. It also stands for the figure where pictures can't be seen.
    pub title: &'a str,
    /// A sentence with the numbers that matter, or nothing.
    pub subtitle: &'a str,
    /// Sentences below the figure.
    pub notes: &'a [String],
}

impl Heading<'_> {
    /// A page with these words.
    pub(crate) fn page(&self, width: Width) -> Page {
        Page { title: self.title.into(), subtitle: self.subtitle.into(), notes: self.notes.to_vec(), width }
    }

    /// The subtitle followed by what the figure has to add to it.
    pub(crate) fn subtitle_with(&self, more: &str) -> String {
        [self.subtitle, more].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("; ")
    }
}

/// A page before anything is drawn on it.
pub(crate) struct Page {
    pub(crate) title: String,
    pub(crate) subtitle: String,
    pub(crate) notes: Vec<String>,
    pub(crate) width: Width,
}

impl Page {
    /// Draws the words, and with the pen whatever stands between the subtitle and the notes, for which `height`
    /// pixels are kept. The pen's area is that room.
    pub(crate) fn draw(self, height: f64, content: impl FnOnce(&mut Pen<'_>)) -> Figure {
        let (width, edge) = (self.width.pixels(), self.width.edge());
        let words = Words::new(&self.title, &self.subtitle, &self.notes, width, edge);
        let top = words.heading_height() + 8.0;
        let below = words.notes_height();
        let mut scene =
            Scene::new(width, top + height + below + 10.0).with_background(Some(style::BACKGROUND));
        scene.text_color = Some(style::MUTED.into());
        scene.font_family = Some(style::FONT_FAMILY.into());
        let area = Area { left: edge, right: width - edge, top, bottom: top + height };
        let x = Map::new((0.0, 1.0), (area.left, area.right), Spacing::Linear);
        let y = Map::new((0.0, 1.0), (area.bottom, area.top), Spacing::Linear);
        let mut pen = Pen::new(&mut scene, area, x, y);
        words.draw_heading(&mut pen);
        words.draw_notes(&mut pen);
        content(&mut pen);
        Figure::new(scene, &self.title)
    }
}

/// The words around a figure, broken into lines.
pub(crate) struct Words {
    title: Vec<String>,
    subtitle: Vec<String>,
    notes: Vec<String>,
    edge: f64,
}

impl Words {
    pub(crate) fn new(title: &str, subtitle: &str, notes: &[String], width: f64, edge: f64) -> Self {
        let room = width - 2.0 * edge;
        let lines = |content: &str, set: Type| text::wrapped(content, set.size, room);
        Self {
            // Bold letters are wider: a title is wrapped as if the figure were narrower.
            title: text::wrapped(title, style::TITLE_SIZE, room / text::BOLD),
            subtitle: lines(subtitle, Type::BODY),
            notes: notes.iter().flat_map(|note| lines(note, Type::SMALL)).collect(),
            edge,
        }
    }

    /// Pixels from the upper edge of the figure to the lower edge of the subtitle.
    pub(crate) fn heading_height(&self) -> f64 {
        EDGE + self.title.len() as f64 * (LINE + 6.0) + self.subtitle.len() as f64 * LINE
    }

    /// Pixels that the notes take at the lower edge of the figure.
    pub(crate) fn notes_height(&self) -> f64 {
        if self.notes.is_empty() { 8.0 } else { 14.0 + self.notes.len() as f64 * LINE }
    }

    pub(crate) fn draw_heading(&self, pen: &mut Pen<'_>) {
        let mut y = EDGE;
        for line in &self.title {
            y += LINE + 6.0;
            pen.text(self.edge, y - 8.0, line, Type::TITLE, Anchor::Start);
        }
        for line in &self.subtitle {
            y += LINE;
            pen.text(self.edge, y - 4.0, line, Type::BODY, Anchor::Start);
        }
    }

    pub(crate) fn draw_notes(&self, pen: &mut Pen<'_>) {
        let bottom = pen.height() - 14.0;
        for (i, line) in self.notes.iter().enumerate() {
            let above = (self.notes.len() - 1 - i) as f64 * LINE;
            pen.text(self.edge, bottom - above, line, Type::SMALL, Anchor::Start);
        }
    }
}
