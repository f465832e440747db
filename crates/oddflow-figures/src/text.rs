//! Text as a figure needs it: its width in pixels, its shortening, and its escape from the plotting library's own
//! markup. The library keeps its font metrics to itself, hence the table.

/// Advance widths of the printable ASCII characters, from space to tilde, in hundredths of the font size. Read from
/// the `hmtx` table of DejaVu Sans 2.37, the font that is drawn in the PNG.
#[rustfmt::skip]
const ADVANCES: [u8; 95] = [
    32, 40, 46, 84, 64, 95, 78, 27, 39, 39, 50, 84, 32, 36, 32, 34, 64, 64, 64, 64, 64, 64, 64, 64,
    64, 64, 34, 34, 84, 84, 84, 53, 100, 68, 69, 70, 77, 63, 58, 77, 75, 29, 29, 66, 56, 86, 75, 79,
    60, 79, 69, 63, 61, 73, 68, 99, 69, 61, 69, 39, 34, 39, 84, 50, 50, 61, 63, 55, 63, 62, 35, 63,
    63, 28, 28, 58, 28, 97, 63, 61, 63, 63, 41, 52, 39, 63, 59, 82, 59, 59, 52, 64, 34, 64, 84,
];

/// An em: what a character outside the table is taken to be. Too wide rather than too narrow.
const WIDEST: u8 = 100;

/// How much wider bold text may be than [`width`] says; DejaVu Sans Bold is 8 to 15% wider, by the letters.
pub(crate) const BOLD: f64 = 1.15;

/// Width of `text` in pixels at `size` pixels.
pub(crate) fn width(text: &str, size: u32) -> f64 {
    let hundredths: u32 = text
        .chars()
        .map(|c| {
            let place = (c as usize).checked_sub(' ' as usize);
            u32::from(place.and_then(|i| ADVANCES.get(i)).copied().unwrap_or(WIDEST))
        })
        .sum();
    f64::from(hundredths) / 100.0 * f64::from(size)
}

/// `text` cut to `max` characters, the last of them an ellipsis where something is missing.
pub(crate) fn shortened(text: &str, max: usize) -> String {
    if text.chars().count() <= max {
        return text.into();
    }
    text.chars().take(max.saturating_sub(1)).chain(['…']).collect()
}

/// `text` with every control character made visible: names come from logs, and XML has no place for controls.
pub(crate) fn printable(text: &str) -> String {
    // U+FFFE and U+FFFF are no characters and XML refuses them too.
    text.chars()
        .map(|c| if c.is_control() || matches!(c, '\u{FFFE}' | '\u{FFFF}') { '�' } else { c })
        .collect()
}

/// `text` for the parts that the library sets by itself, where a pair of dollar signs would begin a formula.
pub(crate) fn plain(text: &str) -> String {
    printable(text).replace('$', r"\$")
}

/// `text` in lines no wider than `limit` pixels, broken between words.
pub(crate) fn wrapped(text: &str, size: u32, limit: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if width(line, size) + width(" ", size) + width(word, size) <= limit => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.into()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_follow_the_font() {
        assert_eq!(width("", 12), 0.0);
        assert!(width("iii", 12) < width("mmm", 12));
        assert!((width("0", 100) - 64.0).abs() < 1e-9);
        assert!((width("é", 100) - 100.0).abs() < 1e-9);
    }

    #[test]
    fn long_text_ends_in_an_ellipsis() {
        assert_eq!(shortened("conn_state", 10), "conn_state");
        assert_eq!(shortened("conn_state_S0", 10), "conn_stat…");
    }

    #[test]
    fn dollars_and_controls_do_no_harm() {
        assert_eq!(plain("IPC$ and C$"), r"IPC\$ and C\$");
        assert_eq!(printable("a\u{0}b\nc"), "a�b�c");
    }

    #[test]
    fn lines_break_between_words() {
        assert_eq!(wrapped("one two three", 10, 60.0), ["one two", "three"]);
        assert!(wrapped("", 10, 60.0).is_empty());
    }
}
