use proptest::prelude::*;
use ratatui::{
    style::{Color, Modifier, Style},
    text::Line,
    widgets::Paragraph,
};
use rstest::rstest;

use super::*;
use crate::term::test_terminal;

/// A screen with the terminal that shows it.
struct TestScreen {
    screen: Screen<Vec<u8>>,
    terminal: vt100::Parser,
    sent: Vec<u8>,
}

impl TestScreen {
    fn new(columns: u16, rows: u16, caps: &Caps) -> Self {
        Self {
            screen: Screen::new(Vec::new(), (columns, rows), caps),
            terminal: test_terminal(columns, rows),
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
fn frames_stay_within_their_byte_budget() {
    let mut screen = TestScreen::new(80, 24, &Caps::full());
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
    let first = screen.draw(page(61));
    assert!((1_500..4_096).contains(&first), "first frame {first} bytes");
    assert_eq!(screen.draw(page(61)), 0, "an idle frame");
    let step = screen.draw(page(62));
    assert!((1..190).contains(&step), "five bars a percent on: {step} bytes");
    assert!((0..5).all(|y| screen.rows()[y].contains(" 62%")), "{:?}", screen.rows());
}

#[test]
fn every_frame_is_one_synchronised_update() {
    let mut screen = TestScreen::new(10, 2, &Caps::full());
    screen.draw(lines(&["one"]));
    assert!(screen.sent.starts_with(b"\x1b[?2026h") && screen.sent.ends_with(b"\x1b[?2026l"));
    let mut screen = TestScreen::new(10, 2, &Caps { sync: false, ..Caps::full() });
    screen.draw(lines(&["one"]));
    assert!(!screen.sent.windows(4).any(|part| part == b"2026"));
    assert_eq!(screen.rows(), ["one", ""]);
}

#[test]
fn without_colours_only_attributes_are_written() {
    let mut screen = TestScreen::new(20, 1, &Caps { colors: false, ..Caps::full() });
    screen.draw(|frame| {
        let buffer = frame.buffer_mut();
        buffer.set_string(0, 0, "red", Style::new().fg(Color::Red).bg(Color::Indexed(99)));
        buffer.set_string(4, 0, "pick", Style::new().fg(Color::Rgb(1, 2, 3)).add_modifier(Modifier::REVERSED));
        buffer.set_string(9, 0, "bold", Style::new().add_modifier(Modifier::BOLD));
    });
    for code in sgr_codes(&screen.sent) {
        assert!(!matches!(code, 30..=49 | 90..=107), "colour {code} in {:?}", String::from_utf8_lossy(&screen.sent));
    }
    let cell = |x| screen.terminal.screen().cell(0, x).unwrap();
    assert!(cell(4).inverse() && cell(9).bold() && !cell(0).bold());
}

/// Returns the codes of all SGR sequences.
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
fn columns_stay_aligned_whatever_the_text(#[case] name: &str) {
    let mut screen = TestScreen::new(24, 2, &Caps::full());
    let row = |name: &str| {
        let name = name.to_owned();
        move |frame: &mut Frame<'_>| {
            for y in 0..2 {
                frame.buffer_mut().set_stringn(0, y, &name, 16, Style::new());
                frame.buffer_mut().set_string(18, y, "|end|", Style::new());
            }
        }
    };
    screen.draw(row(name));
    for y in 0..2 {
        let shown: String =
            (18..23).map(|x| screen.terminal.screen().cell(y, x).unwrap().contents().to_owned()).collect();
        assert_eq!(shown, "|end|", "row {y} of {:?}", screen.rows());
    }
    // Nothing of it remains when something narrow replaces it.
    screen.draw(row("x"));
    assert_eq!(screen.rows(), ["x                 |end|", "x                 |end|"]);
    screen.draw(row(name));
    screen.draw(row(""));
    assert_eq!(screen.rows(), ["                  |end|", "                  |end|"]);
}

#[test]
fn a_box_over_wide_characters_keeps_its_edges() {
    let mut screen = TestScreen::new(12, 1, &Caps::full());
    screen.draw(|frame| {
        frame.buffer_mut().set_string(0, 0, "日本語日本語", Style::new());
        frame.buffer_mut().set_string(3, 0, "|box|", Style::new());
    });
    assert_eq!(screen.rows(), ["日 |box|本語"]);
}

/// A row of pieces of text, each with the index of a style.
fn row() -> impl Strategy<Value = Vec<(&'static str, u8)>> {
    let pieces =
        ["a", "word", " ", "    ", "日", "語日", "🚀", "👩\u{200d}🚀", "🇩🇪", "❤\u{fe0f}", "e\u{301}", "स्ते", "─", "|"];
    proptest::collection::vec((proptest::sample::select(pieces.to_vec()), 0..6_u8), 0..12)
}

fn paint(rows: &[Vec<(&'static str, u8)>]) -> impl FnOnce(&mut Frame<'_>) {
    let styles = [
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
            for (piece, style) in row {
                let room = usize::from(width.saturating_sub(x));
                x = frame.buffer_mut().set_stringn(x, y, piece, room, styles[usize::from(*style)]).0;
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn what_is_shown_does_not_depend_on_earlier_frames(
        frames in proptest::collection::vec(proptest::collection::vec(row(), 3), 1..6),
        sync in any::<bool>(),
    ) {
        let caps = Caps { sync, ..Caps::full() };
        let mut screen = TestScreen::new(14, 3, &caps);
        for frame in &frames {
            screen.draw(paint(frame));
            let mut fresh = TestScreen::new(14, 3, &caps);
            fresh.draw(paint(frame));
            for (x, y) in (0..3).flat_map(|y| (0..14).map(move |x| (x, y))) {
                let (shown, expected) = (screen.terminal.screen().cell(y, x), fresh.terminal.screen().cell(y, x));
                let blank = |cell: Option<&vt100::Cell>| cell.is_some_and(|cell| matches!(cell.contents(), "" | " "));
                // An erased cell and a written blank look the same.
                if !(blank(shown) && blank(expected)) {
                    prop_assert_eq!(shown, expected, "{},{} of {:?} after {:?}", x, y, screen.rows(), frames);
                }
            }
            prop_assert_eq!(screen.draw(paint(frame)), 0);
        }
    }
}

#[test]
fn the_cursor_shows_only_where_a_frame_sets_it() {
    let mut screen = TestScreen::new(20, 3, &Caps::full());
    screen.draw(lines(&["name: x"]));
    assert!(screen.terminal.screen().hide_cursor());
    let field = |frame: &mut Frame<'_>| {
        lines(&["name: x"])(frame);
        frame.set_cursor_position((7, 0));
    };
    assert!(screen.draw(field) > 0);
    assert!(!screen.terminal.screen().hide_cursor());
    assert_eq!(screen.terminal.screen().cursor_position(), (0, 7));
    assert_eq!(screen.draw(field), 0, "an unchanged cursor");
    screen.draw(|frame| {
        lines(&["name: xy", "", "below"])(frame);
        frame.set_cursor_position((8, 0));
    });
    assert_eq!(screen.terminal.screen().cursor_position(), (0, 8));
    screen.draw(lines(&["name: xy", "", "below"]));
    assert!(screen.terminal.screen().hide_cursor());
}

#[test]
fn a_repaint_restores_a_screen_that_others_wrote_to() {
    let mut screen = TestScreen::new(20, 3, &Caps::full());
    screen.draw(lines(&["one", "two", "three"]));
    screen.terminal.process(b"\x1b[2;1H\x1b[31;44mBroadcast message\x1b[?25h");
    assert_eq!(screen.draw(lines(&["one", "two", "three"])), 0);
    screen.screen.repaint();
    screen.draw(lines(&["one", "two", "three"]));
    assert_eq!(screen.rows(), ["one", "two", "three"]);
    assert!(screen.terminal.screen().hide_cursor());
    assert_eq!(screen.draw(lines(&["one", "two", "three"])), 0);
}

#[rstest]
#[case(20, 5)]
#[case(200, 60)]
#[case(1, 1)]
fn a_resize_is_drawn_in_full(#[case] columns: u16, #[case] rows: u16) {
    let mut screen = TestScreen::new(80, 24, &Caps::full());
    screen.draw(lines(&["one", "two"]));
    for (columns, rows) in [(columns, rows), (80, 24)] {
        screen.screen.resize(columns, rows);
        let new_size = (rows.try_into().unwrap(), columns.try_into().unwrap());
        screen.terminal.screen_mut().set_size(new_size.0, new_size.1);
        assert_eq!(screen.screen.size(), (columns, rows));
        assert!(screen.draw(|frame| assert_eq!(frame.area().as_size(), Size::new(columns, rows))) > 0);
        assert_eq!(screen.terminal.screen().contents(), "");
        screen.draw(lines(&["one", "two"]));
        assert!("one".starts_with(&screen.rows()[0]) && !screen.rows()[0].is_empty());
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
    assert!(screen.size().0 <= MAX_SIZE.0 && screen.size().1 <= MAX_SIZE.1);
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
    let mut terminal = test_terminal(10, 2);
    terminal.process(&screen.writer_mut().0);
    assert_eq!(terminal.screen().contents(), "one\ntwo");
}
