//! Frames: a picture is drawn whole in memory, and what changed goes out in one write.
//!
//! An idle frame writes no byte. Owns synchronised output and the full repaint; what a cell looks like in bytes is
//! the painter's.

use std::io::{self, Write};

use ratatui::{Frame, Terminal, buffer::Buffer, layout::Size};
use unicode_width::UnicodeWidthStr;

use super::{caps::Caps, painter::Painter};

/// Larger sizes than any screen come from a confused line, and would cost memory by the gigabyte.
const LARGEST: (u16, u16) = (1_000, 500);

/// A screen over any writer.
#[derive(Debug)]
pub struct Screen<W: Write> {
    terminal: Terminal<Painter>,
    out: W,
    sync: bool,
    /// The next frame is written whole.
    whole: bool,
}

impl<W: Write> Screen<W> {
    /// A screen of (columns, rows); the first frame is written whole.
    pub fn new(out: W, size: (u16, u16), caps: &Caps) -> Self {
        let Ok(terminal) = Terminal::new(Painter::new(within(size), caps));
        Self { terminal, out, sync: caps.sync, whole: true }
    }

    /// Draws one frame and tells how many bytes went out: none if nothing changed.
    ///
    /// # Errors
    /// If the writer fails; the next frame is then written whole.
    pub fn draw(&mut self, render: impl FnOnce(&mut Frame<'_>)) -> io::Result<usize> {
        if std::mem::take(&mut self.whole) {
            // Not `Terminal::clear`: it wants the cursor's position. Swapping empties the buffer of what was shown.
            self.terminal.backend_mut().forget();
            let Ok(()) = ratatui::backend::Backend::clear(self.terminal.backend_mut());
            self.terminal.swap_buffers();
        }
        let Ok(_) = self.terminal.draw(|frame| {
            render(frame);
            repair_wide_cells(frame.buffer_mut());
        });
        let bytes = self.terminal.backend_mut().take();
        if bytes.is_empty() {
            return Ok(0);
        }
        let bytes = if self.sync { [b"\x1b[?2026h", bytes.as_slice(), b"\x1b[?2026l"].concat() } else { bytes };
        let written = self.out.write_all(&bytes).and_then(|()| self.out.flush());
        self.whole = written.is_err();
        written.map(|()| bytes.len())
    }

    /// The next frame is written whole, whatever the screen shows now.
    pub fn repaint(&mut self) {
        self.whole = true;
    }

    /// The terminal has another size now; the next frame is written whole, because terminals reflow differently.
    pub fn resize(&mut self, columns: u16, rows: u16) {
        self.terminal.backend_mut().set_size(within((columns, rows)));
        let Ok(()) = self.terminal.autoresize();
        self.whole = true;
    }

    /// The size drawn for, as (columns, rows).
    pub fn size(&self) -> (u16, u16) {
        let Ok(size) = self.terminal.size();
        (size.width, size.height)
    }

    /// Other capabilities from now on, for example by a setting; the next frame is written whole.
    pub fn set_caps(&mut self, caps: &Caps) {
        self.sync = caps.sync;
        self.terminal.backend_mut().set_caps(caps);
        self.whole = true;
    }

    /// Writes a sequence that shows nothing (see [`super::osc`]) between two frames.
    pub fn emit(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.out.write_all(bytes)?;
        self.out.flush()
    }

    /// The writer.
    pub fn writer_mut(&mut self) -> &mut W {
        &mut self.out
    }
}

/// Blanks wide characters whose second column something else was drawn over, such as a box's edge: the terminal would
/// show the character and hide the edge.
fn repair_wide_cells(buffer: &mut Buffer) {
    let width = usize::from(buffer.area.width);
    for i in 1..buffer.content.len() {
        let [first, second] = &mut buffer.content[i - 1..=i] else { continue };
        let same_row = !i.is_multiple_of(width);
        if same_row && !first.symbol().is_ascii() && second.symbol() != " " && first.symbol().width() > 1 {
            first.set_symbol(" ");
        }
    }
}

fn within((columns, rows): (u16, u16)) -> Size {
    Size::new(columns.min(LARGEST.0), rows.min(LARGEST.1))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use ratatui::{
        style::{Color, Modifier, Style},
        text::Line,
        widgets::Paragraph,
    };
    use rstest::rstest;

    use super::*;
    use crate::term::{Palette, shown_by};

    /// A screen and the terminal that shows it.
    struct Bench {
        screen: Screen<Vec<u8>>,
        terminal: vt100::Parser,
        sent: Vec<u8>,
    }

    impl Bench {
        fn new(columns: u16, rows: u16, caps: &Caps) -> Self {
            Self {
                screen: Screen::new(Vec::new(), (columns, rows), caps),
                terminal: shown_by(columns, rows),
                sent: Vec::new(),
            }
        }

        fn draw(&mut self, render: impl FnOnce(&mut Frame<'_>)) -> usize {
            let n = self.screen.draw(render).unwrap();
            self.sent = std::mem::take(self.screen.writer_mut());
            assert_eq!(n, self.sent.len());
            self.terminal.process(&self.sent);
            n
        }

        fn rows(&self) -> Vec<String> {
            let (_, columns) = self.terminal.screen().size();
            self.terminal.screen().rows(0, columns.get()).collect()
        }
    }

    fn lines(lines: &[&str]) -> impl FnOnce(&mut Frame<'_>) {
        let text: Vec<Line<'static>> = lines.iter().map(|line| Line::from((*line).to_owned())).collect();
        move |frame| frame.render_widget(Paragraph::new(text), frame.area())
    }

    #[test]
    fn the_budget_holds() {
        let mut bench = Bench::new(80, 24, &Caps::full());
        // A full screen of different text, a coloured word and a bar in each row.
        let page = |percent: usize| {
            move |frame: &mut Frame<'_>| {
                for y in 0..24_u16 {
                    let text = format!("app-web-2026.{y:05}   us-east-1  ami-0c63f0cd0e873a0{y:02}  3d    16G   ");
                    frame.buffer_mut().set_string(0, y, &text, Style::new());
                    frame.buffer_mut().set_string(68, y, "available", Style::new().fg(Color::Green));
                }
                for y in 0..5_u16 {
                    frame.buffer_mut().set_string(40, y, format!("{percent:>3}%"), Style::new());
                }
            }
        };
        let first = bench.draw(page(61));
        assert!((1_500..4_096).contains(&first), "first frame {first} bytes");
        assert_eq!(bench.draw(page(61)), 0, "an idle frame");
        let step = bench.draw(page(62));
        assert!((1..190).contains(&step), "five bars a percent on: {step} bytes");
        assert!((0..5).all(|y| bench.rows()[y].contains(" 62%")), "{:?}", bench.rows());
    }

    #[test]
    fn every_frame_is_one_synchronised_update() {
        let mut bench = Bench::new(10, 2, &Caps::full());
        bench.draw(lines(&["one"]));
        assert!(bench.sent.starts_with(b"\x1b[?2026h") && bench.sent.ends_with(b"\x1b[?2026l"));
        let mut bench = Bench::new(10, 2, &Caps { sync: false, ..Caps::full() });
        bench.draw(lines(&["one"]));
        assert!(!bench.sent.windows(4).any(|part| part == b"2026"));
        assert_eq!(bench.rows(), ["one", ""]);
    }

    #[test]
    fn without_a_palette_no_colour_is_written_and_attributes_stay() {
        let mut bench = Bench::new(20, 1, &Caps { palette: Palette::None, ..Caps::full() });
        bench.draw(|frame| {
            let buffer = frame.buffer_mut();
            buffer.set_string(0, 0, "red", Style::new().fg(Color::Red).bg(Color::Indexed(99)));
            buffer.set_string(4, 0, "pick", Style::new().fg(Color::Rgb(1, 2, 3)).add_modifier(Modifier::REVERSED));
            buffer.set_string(9, 0, "bold", Style::new().add_modifier(Modifier::BOLD));
        });
        for code in sgr_codes(&bench.sent) {
            assert!(!matches!(code, 30..=49 | 90..=107), "colour {code} in {:?}", String::from_utf8_lossy(&bench.sent));
        }
        let cell = |x| bench.terminal.screen().cell(0, x).unwrap();
        assert!(cell(4).inverse() && cell(9).bold() && !cell(0).bold());
    }

    /// The numbers of every SGR sequence.
    fn sgr_codes(bytes: &[u8]) -> Vec<u16> {
        String::from_utf8_lossy(bytes)
            .split("\x1b[")
            .filter_map(|part| part.split_once(|c: char| c.is_ascii_alphabetic()).map(|(codes, _)| (part, codes)))
            .filter(|(part, codes)| part[codes.len()..].starts_with('m'))
            .flat_map(|(_, codes)| codes.split(';').filter_map(|code| code.parse().ok()).collect::<Vec<_>>())
            .collect()
    }

    #[rstest]
    #[case("日本語-web")]
    #[case("👩\u{200d}🚀 crew")]
    #[case("❤\u{fe0f}❤\u{fe0f} love")]
    #[case("🇩🇪 flag")]
    #[case("e\u{301}te\u{301} 👍🏽!")]
    #[case("नमस्ते")]
    #[case("plain")]
    fn columns_stay_aligned_whatever_stands_in_them(#[case] name: &str) {
        let mut bench = Bench::new(24, 2, &Caps::full());
        let row = |name: &str| {
            let name = name.to_owned();
            move |frame: &mut Frame<'_>| {
                for y in 0..2 {
                    frame.buffer_mut().set_stringn(0, y, &name, 16, Style::new());
                    frame.buffer_mut().set_string(18, y, "|end|", Style::new());
                }
            }
        };
        bench.draw(row(name));
        for y in 0..2 {
            let shown: String =
                (18..23).map(|x| bench.terminal.screen().cell(y, x).unwrap().contents().to_owned()).collect();
            assert_eq!(shown, "|end|", "row {y} of {:?}", bench.rows());
        }
        // Replaced by something narrow, nothing of it stays.
        bench.draw(row("x"));
        assert_eq!(bench.rows(), ["x                 |end|", "x                 |end|"]);
        bench.draw(row(name));
        bench.draw(row(""));
        assert_eq!(bench.rows(), ["                  |end|", "                  |end|"]);
    }

