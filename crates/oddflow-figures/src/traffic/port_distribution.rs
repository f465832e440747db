//! Which ports are used: a histogram of 0 to 65535, with the mean and notable ports marked.

use crate::{Figure, Heading, Mark, Spacing, Width};

/// Uses of ports, counted in ranges of equal width.
#[derive(Clone, Copy, Debug, Default)]
pub struct PortDistribution<'a> {
    /// The words around it.
    pub heading: Heading<'a>,
    /// What a count counts, in the singular: `connection`.
    pub counted: &'a str,
    /// Counts of equal parts of 0..65536 in order: 64 of them are 1024 ports each. More than are told apart by eye
    /// are added up.
    pub counts: &'a [u64],
    /// How counts lie along the y axis.
    pub spacing: Spacing,
    /// The mean port, where there is one.
    pub mean: Option<f64>,
    /// Ports that stand out, with what they are for: (`https`, 443).
    pub notable: &'a [Mark<'a>],
}

/// Draws the histogram of ports.
pub fn port_distribution(ports: &PortDistribution<'_>, width: Width) -> Figure {
    ports.heading.page(width).draw(0.0, |_| {})
}
