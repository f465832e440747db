//! A finished figure and its ways out: SVG text, PNG bytes, two files.
//!
//! Both forms are drawn from one scene, so they can't differ. Files appear whole or not at all.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use kuva::backend::svg::SvgBackend;
use kuva::render::render::{Primitive, Scene};

use crate::drawing::raster;
use crate::drawing::style;
use crate::drawing::text;

/// Pixels of the PNG that [`Figure::save`] writes for each pixel of the SVG: sharp on dense screens and in print.
pub const PNG_SCALE: f32 = 2.0;

/// Name of the clip path inside a scene, until [`Figure::svg`] gives it one that no other figure has.
const CLIP: &str = "clip";

/// A drawn figure, ready to be written as SVG or PNG.
#[derive(Debug)]
pub struct Figure {
    scene: Scene,
    title: String,
}

/// Why a figure could not be made or written.
#[derive(Debug, thiserror::Error)]
pub enum FigureError {
    /// The numbers don't belong together.
    #[error(
        "a reconstruction needs as many names and outputs as inputs, but got {columns} names, {input} inputs and {output} outputs"
    )]
    Lengths {
        /// How many column names were given.
        columns: usize,
        /// How many input values were given.
        input: usize,
        /// How many output values were given.
        output: usize,
    },
    /// The scale leaves no pixel to draw, or more than an image may have.
    #[error("can't draw a PNG at scale {scale}: the scale must lie between {min} and {max}", min = Figure::SCALES.0, max = Figure::SCALES.1)]
    Scale {
        /// The scale that was asked for.
        scale: f32,
    },
    /// The PNG could not be encoded.
    #[error("can't encode the figure as PNG: {0}")]
    Png(String),
    /// The name would lead out of the folder, or name nothing.
    #[error("can't save a figure as {name:?}: the name must be that of a file, without a folder")]
    Name {
        /// The name that was asked for.
        name: String,
    },
    /// A file or folder could not be written.
    #[error("can't write {}: {source}", path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
}

impl Figure {
    /// CSS declarations of the variables in [`Figure::svg_for_page`] for a page as dark as `#16181D`, to be put into a
    /// rule of the page's choice: `@media (prefers-color-scheme: dark) { :root { … } }`.
    pub const DARK: &'static str = "--figure-ink:#F0F0F0;--figure-muted:#B4B4B4;--figure-grid:#34373D;\
        --figure-rule:#5C5F66;--figure-paper:#16181D;--figure-blue:#4DA6E0;--figure-vermillion:#F08A3C;\
        --figure-grey:#8C8C8C;";

    /// The smallest and the largest scale of a PNG.
    const SCALES: (f32, f32) = (0.1, 8.0);

    /// A figure of `scene`, with `title` for those who can't see it.
    pub(crate) fn new(mut scene: Scene, title: &str) -> Self {
        // Else the library adds a style sheet, which in an HTML page would be one for the whole page.
        scene.has_tooltips = false;
        // The library numbers its clip paths by a counter of the process. A fixed name keeps the bytes the same.
        for element in &mut scene.elements {
            if let Primitive::ClipStart { id, .. } = element {
                for def in &mut scene.defs {
                    *def = def.replace(&format!("id=\"{id}\""), &format!("id=\"{CLIP}\""));
                }
                *id = CLIP.into();
            }
        }
        Self { scene, title: text::printable(title) }
    }

    /// Width and height in pixels at 100%.
    pub fn size(&self) -> (f64, f64) {
        (self.scene.width, self.scene.height)
    }

    /// The figure as an SVG document. It scales with the element that holds it, and several of them can stand in
    /// one HTML page.
    pub fn svg(&self) -> String {
        let svg = SvgBackend::new().with_pretty(true).render_scene(&self.scene);
        // Ids are global to a page: an id made of the content is shared only by figures that are equal.
        let id = format!("{CLIP}-{:016x}", fnv1a(svg.as_bytes()));
        let svg = svg
            .replace(&format!("id=\"{CLIP}\""), &format!("id=\"{id}\""))
            .replace(&format!("clip-path=\"url(#{CLIP})\""), &format!("clip-path=\"url(#{id})\""));
        let (width, height) = self.size();
        let attributes = format!(
            "<svg viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{}\"",
            escaped(&self.title)
        );
        svg.replacen("<svg", &attributes, 1)
    }

    /// The figure as an SVG element for an HTML page that is light or dark. It has no background, and the colours of
    /// text, axes and marks are CSS variables, each with the colour of the light figure where the page doesn't set it:
    /// `--figure-ink`, `--figure-muted`, `--figure-grid`, `--figure-rule`, `--figure-paper` (what is behind the
    /// figure), `--figure-blue`, `--figure-vermillion`, `--figure-grey`. [`Figure::DARK`] sets them for a dark page. Cells
    /// of heat maps keep their colours, and so does the text in them.
    pub fn svg_for_page(&self) -> String {
        let paper = format!("<rect width=\"100%\" height=\"100%\" fill=\"{}\" />", style::BACKGROUND);
        let mut svg = self.svg().replacen(&paper, "", 1);
        for (name, color) in style::VARIABLES {
            // The library writes some colours as they are and others in small letters. Only values of attributes stand
            // between quotation marks: those of text are escaped.
            for written in [color, &color.to_lowercase()] {
                svg = svg.replace(&format!("\"{written}\""), &format!("\"var(--figure-{name},{color})\""));
            }
        }
        svg
    }

