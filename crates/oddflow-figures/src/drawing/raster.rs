//! A scene as PNG.
//!
//! The plotting library turns text by sampling letters it has already drawn on nothing, which leaves black, ragged
//! edges. Upright text is therefore drawn level on a canvas of its own, and that canvas is turned by a quarter, which
//! loses nothing, and laid over the rest.

use std::io::Cursor;

use kuva::RasterBackend;
use kuva::render::render::{Primitive, Scene};

use crate::drawing::pen;
use crate::drawing::style;

/// The rotation of upright text, in degrees as SVG counts them: it reads from the bottom to the top.
pub(crate) const UPRIGHT: f64 = -90.0;

/// `scene` as the bytes of a PNG with `scale` pixels for each of the scene's.
pub(crate) fn png(scene: &Scene, scale: f32) -> Result<Vec<u8>, String> {
    let (upright, level): (Vec<_>, Vec<_>) = scene.elements.iter().cloned().partition(is_upright);
    let mut picture = Picture::of(&copy(scene, scene.width, scene.height, level), scale)?;
    if !upright.is_empty() {
        // Seen from the side, what runs up the page runs along it, and what lies to the right lies below.
        let turned = upright.into_iter().map(|text| lay_down(text, scene.height)).collect();
        let side = Picture::of(&copy(scene, scene.height, scene.width, turned), scale)?;
        picture.darken_by_quarter_turn(&side);
    }
    picture.encode()
}

fn is_upright(element: &Primitive) -> bool {
    matches!(element, Primitive::Text { rotate: Some(angle), .. } if *angle == UPRIGHT)
}

/// Upright text of a scene as level text of the scene turned clockwise by a quarter.
fn lay_down(element: Primitive, height: f64) -> Primitive {
    match element {
        Primitive::Text { x, y, content, size, anchor, bold, color, .. } => Primitive::RichText {
            x: height - y,
            y: x,
            // Rich text shows a dollar as it stands; plain text wanted it escaped.
            spans: vec![pen::span(content.replace(r"\$", "$"), bold)],
            size,
            anchor,
            color,
        },
        other => other,
    }
}

/// A scene that looks like `scene` but holds `elements`.
fn copy(scene: &Scene, width: f64, height: f64, elements: Vec<Primitive>) -> Scene {
    let mut copy = Scene::new(width, height).with_background(Some(style::BACKGROUND));
    copy.text_color.clone_from(&scene.text_color);
    copy.font_family.clone_from(&scene.font_family);
    copy.elements = elements;
    copy
}

/// Pixels in rows from the top, each red, green, blue and opaque.
struct Picture {
    width: usize,
    height: usize,
    pixels: Vec<u8>,
}

impl Picture {
    fn of(scene: &Scene, scale: f32) -> Result<Self, String> {
        let encoded = RasterBackend::new().with_scale(scale).render_scene(scene)?;
        let mut reader = png::Decoder::new(Cursor::new(encoded)).read_info().map_err(|e| e.to_string())?;
        let size = reader.output_buffer_size().ok_or("the picture is larger than memory")?;
        let mut pixels = vec![0; size];
        let info = reader.next_frame(&mut pixels).map_err(|e| e.to_string())?;
        Ok(Self { width: info.width as usize, height: info.height as usize, pixels })
    }

    /// Turns `side` counter-clockwise by a quarter and multiplies it onto this picture: white changes nothing, black
    /// covers all, and the soft edges of letters stay soft.
    fn darken_by_quarter_turn(&mut self, side: &Self) {
        let from = side.pixels.as_chunks::<4>().0;
        let to = self.pixels.as_chunks_mut::<4>().0;
        for (x, line) in from.chunks_exact(side.width).take(self.width).enumerate() {
            // The end of a line stands at the top.
            for (y, letter) in line.iter().rev().take(self.height).enumerate() {
                if *letter != [255; 4] {
                    let paper = &mut to[y * self.width + x];
                    for (under, over) in paper.iter_mut().zip(letter) {
                        *under = (u16::from(*under) * u16::from(*over) / 255) as u8;
                    }
                }
            }
        }
    }

    fn encode(&self) -> Result<Vec<u8>, String> {
        let too_large = |_| "the picture is too large for a PNG".to_owned();
        let width = u32::try_from(self.width).map_err(too_large)?;
        let height = u32::try_from(self.height).map_err(too_large)?;
        let mut out = Vec::new();
        let mut encoder = png::Encoder::new(&mut out, width, height);
        encoder.set_color(png::ColorType::Rgba);
        encoder.set_depth(png::BitDepth::Eight);
        let mut writer = encoder.write_header().map_err(|e| e.to_string())?;
        writer.write_image_data(&self.pixels).map_err(|e| e.to_string())?;
        writer.finish().map_err(|e| e.to_string())?;
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(width: usize, height: usize, gray: &[u8]) -> Picture {
        Picture { width, height, pixels: gray.iter().flat_map(|&g| [g, g, g, 255]).collect() }
    }

    #[test]
    fn a_quarter_turn_puts_the_end_of_a_row_at_the_top() {
        let mut page = picture(2, 3, &[255; 6]);
        // Two rows of three, to be read from the bottom to the top.
        page.darken_by_quarter_turn(&picture(3, 2, &[1, 2, 3, 4, 5, 6]));
        let expected = picture(2, 3, &[3, 6, 2, 5, 1, 4]);
        assert_eq!(page.pixels, expected.pixels);
    }

    #[test]
    fn white_changes_nothing_and_black_covers() {
        let mut page = picture(1, 2, &[70, 80]);
        page.darken_by_quarter_turn(&picture(2, 1, &[0, 255]));
        assert_eq!(page.pixels, picture(1, 2, &[70, 0]).pixels);
    }
}
