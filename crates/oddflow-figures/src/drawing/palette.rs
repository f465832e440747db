//! Colours that stand for numbers, and the colour of the text on them.
//!
//! Both palettes are made of those of Harrower and Brewer, "ColorBrewer.org" (2003): each can be told apart by people
//! with any of the common colour deficiencies, and gets darker with the strength of the value, so that it survives
//! a printer without colours.

/// From pale to dark, by way of green to blue (their `YlGnBu`). The palest is left out: it is hardly seen on paper.
const SEQUENTIAL: [u32; 8] =
    [0xED_F8_B1, 0xC7_E9_B4, 0x7F_CD_BB, 0x41_B6_C4, 0x1D_91_C0, 0x22_5E_A8, 0x25_34_94, 0x08_1D_58];
/// From orange by way of nearly white to blue (the orange half of their `PuOr`, the blue half of their `RdBu`).
const DIVERGING: [u32; 9] = [
    0x7F_3B_08, 0xB3_58_06, 0xF1_A3_40, 0xFE_E0_B6, 0xF7_F7_F7, 0xD1_E5_F0, 0x67_A9_CF, 0x21_66_AC,
    0x05_30_61,
];
/// Text on pale colours and on dark ones. Not the colours of text on paper: those turn in a dark page, cells don't.
const DARK_TEXT: u32 = 0x00_00_00;
const PALE_TEXT: u32 = 0xFE_FE_FE;
/// What has no colour of its own, such as none at all on a log scale.
pub(crate) const BLANK: &str = "#fefefe";
/// So many colours are told apart in a palette.
const STEPS: f64 = 255.0;

/// A row of colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Palette {
    /// From pale to dark.
    Sequential,
    /// From orange to blue, with no colour in the middle.
    Diverging,
}

impl Palette {
    /// The colour at `place`, from 0 to 1. What lies outside has the colour of the end.
    pub(crate) fn color(self, place: f64) -> String {
        hex(self.rgb(place))
    }

    /// The colour of text on the colour at `place`: whichever of dark and pale has more contrast.
    pub(crate) fn ink(self, place: f64) -> &'static str {
        let ground = luminance(self.rgb(place));
        if contrast(ground, luminance(DARK_TEXT)) >= contrast(ground, luminance(PALE_TEXT)) {
            "#000000"
        } else {
            "#fefefe"
        }
    }

    fn rgb(self, place: f64) -> u32 {
        let stops: &[u32] = match self {
            Self::Sequential => &SEQUENTIAL,
            Self::Diverging => &DIVERGING,
        };
        let place = if place.is_nan() { 0.0 } else { place.clamp(0.0, 1.0) };
        let place = (place * STEPS).round() / STEPS * (stops.len() - 1) as f64;
        let below = (place as usize).min(stops.len() - 2);
        let part = place - below as f64;
        let channel = |shift: u32| {
            let (a, b) = (stops[below] >> shift & 0xFF, stops[below + 1] >> shift & 0xFF);
            // Between two bytes there are only bytes.
            (f64::from(a) + part * (f64::from(b) - f64::from(a))).round() as u32
        };
        channel(16) << 16 | channel(8) << 8 | channel(0)
    }
}

fn hex(rgb: u32) -> String {
    format!("#{rgb:06x}")
}

/// Relative luminance (WCAG 2.2).
fn luminance(rgb: u32) -> f64 {
    let channel = |shift: u32| {
        let c = f64::from(rgb >> shift & 0xFF) / 255.0;
        if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * channel(16) + 0.7152 * channel(8) + 0.0722 * channel(0)
}

/// Contrast ratio of two luminances (WCAG 2.2).
fn contrast(a: f64, b: f64) -> f64 {
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drawing::style;

    fn everywhere() -> impl Iterator<Item = (Palette, f64)> {
        [Palette::Sequential, Palette::Diverging]
            .into_iter()
            .flat_map(|palette| (0..=255).map(move |i| (palette, f64::from(i) / 255.0)))
    }

    #[test]
    fn text_can_be_read_on_every_colour() {
        for (palette, place) in everywhere() {
            let ink = u32::from_str_radix(&palette.ink(place)[1..], 16).expect("a hexadecimal number");
            let ratio = contrast(luminance(ink), luminance(palette.rgb(place)));
            // What WCAG 2.2 asks of text, level AA.
            assert!(ratio >= 4.5, "{palette:?} at {place}: {ratio}");
        }
    }

    #[test]
    fn no_colour_of_a_cell_is_one_that_a_page_replaces() {
        for (palette, place) in everywhere() {
            for (name, color) in style::VARIABLES {
                assert_ne!(palette.color(place), color.to_lowercase(), "{name}");
                assert_ne!(palette.ink(place), color.to_lowercase(), "{name}");
            }
        }
        assert!(style::VARIABLES.iter().all(|(_, color)| BLANK != color.to_lowercase()));
    }

    #[test]
    fn sequential_colours_get_darker() {
        let lights: Vec<f64> =
            (0..=255).map(|i| luminance(Palette::Sequential.rgb(f64::from(i) / 255.0))).collect();
        assert!(lights.windows(2).all(|pair| pair[1] <= pair[0]));
    }

    #[test]
    fn any_place_has_a_colour() {
        for place in [f64::NAN, f64::INFINITY, -1.0, 2.0] {
            assert_eq!(Palette::Diverging.color(place).len(), 7);
        }
        assert_eq!(Palette::Diverging.color(0.5), "#f6f7f7");
    }
}
