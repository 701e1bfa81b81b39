//! SGR sequences: the shortest change from the terminal's current style to another. The sixteen ANSI colours have
//! the shortest codes; a theme may have others.

use ratatui::style::{Color, Modifier};

/// Begins bold text, for what is printed by lines.
pub const BOLD: &str = "\x1b[1m";
/// Ends it.
pub const RESET: &str = "\x1b[0m";

/// Colours and attributes of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CellStyle {
    /// `Reset` is the terminal's default.
    pub fg: Color,
    /// `Reset` is the terminal's default.
    pub bg: Color,
    pub modifiers: Modifier,
}

impl CellStyle {
    /// Style after `ESC[0m`.
    pub const DEFAULT: Self = Self { fg: Color::Reset, bg: Color::Reset, modifiers: Modifier::empty() };

    /// Returns a cell's style, without colours unless `colors`.
    pub fn new(fg: Color, bg: Color, modifiers: Modifier, colors: bool) -> Self {
        if colors { Self { fg, bg, modifiers } } else { Self { modifiers, ..Self::DEFAULT } }
    }
}

/// Appends the shortest sequence that changes the terminal's style from `from` (`None` if unknown) to `to`.
pub fn change(out: &mut Vec<u8>, from: Option<CellStyle>, to: CellStyle) {
    if from == Some(to) {
        return;
    }
    let from_reset =
        if to == CellStyle::DEFAULT { "0".to_owned() } else { format!("0;{}", steps(CellStyle::DEFAULT, to)) };
    let codes = match from.map(|from| steps(from, to)) {
        Some(steps) if steps.len() < from_reset.len() => steps,
        _ => from_reset,
    };
    // `ESC[m` is `ESC[0m`, a byte shorter.
    let codes = if codes == "0" { "" } else { codes.as_str() };
    out.extend_from_slice(b"\x1b[");
    out.extend_from_slice(codes.as_bytes());
    out.push(b'm');
}

/// Attribute, code that sets it, code that clears it. Bold and dim share the latter, as do the blinks.
const ATTRIBUTES: [(Modifier, u8, u8); 9] = [
    (Modifier::BOLD, 1, 22),
    (Modifier::DIM, 2, 22),
    (Modifier::ITALIC, 3, 23),
    (Modifier::UNDERLINED, 4, 24),
    (Modifier::SLOW_BLINK, 5, 25),
    (Modifier::RAPID_BLINK, 6, 25),
    (Modifier::REVERSED, 7, 27),
    (Modifier::HIDDEN, 8, 28),
    (Modifier::CROSSED_OUT, 9, 29),
];

/// Returns the codes of the change without a reset.
fn steps(from: CellStyle, to: CellStyle) -> String {
    let mut codes = String::new();
    let mut put = |code: &str| {
        if !codes.is_empty() {
            codes.push(';');
        }
        codes.push_str(code);
    };
    let removed = from.modifiers.difference(to.modifiers);
    let mut kept = from.modifiers;
    let mut last = 0;
    for (modifier, _, off) in ATTRIBUTES {
        if removed.contains(modifier) && off != last {
            put(&off.to_string());
            last = off;
            // The code clears all attributes that share it.
            for (other, _, same) in ATTRIBUTES {
                if same == off {
                    kept.remove(other);
                }
            }
        }
    }
    for (modifier, on, _) in ATTRIBUTES {
        if to.modifiers.difference(kept).contains(modifier) {
            put(&on.to_string());
        }
    }
    if from.fg != to.fg {
        put(&color_code(to.fg, 30));
    }
    if from.bg != to.bg {
        put(&color_code(to.bg, 40));
    }
    codes
}

/// Returns the code of a colour; `base` is 30 for the foreground and 40 for the background.
fn color_code(color: Color, base: u8) -> String {
    match (index(color), color) {
        (Some(i @ 0..=7), _) => (base + i).to_string(),
        (Some(i), _) => (base + 60 + i - 8).to_string(),
        (None, Color::Indexed(i)) => format!("{};5;{i}", base + 8),
        (None, Color::Rgb(r, g, b)) => format!("{};2;{r};{g};{b}", base + 8),
        (None, _) => (base + 9).to_string(),
    }
}

