//! The style of a role, as people write it: `bold red`, `#d75f00`, `bold black on yellow`.

use super::super::settings::nearest;
use crate::domain::text::clean;

/// A colour of a theme.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ThemeColor {
    /// One of the terminal's 16 colours or of the 256.
    Indexed(u8),
    Rgb(u8, u8, u8),
}

/// How text of a role looks; without colours it has the terminal's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(clippy::struct_excessive_bools, reason = "attributes are independent switches")]
pub struct RoleStyle {
    pub fg: Option<ThemeColor>,
    pub bg: Option<ThemeColor>,
    pub bold: bool,
    pub dim: bool,
    pub italic: bool,
    pub underline: bool,
    pub reverse: bool,
}

/// The 16 colours in the order of their numbers.
const COLORS: [&str; 16] = [
    "black",
    "red",
    "green",
    "yellow",
    "blue",
    "magenta",
    "cyan",
    "white",
    "bright-black",
    "bright-red",
    "bright-green",
    "bright-yellow",
    "bright-blue",
    "bright-magenta",
    "bright-cyan",
    "bright-white",
];

/// Words that are no colours.
const WORDS: [&str; 7] = ["bold", "dim", "italic", "underline", "reverse", "on", "default"];

impl RoleStyle {
    /// Reads attributes, a colour, and after `on` the background's.
    ///
    /// # Errors
    /// The word that is none of these.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut style = Self::default();
        let mut words = text.split_whitespace();
        while let Some(word) = words.next() {
            match word {
                "bold" => style.bold = true,
                "dim" => style.dim = true,
                "italic" => style.italic = true,
                "underline" => style.underline = true,
                "reverse" => style.reverse = true,
                "on" => style.bg = color(words.next().ok_or("there is no colour after `on`")?)?,
                _ => style.fg = color(word)?,
            }
        }
        Ok(style)
    }
}

/// `None` is the terminal's own colour.
fn color(word: &str) -> Result<Option<ThemeColor>, String> {
    if word == "default" {
        return Ok(None);
    }
    let named = COLORS.iter().zip(0..).find(|(name, _)| **name == word).map(|(_, n)| ThemeColor::Indexed(n));
    let numbered = || word.parse().ok().map(ThemeColor::Indexed);
    named.or_else(numbered).or_else(|| rgb(word)).map(Some).ok_or_else(|| {
        let word = clean(word);
        let near = nearest(&word, COLORS.into_iter().chain(WORDS));
        let advice = near.map_or_else(
            || "write a colour (red, bright-blue, 0 to 255, #d75f00), bold, dim, italic, underline, reverse, or on COLOUR".into(),
            |near| format!("did you mean `{near}`?"),
        );
        format!("`{word}` is no colour and no attribute; {advice}")
    })
}

fn rgb(word: &str) -> Option<ThemeColor> {
    let digits = word.strip_prefix('#').filter(|digits| digits.len() == 6 && digits.is_ascii())?;
    let part = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).ok();
    Some(ThemeColor::Rgb(part(0)?, part(2)?, part(4)?))
}
