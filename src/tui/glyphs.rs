//! Glyphs that are not letters, in Unicode and in ASCII.

use ratatui::symbols::border;

use crate::term::Caps;

/// The glyphs of a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Glyphs {
    pub border: border::Set<'static>,
    /// A full cell of a progress bar.
    pub full: &'static str,
    /// The last cell of a progress bar, by eighths; ASCII has whole cells only.
    pub eighths: &'static [&'static str],
    /// An empty cell of a progress bar.
    pub empty: &'static str,
    /// Stands for text that is cut off.
    pub ellipsis: &'static str,
    pub spinner: &'static [&'static str],
    /// Marks the sort column: normal and reversed order.
    pub order: [&'static str; 2],
}

const UNICODE: Glyphs = Glyphs {
    border: border::PLAIN,
    full: "█",
    eighths: &["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"],
    empty: "░",
    ellipsis: "…",
    spinner: &["⠋", "⠙", "⠸", "⠴", "⠦", "⠇"],
    order: ["▲", "▼"],
};

const ASCII: Glyphs = Glyphs {
    border: border::Set {
        top_left: "+",
        top_right: "+",
        bottom_left: "+",
        bottom_right: "+",
        vertical_left: "|",
        vertical_right: "|",
        horizontal_top: "-",
        horizontal_bottom: "-",
    },
    full: "#",
    eighths: &[""],
    empty: ".",
    ellipsis: "~",
    spinner: &["-", "\\", "|", "/"],
    order: ["^", "v"],
};

impl Glyphs {
    /// The glyphs this terminal can show.
    pub fn of(caps: &Caps) -> &'static Self {
        if caps.unicode && !caps.line_mode { &UNICODE } else { &ASCII }
    }
}