    /// The figure as a PNG with `scale` pixels for each pixel of the SVG.
    ///
    /// # Errors
    /// [`FigureError::Scale`] where `scale` isn't between 0.1 and 8, [`FigureError::Png`] where the encoder fails.
    pub fn png(&self, scale: f32) -> Result<Vec<u8>, FigureError> {
        if !(Self::SCALES.0..=Self::SCALES.1).contains(&scale) {
            return Err(FigureError::Scale { scale });
        }
        raster::png(&self.scene, scale).map_err(FigureError::Png)
    }

    /// Writes `name.svg` and `name.png` (at [`PNG_SCALE`]) into `folder`, which is made where it is missing, and
    /// gives their paths. Each file is written beside its place and then renamed into it, so that a reader sees
    /// the old file or the new one, never half of one.
    ///
    /// # Errors
    /// [`FigureError::Name`] where `name` isn't a plain file name, [`FigureError::Write`] with the path that could
    /// not be written.
    pub fn save(&self, folder: &Path, name: &str) -> Result<[PathBuf; 2], FigureError> {
        if name.is_empty() || name.starts_with('.') || name.contains(['/', '\\', '\0']) {
            return Err(FigureError::Name { name: name.into() });
        }
        // Both are drawn before either is written: an encoder's failure leaves no half of a pair.
        let svg = self.svg();
        let png = self.png(PNG_SCALE)?;
        fs::create_dir_all(folder).map_err(|source| FigureError::Write { path: folder.into(), source })?;
        let paths = [folder.join(format!("{name}.svg")), folder.join(format!("{name}.png"))];
        for (path, bytes) in paths.iter().zip([svg.as_bytes(), &png]) {
            write_whole(path, bytes).map_err(|source| FigureError::Write { path: path.clone(), source })?;
        }
        Ok(paths)
    }
}

/// Writes `bytes` to `path` by way of a file beside it, which doesn't stay behind when something fails.
fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    // The process id keeps two runs that write the same figure apart.
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{}.partial", std::process::id()));
    let beside = PathBuf::from(beside);
    let written = File::create(&beside)
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        // The first error is the one worth telling.
        let _ = fs::remove_file(&beside);
    }
    written
}

/// The 64-bit FNV-1a hash (Fowler, Noll, Vo): short, and the same on every machine.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::loss_curve;

    fn figure() -> Figure {
        loss_curve(&[(0.9, 1.0), (0.5, 0.6)], 2)
    }

    #[test]
    fn the_same_numbers_give_the_same_bytes() {
        assert_eq!(figure().svg(), figure().svg());
        assert_eq!(figure().png(1.0).expect("a PNG"), figure().png(1.0).expect("a PNG"));
    }

    #[test]
    fn a_page_decides_on_paper_and_ink() {
        let svg = figure().svg_for_page();
        for (name, color) in style::VARIABLES {
            assert!(Figure::DARK.contains(&format!("--figure-{name}:#")));
            assert!(!svg.to_uppercase().contains(&format!("\"{color}\"")), "{name}");
        }
        assert!(svg.contains("\"var(--figure-ink,#222222)\"") && !svg.contains("height=\"100%\""));
    }

    #[test]
    fn ids_are_unique_to_a_figure() {
        let id = |svg: &str| {
            let (_, rest) = svg.split_once("<clipPath id=\"").expect("a clip path");
            rest.split_once('"').expect("a closing quote").0.to_owned()
        };
        let (one, other) = (figure().svg(), loss_curve(&[(0.9, 1.0)], 1).svg());
        assert_ne!(id(&one), id(&other));
        assert!(one.contains(&format!("clip-path=\"url(#{})\"", id(&one))));
    }

    #[test]
    fn the_scale_multiplies_the_pixels() {
        let figure = figure();
        let (width, _) = figure.size();
        let png = figure.png(PNG_SCALE).expect("a PNG");
        assert_eq!(&png[12..16], b"IHDR");
        assert_eq!(f64::from(u32::from_be_bytes([png[16], png[17], png[18], png[19]])), width * 2.0);
        for scale in [0.0, -1.0, 9.0, f32::NAN] {
            assert!(matches!(figure.png(scale), Err(FigureError::Scale { .. })));
        }
    }

    #[test]
    fn saving_leaves_two_files_and_nothing_else() {
        let folder = tempfile::tempdir().expect("a folder");
        let inner = folder.path().join("made/on/the/way");
        for _ in 0..2 {
            let paths = figure().save(&inner, "loss").expect("a writable folder");
            assert_eq!(fs::read_to_string(&paths[0]).expect("the SVG"), figure().svg());
            assert_eq!(fs::read(&paths[1]).expect("the PNG"), figure().png(PNG_SCALE).expect("a PNG"));
        }
        let mut names: Vec<_> = fs::read_dir(&inner)
            .expect("the folder")
            .map(|entry| entry.expect("an entry").file_name())
            .collect();
        names.sort();
        assert_eq!(names, ["loss.png", "loss.svg"]);
    }

    #[test]
    fn what_cannot_be_written_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("file");
        fs::write(&file, "in the way").expect("a writable folder");
        let error = figure().save(&file, "loss").expect_err("a file is no folder");
        assert!(error.to_string().starts_with(&format!("can't write {}: ", file.display())), "{error}");

        fs::create_dir(folder.path().join("loss.svg")).expect("a writable folder");
        let error = figure().save(folder.path(), "loss").expect_err("a folder is in the way");
        assert!(error.to_string().contains("loss.svg: "), "{error}");
        assert!(!folder.path().join("loss.png").exists());
    }

    #[test]
    fn names_stay_in_the_folder() {
        let folder = tempfile::tempdir().expect("a folder");
        for name in ["", "../loss", "a/b", "..", ".hidden"] {
            assert!(matches!(figure().save(folder.path(), name), Err(FigureError::Name { .. })), "{name}");
        }
    }
}