    #[test]
    fn a_box_over_wide_characters_keeps_its_edges() {
        let mut bench = Bench::new(12, 1, &Caps::full());
        bench.draw(|frame| {
            frame.buffer_mut().set_string(0, 0, "日本語日本語", Style::new());
            frame.buffer_mut().set_string(3, 0, "|box|", Style::new());
        });
        assert_eq!(bench.rows(), ["日 |box|本語"]);
    }

    /// A row: pieces of text one after the other, in one of some looks each.
    fn row() -> impl Strategy<Value = Vec<(&'static str, u8)>> {
        let pieces = [
            "a",
            "word",
            " ",
            "    ",
            "日",
            "語日",
            "🚀",
            "👩\u{200d}🚀",
            "🇩🇪",
            "❤\u{fe0f}",
            "e\u{301}",
            "स्ते",
            "─",
            "|",
        ];
        proptest::collection::vec((proptest::sample::select(pieces.to_vec()), 0..6_u8), 0..12)
    }

    fn paint(rows: &[Vec<(&'static str, u8)>]) -> impl FnOnce(&mut Frame<'_>) {
        let looks = [
            Style::new(),
            Style::new().fg(Color::Red),
            Style::new().bg(Color::Blue),
            Style::new().add_modifier(Modifier::REVERSED),
            Style::new().fg(Color::Green).add_modifier(Modifier::BOLD),
            Style::new().add_modifier(Modifier::UNDERLINED),
        ];
        let rows = rows.to_vec();
        move |frame: &mut Frame<'_>| {
            let width = frame.area().width;
            for (y, row) in (0..).zip(&rows) {
                let mut x = 0;
                for (piece, look) in row {
                    let room = usize::from(width.saturating_sub(x));
                    x = frame.buffer_mut().set_stringn(x, y, piece, room, looks[usize::from(*look)]).0;
                }
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]
        /// Whatever was there before, the screen shows what a fresh one would.
        #[test]
        fn what_is_shown_does_not_depend_on_what_was(
            frames in proptest::collection::vec(proptest::collection::vec(row(), 3), 1..6),
            sync in any::<bool>(),
        ) {
            let caps = Caps { sync, ..Caps::full() };
            let mut bench = Bench::new(14, 3, &caps);
            for frame in &frames {
                bench.draw(paint(frame));
                let mut fresh = Bench::new(14, 3, &caps);
                fresh.draw(paint(frame));
                for (x, y) in (0..3).flat_map(|y| (0..14).map(move |x| (x, y))) {
                    let (shown, expected) = (bench.terminal.screen().cell(y, x), fresh.terminal.screen().cell(y, x));
                    let blank = |cell: Option<&vt100::Cell>| cell.is_some_and(|cell| matches!(cell.contents(), "" | " "));
                    // An erased cell and a written blank look alike.
                    if !(blank(shown) && blank(expected)) {
                        prop_assert_eq!(shown, expected, "{},{} of {:?} after {:?}", x, y, bench.rows(), frames);
                    }
                }
                prop_assert_eq!(bench.draw(paint(frame)), 0);
            }
        }
    }

    #[test]
    fn the_cursor_shows_only_where_a_frame_sets_it() {
        let mut bench = Bench::new(20, 3, &Caps::full());
        bench.draw(lines(&["name: x"]));
        assert!(bench.terminal.screen().hide_cursor());
        let field = |frame: &mut Frame<'_>| {
            lines(&["name: x"])(frame);
            frame.set_cursor_position((7, 0));
        };
        assert!(bench.draw(field) > 0);
        assert!(!bench.terminal.screen().hide_cursor());
        assert_eq!(bench.terminal.screen().cursor_position(), (0, 7));
        assert_eq!(bench.draw(field), 0, "a cursor that stays where it is");
        bench.draw(|frame| {
            lines(&["name: xy", "", "below"])(frame);
            frame.set_cursor_position((8, 0));
        });
        assert_eq!(bench.terminal.screen().cursor_position(), (0, 8));
        bench.draw(lines(&["name: xy", "", "below"]));
        assert!(bench.terminal.screen().hide_cursor());
    }

    #[test]
    fn a_repaint_mends_a_screen_someone_else_wrote_on() {
        let mut bench = Bench::new(20, 3, &Caps::full());
        bench.draw(lines(&["one", "two", "three"]));
        bench.terminal.process(b"\x1b[2;1H\x1b[31;44mBroadcast message\x1b[?25h");
        assert_eq!(bench.draw(lines(&["one", "two", "three"])), 0);
        bench.screen.repaint();
        bench.draw(lines(&["one", "two", "three"]));
        assert_eq!(bench.rows(), ["one", "two", "three"]);
        assert!(bench.terminal.screen().hide_cursor());
        assert_eq!(bench.draw(lines(&["one", "two", "three"])), 0);
    }

    #[rstest]
    #[case(20, 5)]
    #[case(200, 60)]
    #[case(1, 1)]
    fn a_resize_is_drawn_whole(#[case] columns: u16, #[case] rows: u16) {
        let mut bench = Bench::new(80, 24, &Caps::full());
        bench.draw(lines(&["one", "two"]));
        for (columns, rows) in [(columns, rows), (80, 24)] {
            bench.screen.resize(columns, rows);
            let new_size = (rows.try_into().unwrap(), columns.try_into().unwrap());
            bench.terminal.screen_mut().set_size(new_size.0, new_size.1);
            assert_eq!(bench.screen.size(), (columns, rows));
            assert!(bench.draw(|frame| assert_eq!(frame.area().as_size(), Size::new(columns, rows))) > 0);
            assert_eq!(bench.terminal.screen().contents(), "");
            bench.draw(lines(&["one", "two"]));
            assert!("one".starts_with(&bench.rows()[0]) && !bench.rows()[0].is_empty());
        }
    }

    #[rstest]
    #[case(0, 0)]
    #[case(0, 24)]
    #[case(80, 0)]
    #[case(u16::MAX, u16::MAX)]
    fn no_size_is_too_odd(#[case] columns: u16, #[case] rows: u16) {
        let mut screen = Screen::new(Vec::new(), (80, 24), &Caps::full());
        screen.draw(lines(&["one"])).unwrap();
        screen.resize(columns, rows);
        screen.draw(lines(&["one"])).unwrap();
        assert!(screen.size().0 <= LARGEST.0 && screen.size().1 <= LARGEST.1);
    }

    #[test]
    fn a_failed_write_is_made_good_by_the_next_frame() {
        /// Takes half of the first frame, then fails; then works.
        struct Flaky(Vec<u8>, bool);
        impl Write for Flaky {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                if std::mem::take(&mut self.1) {
                    self.0.extend_from_slice(&bytes[..bytes.len() / 2]);
                    return Err(io::Error::other("gone"));
                }
                self.0.extend_from_slice(bytes);
                Ok(bytes.len())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let mut screen = Screen::new(Flaky(Vec::new(), true), (10, 2), &Caps::full());
        assert!(screen.draw(lines(&["one", "two"])).is_err());
        screen.draw(lines(&["one", "two"])).unwrap();
        let mut terminal = shown_by(10, 2);
        terminal.process(&screen.writer_mut().0);
        assert_eq!(terminal.screen().contents(), "one\ntwo");
    }
}
