//! What the tests of figures share: the words of a figure, and the checks that every figure must pass.

use crate::figure::Figure;

/// The texts of a figure in the order they are drawn, one a line. Where they stand and the shapes around them may
/// change with a taste; what is said may not.
pub(crate) fn words(figure: &Figure) -> String {
    let svg = figure.svg();
    let mut lines = Vec::new();
    for element in svg.split("<text").skip(1) {
        let (_, content) = element.split_once('>').expect("a text element has an opening tag");
        let (content, _) = content.split_once("</text>").expect("a text element is closed");
        let plain: String = content.split('<').map(|part| part.rsplit('>').next().unwrap_or(part)).collect();
        let plain = plain
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&quot;", "\"")
            .replace("&apos;", "'")
            .replace("&amp;", "&");
        lines.push(plain.trim().to_owned());
    }
    lines.join("\n")
}

/// Fails unless a figure can be written in both forms, at its size, with every number in it a number.
pub(crate) fn check(figure: &Figure) {
    let svg = figure.svg();
    assert!(svg.starts_with("<svg ") && svg.trim_end().ends_with("</svg>"));
    assert!(svg.contains("viewBox=\"0 0 "));
    // Attributes stand between quotes; what lies outside of them is text.
    for (i, part) in svg.split('"').enumerate() {
        assert!(i % 2 == 0 || !(part.contains("NaN") || part.contains("inf")), "{part} in {svg}");
    }
    assert_eq!(svg, figure.svg());

    // Small, since there are many.
    let scale = 0.25;
    let png = figure.png(scale).expect("a figure has a PNG");
    assert_eq!(&png[..8], b"\x89PNG\r\n\x1a\n");
    let number = |at: usize| u32::from_be_bytes([png[at], png[at + 1], png[at + 2], png[at + 3]]);
    let pixels = |length: f64| (length * f64::from(scale)).ceil();
    let (width, height) = figure.size();
    assert_eq!((f64::from(number(16)), f64::from(number(20))), (pixels(width), pixels(height)));
}
