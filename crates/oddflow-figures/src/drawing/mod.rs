//! What figures are drawn with: a frame with axes or a bare page, a pen, colours, and words and numbers as a reader
//! wants them. Nothing here knows what any figure is about.

pub(crate) mod bars;
pub(crate) mod color_key;
pub(crate) mod date_axis;
pub(crate) mod dates;
pub(crate) mod frame;
pub(crate) mod map;
pub(crate) mod marks;
pub(crate) mod numbers;
pub(crate) mod page;
pub(crate) mod palette;
pub(crate) mod pen;
pub(crate) mod quantity;
pub(crate) mod raster;
pub(crate) mod rows;
pub(crate) mod spacing;
pub(crate) mod style;
pub(crate) mod text;
pub(crate) mod ticks;
