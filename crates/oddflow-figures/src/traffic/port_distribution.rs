//! Which ports are used: a histogram of 0 to 65535, with the mean and notable ports marked.

use kuva::plot::LinePlot;

use crate::drawing::bars::{count_axis, draw_bar};
use crate::drawing::frame::{Axis, Frame, Scale};
use crate::drawing::marks::{MOST_MARKS, Marks};
use crate::drawing::numbers;
use crate::drawing::pen::{Anchor, Type};
use crate::drawing::style;
use crate::{Figure, Heading, Mark, Spacing, Width};

/// Uses of ports, counted in ranges of equal width.
#[derive(Clone, Copy, Debug, Default)]
pub struct PortDistribution<'a> {
    /// The words around it.
    pub heading: Heading<'a>,
    /// What a count counts, in the singular: `connection`.
    pub counted: &'a str,
    /// Counts of equal parts of 0..65536 in order: 64 of them are 1024 ports each. Where they are more than there are
    /// pixels, neighbours are added up.
    pub counts: &'a [u64],
    /// How counts lie along the y axis.
    pub spacing: Spacing,
    /// The mean port, where there is one.
    pub mean: Option<f64>,
    /// Ports that stand out, with what they are for: `https`, 443. Those that are no ports are left out, and so are
    /// those beyond the ninth; a note says so.
    pub notable: &'a [Mark<'a>],
}

/// One more than the highest port.
const PORTS: f64 = 65_536.0;
/// About as many bars as the eye tells apart.
const MOST_BARS: usize = 256;

/// Draws the histogram of ports. The mean is set apart from the ports by its word.
pub fn port_distribution(ports: &PortDistribution<'_>, width: Width) -> Figure {
    let counts: Vec<u64> = ports
        .counts
        .chunks(ports.counts.len().div_ceil(MOST_BARS).max(1))
        .map(|part| part.iter().fold(0, |sum: u64, &count| sum.saturating_add(count)))
        .collect();
    let whole = counts.iter().fold(0, |sum: u64, &count| sum.saturating_add(count));
    let is_port = |port: f64| (0.0..PORTS).contains(&port);
    let mean = ports.mean.filter(|&mean| is_port(mean));
    let mut marks: Vec<(f64, String)> =
        mean.map(|mean| (mean, format!("mean {mean:.0}"))).into_iter().collect();
    let notable = ports.notable.iter().filter(|mark| is_port(mark.value));
    marks.extend(notable.map(|mark| (mark.value, format!("{:.0} {}", mark.value, mark.label))));
    marks.truncate(MOST_MARKS);
    let mut notes = ports.heading.notes.to_vec();
    let lost = ports.notable.len() + usize::from(ports.mean.is_some()) - marks.len();
    if lost > 0 {
        let marks = numbers::counted(lost as u64, "port");
        notes.push(format!("{marks} not marked: no port, or too many to be marked."));
    }
    let step = if width == Width::Page { 10_000.0 } else { 20_000.0 };
    let highest = counts.iter().copied().max().unwrap_or(0);
    let mut frame = Frame {
        title: ports.heading.title.into(),
        subtitle: ports.heading.subtitle_with(&numbers::counted(whole, ports.counted)),
        legend: Vec::new(),
        marks: 0,
        x: Axis::new("port", (0.0, PORTS), Scale::Linear { step }),
        y: count_axis(&format!("{}s", ports.counted), highest, ports.spacing),
        notes,
        width: width.pixels(),
    };
    let x = frame.x_map();
    let marks = Marks::place(&marks, &x, (x.pixel(0.0), x.pixel(PORTS)));
    frame.marks = marks.lines();
    frame.draw(vec![LinePlot::new().into()], |pen| {
        let each = PORTS / counts.len().max(1) as f64;
        for (i, &count) in counts.iter().enumerate().filter(|part| *part.1 > 0) {
            let from = i as f64 * each;
            draw_bar(pen, pen.x(from), pen.x(from + each), count as f64, style::BLUE);
        }
        marks.draw(pen, style::VERMILLION);
        if whole == 0 {
            let area = pen.area();
            let (x, y) = ((area.left + area.right) / 2.0, (area.top + area.bottom) / 2.0);
            pen.text(x, y, &format!("no {}s", ports.counted), Type::STRONG, Anchor::Middle);
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{check, words};

    fn drawn(counts: &[u64], mean: Option<f64>, notable: &[Mark<'_>]) -> String {
        let heading = Heading { title: "Source ports", subtitle: "", notes: &[] };
        let spacing = Spacing::Log;
        let ports = PortDistribution { heading, counted: "connection", counts, spacing, mean, notable };
        let figure = port_distribution(&ports, Width::Page);
        check(&figure);
        check(&port_distribution(&ports, Width::Phone));
        words(&figure)
    }

    #[test]
    fn the_mean_and_notable_ports() {
        let counts: Vec<u64> = (0..64).map(|i| i * 10).collect();
        let mark = |label, value| Mark { label, value };
        let notable = [mark("dns", 53.0), mark("https", 443.0), mark("no port", 70_000.0)];
        insta::assert_snapshot!(drawn(&counts, Some(43_520.4), &notable));
    }

    #[test]
    fn any_number_of_counts() {
        for count in [0, 1, 3, 256, 257, 65_536] {
            drawn(&vec![7; count], None, &[]);
            drawn(&vec![u64::MAX; count], Some(f64::NAN), &[]);
        }
    }
}
