//! Colours and attributes to SGR bytes: the shortest change from what the terminal has to what it should have, in no
//! more colours than the palette allows. Owns the reduction of colours; knows nothing of cells.

use std::fmt::Write as _;

use ratatui::style::{Color, Modifier};

use super::caps::Palette;

/// One cell's looks, already reduced to the palette.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CellStyle {
    /// Foreground; `Reset` is the terminal's own.
    pub fg: Color,
    /// Background; `Reset` is the terminal's own.
    pub bg: Color,
    /// Attributes.
    pub modifiers: Modifier,
}

impl CellStyle {
    /// What a terminal has after `ESC[0m`.
    pub const DEFAULT: Self = Self { fg: Color::Reset, bg: Color::Reset, modifiers: Modifier::empty() };

    /// The looks in no more colours than the palette has.
    pub fn reduced(fg: Color, bg: Color, modifiers: Modifier, palette: Palette) -> Self {
        Self { fg: reduce(fg, palette), bg: reduce(bg, palette), modifiers }
    }
}

/// Appends what changes the terminal's looks from `from` (nothing if unknown) to `to`.
pub fn change(out: &mut Vec<u8>, from: Option<CellStyle>, to: CellStyle) {
    if from == Some(to) {
        return;
    }
    let anew = if to == CellStyle::DEFAULT { "0".to_owned() } else { format!("0;{}", steps(CellStyle::DEFAULT, to)) };
    let codes = match from.map(|from| steps(from, to)) {
        Some(steps) if steps.len() < anew.len() => steps,
        _ => anew,
    };
    // `ESC[m` is `ESC[0m`, a byte shorter.
    let codes = if codes == "0" { "" } else { codes.as_str() };
    out.extend_from_slice(b"\x1b[");
    out.extend_from_slice(codes.as_bytes());
    out.push(b'm');
}

/// Attribute, code that sets it, code that clears it. Bold and dim share the clearing code.
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

