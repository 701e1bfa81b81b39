//! Every mark that is not a letter, in Unicode and in ASCII.

use ratatui::symbols::border;

use crate::term::Caps;

/// The marks a terminal can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Glyphs {
    /// Borders of panes.
    pub border: border::Set<'static>,
    /// A full cell of a bar.
    pub full: &'static str,
    /// The last cell of a bar, by eighths; ASCII has whole cells only.
    pub eighths: &'static [&'static str],
    /// An empty cell of a bar.
    pub empty: &'static str,
    /// What is cut off.
    pub ellipsis: &'static str,
    /// Frames of the spinner.
    pub spinner: &'static [&'static str],
    /// Between two places.
    pub arrow: &'static str,
    /// Ascending and descending.
    pub order: [&'static str; 2],
}

const UNICODE: Glyphs = Glyphs {
    border: border::PLAIN,
    full: "█",
    eighths: &["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"],
    empty: "░",
    ellipsis: "…",
    spinner: &["⠋", "⠙", "⠸", "⠴", "⠦", "⠇"],
    arrow: ">",
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
    arrow: ">",
    order: ["^", "v"],
};

impl Glyphs {
    /// Those this terminal can show.
    pub fn of(caps: &Caps) -> &'static Self {
        if caps.unicode { &UNICODE } else { &ASCII }
    }
}