/// Returns a colour's place among the sixteen ANSI colours.
fn index(color: Color) -> Option<u8> {
    Some(match color {
        Color::Black => 0,
        Color::Red => 1,
        Color::Green => 2,
        Color::Yellow => 3,
        Color::Blue => 4,
        Color::Magenta => 5,
        Color::Cyan => 6,
        Color::Gray => 7,
        Color::DarkGray => 8,
        Color::LightRed => 9,
        Color::LightGreen => 10,
        Color::LightYellow => 11,
        Color::LightBlue => 12,
        Color::LightMagenta => 13,
        Color::LightCyan => 14,
        Color::White => 15,
        Color::Indexed(i @ 0..=15) => i,
        Color::Reset | Color::Rgb(..) | Color::Indexed(_) => return None,
    })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn style(fg: Color, bg: Color, modifiers: Modifier) -> CellStyle {
        CellStyle { fg, bg, modifiers }
    }

    #[rstest]
    #[case(Some(CellStyle::DEFAULT), CellStyle::DEFAULT, "")]
    #[case(None, CellStyle::DEFAULT, "\x1b[m")]
    #[case(Some(CellStyle::DEFAULT), style(Color::Red, Color::Reset, Modifier::empty()), "\x1b[31m")]
    #[case(None, style(Color::Red, Color::Reset, Modifier::empty()), "\x1b[0;31m")]
    #[case(Some(CellStyle::DEFAULT), style(Color::White, Color::DarkGray, Modifier::BOLD), "\x1b[1;97;100m")]
    #[case(
        Some(style(Color::Red, Color::Reset, Modifier::BOLD)),
        style(Color::Red, Color::Reset, Modifier::DIM),
        "\x1b[22;2m"
    )]
    #[case(Some(style(Color::Red, Color::Blue, Modifier::BOLD)), CellStyle::DEFAULT, "\x1b[m")]
    #[case(Some(style(Color::Red, Color::Reset, Modifier::BOLD | Modifier::DIM)), style(Color::Red, Color::Reset, Modifier::DIM), "\x1b[22;2m")]
    #[case(
        Some(style(Color::Red, Color::Reset, Modifier::empty())),
        style(Color::Indexed(9), Color::Reset, Modifier::empty()),
        "\x1b[91m"
    )]
    #[case(
        Some(CellStyle::DEFAULT),
        style(Color::Indexed(166), Color::Rgb(1, 2, 3), Modifier::empty()),
        "\x1b[38;5;166;48;2;1;2;3m"
    )]
    #[case(Some(style(Color::Rgb(1, 2, 3), Color::Reset, Modifier::empty())), CellStyle::DEFAULT, "\x1b[m")]
    fn the_shortest_change(#[case] from: Option<CellStyle>, #[case] to: CellStyle, #[case] expected: &str) {
        let mut out = Vec::new();
        change(&mut out, from, to);
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn without_colours_only_attributes_remain() {
        let style = CellStyle::new(Color::Red, Color::Rgb(1, 2, 3), Modifier::BOLD, false);
        assert_eq!(style, CellStyle { modifiers: Modifier::BOLD, ..CellStyle::DEFAULT });
    }

    #[test]
    fn every_change_ends_at_the_style_a_reset_gives() {
        let styles: Vec<CellStyle> = [Color::Reset, Color::Red, Color::LightBlue, Color::White]
            .into_iter()
            .flat_map(|fg| {
                (0..16_u8).map(move |bits| {
                    let mut modifiers = Modifier::empty();
                    modifiers.set(Modifier::BOLD, bits & 1 > 0);
                    // vt100 keeps only one of bold and dim.
                    modifiers.set(Modifier::DIM, bits & 3 == 2);
                    modifiers.set(Modifier::UNDERLINED, bits & 4 > 0);
                    modifiers.set(Modifier::REVERSED, bits & 8 > 0);
                    style(fg, if bits % 3 == 0 { Color::Reset } else { Color::Green }, modifiers)
                })
            })
            .collect();
        let shown = |bytes: &[u8]| {
            let mut parser = crate::term::test_terminal(4, 1);
            parser.process(bytes);
            parser.process(b"x");
            parser.screen().cell(0, 0).unwrap().clone()
        };
        for from in &styles {
            for to in &styles {
                let mut stepwise = Vec::new();
                change(&mut stepwise, None, *from);
                change(&mut stepwise, Some(*from), *to);
                let mut directly = Vec::new();
                change(&mut directly, None, *to);
                assert_eq!(shown(&stepwise), shown(&directly), "{from:?} to {to:?}");
            }
        }
    }
}