/// The codes one by one, without a reset.
fn steps(from: CellStyle, to: CellStyle) -> String {
    let mut codes = String::new();
    let mut put = |code: &str| {
        if !codes.is_empty() {
            codes.push(';');
        }
        codes.push_str(code);
    };
    let gone = from.modifiers.difference(to.modifiers);
    let mut kept = from.modifiers;
    let mut last = 0;
    for (modifier, _, off) in ATTRIBUTES {
        if gone.contains(modifier) && off != last {
            put(&off.to_string());
            last = off;
            // Clearing one of a pair clears the other.
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
        put(&colour(to.fg, 30));
    }
    if from.bg != to.bg {
        put(&colour(to.bg, 40));
    }
    codes
}

/// The code of a colour; `base` is 30 for the foreground and 40 for the background.
fn colour(colour: Color, base: u8) -> String {
    let mut code = String::new();
    let _ = match (colour, index(colour)) {
        (Color::Rgb(r, g, b), _) => write!(code, "{};2;{r};{g};{b}", base + 8),
        (_, None) => write!(code, "{}", base + 9),
        (_, Some(i @ 0..=7)) => write!(code, "{}", base + i),
        (_, Some(i @ 8..=15)) => write!(code, "{}", base + 60 + i - 8),
        (_, Some(i)) => write!(code, "{};5;{i}", base + 8),
    };
    code
}

/// A colour's place in the 256, if it has one.
fn index(colour: Color) -> Option<u8> {
    Some(match colour {
        Color::Reset | Color::Rgb(..) => return None,
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
        Color::Indexed(i) => i,
    })
}

fn reduce(colour: Color, palette: Palette) -> Color {
    match (palette, colour) {
        (_, Color::Reset) | (Palette::None, _) => Color::Reset,
        (Palette::Ansi256, Color::Rgb(r, g, b)) => Color::Indexed(cube(r, g, b)),
        (Palette::Ansi16, Color::Rgb(r, g, b)) => Color::Indexed(sixteen(r, g, b)),
        (Palette::Ansi16, Color::Indexed(i @ 16..)) => {
            let (r, g, b) = rgb(i);
            Color::Indexed(sixteen(r, g, b))
        }
        _ => colour,
    }
}

/// The levels of the 6x6x6 cube.
const LEVELS: [u8; 6] = [0, 95, 135, 175, 215, 255];

/// The nearest of the 256 outside the user's own sixteen.
fn cube(r: u8, g: u8, b: u8) -> u8 {
    (16..=255).min_by_key(|i| distance(rgb(*i), (r, g, b))).unwrap_or(16)
}

/// The nearest of the sixteen, by their customary values.
fn sixteen(r: u8, g: u8, b: u8) -> u8 {
    const CUSTOMARY: [(u8, u8, u8); 16] = [
        (0, 0, 0),
        (205, 0, 0),
        (0, 205, 0),
        (205, 205, 0),
        (0, 0, 238),
        (205, 0, 205),
        (0, 205, 205),
        (229, 229, 229),
        (127, 127, 127),
        (255, 0, 0),
        (0, 255, 0),
        (255, 255, 0),
        (92, 92, 255),
        (255, 0, 255),
        (0, 255, 255),
        (255, 255, 255),
    ];
    (0..16_u8).min_by_key(|i| distance(CUSTOMARY[usize::from(*i)], (r, g, b))).unwrap_or(7)
}

/// The value of a colour from 16 up.
fn rgb(i: u8) -> (u8, u8, u8) {
    if i >= 232 {
        let level = 8 + 10 * (i - 232);
        return (level, level, level);
    }
    let i = usize::from(i.saturating_sub(16));
    (LEVELS[i / 36], LEVELS[i / 6 % 6], LEVELS[i % 6])
}

fn distance(a: (u8, u8, u8), b: (u8, u8, u8)) -> u32 {
    [(a.0, b.0), (a.1, b.1), (a.2, b.2)].iter().map(|(x, y)| u32::from(x.abs_diff(*y)).pow(2)).sum()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn look(fg: Color, bg: Color, modifiers: Modifier) -> CellStyle {
        CellStyle { fg, bg, modifiers }
    }

    #[rstest]
    #[case(Some(CellStyle::DEFAULT), CellStyle::DEFAULT, "")]
    #[case(None, CellStyle::DEFAULT, "\x1b[m")]
    #[case(Some(CellStyle::DEFAULT), look(Color::Red, Color::Reset, Modifier::empty()), "\x1b[31m")]
    #[case(None, look(Color::Red, Color::Reset, Modifier::empty()), "\x1b[0;31m")]
    #[case(Some(CellStyle::DEFAULT), look(Color::White, Color::DarkGray, Modifier::BOLD), "\x1b[1;97;100m")]
    #[case(
        Some(look(Color::Red, Color::Reset, Modifier::BOLD)),
        look(Color::Red, Color::Reset, Modifier::DIM),
        "\x1b[22;2m"
    )]
    #[case(Some(look(Color::Red, Color::Blue, Modifier::BOLD)), CellStyle::DEFAULT, "\x1b[m")]
    #[case(Some(look(Color::Red, Color::Reset, Modifier::BOLD | Modifier::DIM)), look(Color::Red, Color::Reset, Modifier::DIM), "\x1b[22;2m")]
    #[case(
        Some(look(Color::Red, Color::Reset, Modifier::empty())),
        look(Color::Indexed(200), Color::Reset, Modifier::empty()),
        "\x1b[38;5;200m"
    )]
    #[case(Some(CellStyle::DEFAULT), look(Color::Reset, Color::Rgb(1, 2, 3), Modifier::empty()), "\x1b[48;2;1;2;3m")]
    fn the_shortest_change(#[case] from: Option<CellStyle>, #[case] to: CellStyle, #[case] expected: &str) {
        let mut out = Vec::new();
        change(&mut out, from, to);
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[rstest]
    #[case(Color::Red, Palette::None, Color::Reset)]
    #[case(Color::Rgb(1, 2, 3), Palette::None, Color::Reset)]
    #[case(Color::LightCyan, Palette::Ansi16, Color::LightCyan)]
    #[case(Color::Indexed(3), Palette::Ansi16, Color::Indexed(3))]
    #[case(Color::Indexed(196), Palette::Ansi16, Color::Indexed(9))]
    #[case(Color::Rgb(250, 250, 250), Palette::Ansi16, Color::Indexed(15))]
    #[case(Color::Rgb(255, 0, 0), Palette::Ansi256, Color::Indexed(196))]
    #[case(Color::Rgb(8, 8, 8), Palette::Ansi256, Color::Indexed(232))]
    #[case(Color::Rgb(9, 8, 7), Palette::True, Color::Rgb(9, 8, 7))]
    fn no_more_colours_than_the_palette_has(#[case] colour: Color, #[case] palette: Palette, #[case] expected: Color) {
        assert_eq!(reduce(colour, palette), expected);
    }

    /// Every step from one look to another, as a terminal takes it, ends at the other.
    #[test]
    fn every_change_arrives() {
        let looks: Vec<CellStyle> = [Color::Reset, Color::Red, Color::LightBlue, Color::Indexed(99)]
            .into_iter()
            .flat_map(|fg| {
                (0..16_u8).map(move |bits| {
                    let mut modifiers = Modifier::empty();
                    modifiers.set(Modifier::BOLD, bits & 1 > 0);
                    // vt100 knows one of bold and dim at a time.
                    modifiers.set(Modifier::DIM, bits & 3 == 2);
                    modifiers.set(Modifier::UNDERLINED, bits & 4 > 0);
                    modifiers.set(Modifier::REVERSED, bits & 8 > 0);
                    look(fg, if bits % 3 == 0 { Color::Reset } else { Color::Green }, modifiers)
                })
            })
            .collect();
        let shown = |bytes: &[u8]| {
            let mut parser = crate::term::shown_by(4, 1);
            parser.process(bytes);
            parser.process(b"x");
            parser.screen().cell(0, 0).unwrap().clone()
        };
        for from in &looks {
            for to in &looks {
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
