//! A progress bar as text, which needs no colour.

use crate::tui::glyphs::Glyphs;

/// A bar of exactly `width` cells; unknown progress is a row of dots, not zero percent.
pub fn bar(percent: Option<u8>, width: usize, glyphs: &Glyphs) -> String {
    let Some(percent) = percent else {
        return (if glyphs.eighths.len() > 1 { "·" } else { " " }).repeat(width);
    };
    let steps = glyphs.eighths.len();
    let filled = width * steps * usize::from(percent.min(100)) / 100;
    let (whole, rest) = (filled / steps, filled % steps);
    let mut out = glyphs.full.repeat(whole);
    if whole < width {
        let partial = glyphs.eighths.get(rest).copied().unwrap_or_default();
        out.push_str(partial);
        let used = whole + usize::from(!partial.is_empty());
        out.push_str(&glyphs.empty.repeat(width - used));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::term::Caps;
    use unicode_width::UnicodeWidthStr;

    #[test]
    fn bars_are_as_wide_as_asked() {
        for unicode in [true, false] {
            let caps = Caps { unicode, ..Caps::full() };
            let glyphs = Glyphs::of(&caps);
            for width in [0, 1, 7, 20] {
                for percent in [None, Some(0), Some(1), Some(50), Some(99), Some(100), Some(255)] {
                    assert_eq!(bar(percent, width, glyphs).width(), width, "{percent:?} {width}");
                }
            }
        }
        let ascii = Caps { unicode: false, ..Caps::full() };
        assert_eq!(bar(Some(50), 10, Glyphs::of(&ascii)), "#####.....");
    }
}
