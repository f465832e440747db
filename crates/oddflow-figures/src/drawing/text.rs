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

/// The same of the characters that figures add to names: the minus sign, the ellipsis, the multiplication sign, the
/// micro sign.
const OTHER_ADVANCES: [(char, u8); 4] = [('−', 84), ('…', 100), ('×', 84), ('µ', 64)];

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
            let other = || OTHER_ADVANCES.iter().find(|other| other.0 == c).map(|other| other.1);
            u32::from(place.and_then(|i| ADVANCES.get(i)).copied().or_else(other).unwrap_or(WIDEST))
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

/// `text` cut in the middle so that it is no wider than `room` pixels: the two ends of an address or a host's name
/// tell more than its middle. At least an ellipsis is left.
pub(crate) fn cut_in_the_middle(text: &str, size: u32, room: f64) -> String {
    if width(text, size) <= room {
        return text.into();
    }
    let chars: Vec<char> = text.chars().collect();
    let cut = |kept: usize| -> String {
        let (head, tail) = (kept.div_ceil(2), kept / 2);
        chars[..head].iter().chain(&['…']).chain(&chars[chars.len() - tail..]).collect()
    };
    // No more characters than the narrowest letters would have: a name may have megabytes.
    let most = chars.len().saturating_sub(1).min((room.max(0.0) / (0.27 * f64::from(size))) as usize);
    (0..=most).rev().map(cut).find(|cut| width(cut, size) <= room).unwrap_or_else(|| "…".into())
}

/// Names cut in the middle like [`cut_in_the_middle`], but so that names that differ look different. Of those that would look the
/// same the beginning that they share is left out; where that is not enough, they have numbers.
pub(crate) fn cut_apart(names: &[String], size: u32, room: f64) -> Vec<String> {
    let mut cut: Vec<String> = names.iter().map(|name| cut_in_the_middle(name, size, room)).collect();
    for i in 0..names.len() {
        let twins: Vec<usize> = (i..names.len()).filter(|&j| cut[j] == cut[i]).collect();
        if twins.iter().all(|&j| names[j] == names[i]) {
            continue;
        }
        let shared = twins.iter().map(|&j| shared_beginning(&names[i], &names[j])).min().unwrap_or(0);
        let without = |j: usize| {
            let rest: String = names[j].chars().skip(shared).collect();
            cut_in_the_middle(&rest, size, room - width("…", size))
        };
        for (number, &j) in twins.iter().enumerate() {
            let is_alone = twins.iter().all(|&k| names[k] == names[j] || without(k) != without(j));
            cut[j] = if shared > 0 && is_alone {
                format!("…{}", without(j))
            } else {
                let number = format!(" #{}", number + 1);
                cut_in_the_middle(&names[j], size, room - width(&number, size)) + &number
            };
        }
    }
    cut
}

/// How many characters two texts begin with alike.
fn shared_beginning(one: &str, other: &str) -> usize {
    one.chars().zip(other.chars()).take_while(|(a, b)| a == b).count()
}

/// `text` with every control character made visible: names come from logs, and XML has no place for controls.
pub(crate) fn printable(text: &str) -> String {
    text.chars().map(|c| if is_harmful(c) { '�' } else { c }).collect()
}

/// Whether a character has no place in a figure: XML refuses it, or it makes a name look like another by turning the
/// direction of what follows.
fn is_harmful(c: char) -> bool {
    const TURNS: [std::ops::RangeInclusive<char>; 3] =
        ['\u{200E}'..='\u{200F}', '\u{202A}'..='\u{202E}', '\u{2066}'..='\u{2069}'];
    // U+FFFE and U+FFFF are no characters, and XML refuses them as it does controls.
    c.is_control() || matches!(c, '\u{FFFE}' | '\u{FFFF}') || TURNS.iter().any(|turn| turn.contains(&c))
}

/// `text` for the parts that the library sets by itself, where a pair of dollar signs would begin a formula.
pub(crate) fn plain(text: &str) -> String {
    printable(text).replace('$', r"\$")
}

/// `text` in lines no wider than `limit` pixels, broken between words. A word that is wider is cut in its middle.
pub(crate) fn wrapped(text: &str, size: u32, limit: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let word = cut_in_the_middle(word, size, limit);
        match lines.last_mut() {
            Some(line) if width(line, size) + width(" ", size) + width(&word, size) <= limit => {
                line.push(' ');
                line.push_str(&word);
            }
            _ => lines.push(word),
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
    fn names_that_differ_look_different() {
        let endings = ["http", "quic", "smb"];
        let long = |middle: &str| format!("{}{middle}{}", "dns,".repeat(30), ",ssl".repeat(30));
        let names: Vec<String> =
            endings.iter().map(|end| long(end)).chain(["dns".into(), long("http")]).collect();
        let cut = cut_apart(&names, 12, 200.0);
        assert_eq!((&*cut[3], &cut[4]), ("dns", &cut[0]));
        assert!(cut[0] != cut[1] && cut[1] != cut[2] && cut[0] != cut[2], "{cut:?}");
        assert!(cut.iter().all(|name| width(name, 12) <= 200.0), "{cut:?}");
        // What they differ by is too long to be seen.
        let names = ["a".repeat(300) + "b" + &"c".repeat(300), "a".repeat(299) + "b" + &"c".repeat(301)];
        let cut = cut_apart(&names, 12, 200.0);
        assert_ne!(cut[0], cut[1]);
    }

    #[test]
    fn names_are_cut_in_the_middle() {
        let address = "2001:db8:1234:5678:9abc:def0:1234:5678";
        let cut = cut_in_the_middle(address, 12, 120.0);
        assert!(cut.starts_with("2001:db8") && cut.ends_with(":5678") && cut.contains('…'), "{cut}");
        assert!(width(&cut, 12) <= 120.0);
        assert_eq!(cut_in_the_middle("dns", 12, 120.0), "dns");
        assert_eq!(cut_in_the_middle("dns,http", 12, 0.0), "…");
        assert_eq!(cut_in_the_middle(&"i".repeat(1 << 20), 12, 40.0).matches('…').count(), 1);
    }

    #[test]
    fn dollars_and_controls_do_no_harm() {
        assert_eq!(plain("IPC$ and C$"), r"IPC\$ and C\$");
        assert_eq!(printable("a\u{0}b\nc"), "a�b�c");
        assert_eq!(printable("exe.\u{202E}fdp"), "exe.�fdp");
    }

    #[test]
    fn lines_break_between_words() {
        assert_eq!(wrapped("one two three", 10, 60.0), ["one two", "three"]);
        assert!(wrapped("", 10, 60.0).is_empty());
    }
}
