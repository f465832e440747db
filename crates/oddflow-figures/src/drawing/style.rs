//! How every figure looks: colours, sizes in pixels at 100%, and the theme handed to the plotting library.
//!
//! The colours are those of Okabe and Ito, "Color Universal Design" (2008), which people with any of the common
//! colour deficiencies can tell apart. A colour always has the same role: blue is what was measured, vermillion is
//! what the model says or flags.

use kuva::render::theme::Theme;

/// What was measured: training loss, the input, errors below the threshold.
pub(crate) const BLUE: &str = "#0072B2";
/// What is compared with it: validation loss, the reconstruction, errors above the threshold.
pub(crate) const VERMILLION: &str = "#D55E00";
/// What stands apart from both, such as the bar of zeros.
pub(crate) const GREY: &str = "#8C8C8C";
/// Titles and the labels that matter most.
pub(crate) const INK: &str = "#222222";
/// All other text and the axes.
pub(crate) const MUTED: &str = "#5A5A5A";
/// Grid lines: there when looked for.
pub(crate) const GRID: &str = "#E8E8E8";
/// A line that matters more than the grid: zero.
pub(crate) const RULE: &str = "#B0B0B0";
/// Paper.
pub(crate) const BACKGROUND: &str = "#FFFFFF";

/// The colours that a page may replace, by the name of their CSS variable. No cell of a heat map and no text in one has
/// any of them.
pub(crate) const VARIABLES: [(&str, &str); 8] = [
    ("ink", INK),
    ("muted", MUTED),
    ("grid", GRID),
    ("rule", RULE),
    ("paper", BACKGROUND),
    ("blue", BLUE),
    ("vermillion", VERMILLION),
    ("grey", GREY),
];

/// Height of the title's letters.
pub(crate) const TITLE_SIZE: u32 = 17;
/// Height of the sentence below the title, of the legend and of labels in the plot.
pub(crate) const BODY_SIZE: u32 = 13;
/// Height of the axis labels.
pub(crate) const LABEL_SIZE: u32 = 13;
/// Height of numbers at the ticks, of names of features and of notes.
pub(crate) const TICK_SIZE: u32 = 12;
/// Height of numbers in cells that are too narrow for larger ones.
pub(crate) const CELL_SIZE: u32 = 10;

/// Width of a figure that has no reason to be wider.
pub(crate) const WIDTH: f64 = 800.0;
/// Height of the plot area, without heading and axes.
pub(crate) const PLOT_HEIGHT: f64 = 320.0;
/// Width of a figure for a phone: a little more than its screen has, so that hardly anything is lost in shrinking it.
pub(crate) const PHONE_WIDTH: f64 = 400.0;
/// Height of the plot area of a figure for a phone.
pub(crate) const PHONE_PLOT_HEIGHT: f64 = 260.0;
/// Width of a curve.
pub(crate) const CURVE: f64 = 2.0;
/// Width of a line that marks a place.
pub(crate) const MARK: f64 = 1.4;

/// The first family is the one in the PNG; the others are nearest to it in width, so that the SVG is laid out alike
/// where DejaVu is missing.
pub(crate) const FONT_FAMILY: &str = "DejaVu Sans, Verdana, Liberation Sans, Arial, sans-serif";

/// The library's theme in these colours.
pub(crate) fn theme() -> Theme {
    Theme {
        background: BACKGROUND.into(),
        axis_color: MUTED.into(),
        grid_color: GRID.into(),
        tick_color: MUTED.into(),
        text_color: MUTED.into(),
        font_family: Some(FONT_FAMILY.into()),
        ..Theme::light()
    }
}
