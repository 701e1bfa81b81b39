//! Frames as SVG: one of them, or several that follow each other.

use std::fmt::Write;

use ratatui::{
    buffer::{Buffer, Cell},
    style::{Color, Modifier},
};

/// Width and height of a cell, in units of the picture.
const CELL: (f32, f32) = (8.4, 18.0);
const MARGIN: f32 = 10.0;
const BACKGROUND: &str = "#16181d";
const FOREGROUND: &str = "#d8dae0";
/// The sixteen ANSI colours.
const ANSI: [&str; 16] = [
    "#2b2f38", "#e06c75", "#98c379", "#d9b36c", "#61a5ef", "#c678dd", "#56b6c2", "#b6bac4", "#6b7280", "#f08a92",
    "#b3dca0", "#f0cd8a", "#8abdf5", "#dba3ea", "#7fd1dc", "#ffffff",
];

fn color(color: Color, otherwise: &str) -> String {
    let ansi = |n: usize| ANSI.get(n).map_or(otherwise, |c| c).to_owned();
    match color {
        Color::Indexed(n) => ansi(n.into()),
        Color::Rgb(r, g, b) => format!("#{r:02x}{g:02x}{b:02x}"),
        Color::Reset => otherwise.to_owned(),
        other => panic!("themes give no {other:?}"),
    }
}

/// What a run of cells has in common: text and background colours, and modifiers.
fn look(cell: &Cell) -> (String, String, Modifier) {
    let (fg, bg) = (color(cell.fg, FOREGROUND), color(cell.bg, BACKGROUND));
    let modifier = cell.modifier - Modifier::REVERSED;
    if cell.modifier.contains(Modifier::REVERSED) { (bg, fg, modifier) } else { (fg, bg, modifier) }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn attributes(fg: &str, modifier: Modifier) -> String {
    let mut attributes = if fg == FOREGROUND { String::new() } else { format!(r#" fill="{fg}""#) };
    for (flag, text) in [
        (Modifier::BOLD, r#" font-weight="bold""#),
        (Modifier::DIM, r#" opacity="0.65""#),
        (Modifier::UNDERLINED, r#" text-decoration="underline""#),
        (Modifier::ITALIC, r#" font-style="italic""#),
    ] {
        attributes.push_str(if modifier.contains(flag) { text } else { "" });
    }
    attributes
}

/// What is between larger gaps, and where it begins: so that columns stay in place in any font.
fn words(run: &[&Cell]) -> Vec<(u16, String)> {
    let mut words: Vec<(u16, String)> = Vec::new();
    let mut blanks = 2;
    for (at, cell) in (0_u16..).zip(run) {
        let symbol = cell.symbol();
        if symbol == " " || !shape(symbol, CELL.0).is_empty() {
            blanks += if symbol == " " { 1 } else { 2 };
            continue;
        }
        match words.last_mut().filter(|_| blanks < 2) {
            Some((_, word)) => {
                word.push_str(if blanks == 1 { " " } else { "" });
                word.push_str(symbol);
            }
            None => words.push((at, symbol.to_owned())),
        }
        blanks = 0;
    }
    words
}

/// The outline of a bar's or a border's cells, so wide together, from their upper left corner; empty for text. Fonts leave gaps
/// between these.
fn shape(symbol: &str, width: f32) -> String {
    let height = CELL.1;
    let (middle, line) = (height / 2.0, 1.2);
    let bar = |eighths: f32| format!("h{:.2}v{height}h-{0:.2}z", width * eighths / 8.0);
    let across = |from: f32, length: f32| format!("m{from:.1} {middle}h{length:.1}v{line}h-{length:.1}z");
    let down = |from: f32, length: f32| format!("m{:.1} {from}h{line}v{length}h-{line}z", width / 2.0);
    let half = width / 2.0;
    match symbol {
        "\u{2588}" => bar(8.0),
        "\u{2589}" => bar(7.0),
        "\u{258a}" => bar(6.0),
        "\u{258b}" => bar(5.0),
        "\u{258c}" => bar(4.0),
        "\u{258d}" => bar(3.0),
        "\u{258e}" => bar(2.0),
        "\u{258f}" => bar(1.0),
        // A light shade: a line at the foot.
        "\u{2591}" => format!("m0 {:.1}h{width}v2h-{width}z", height - 4.0),
        "\u{2500}" => across(0.0, width),
        "\u{2502}" => down(0.0, height),
        "\u{250c}" => format!("{}m-{half:.1} -{middle}{}", across(half, half), down(middle, middle)),
        "\u{2510}" => format!("{}m0 -{middle}{}", across(0.0, half), down(middle, middle)),
        "\u{2514}" => format!("{}m-{half:.1} -{middle}{}", across(half, half), down(0.0, middle)),
        "\u{2518}" => format!("{}m0 -{middle}{}", across(0.0, half), down(0.0, middle)),
        _ => String::new(),
    }
}

/// The cells of a frame: first the backgrounds, then the texts.
fn cells(frame: &Buffer) -> String {
    let (mut backgrounds, mut texts) = (String::new(), String::new());
    for y in 0..frame.area.height {
        let row: Vec<&Cell> = (0..frame.area.width).map(|x| &frame[(x, y)]).collect();
        let top = MARGIN + f32::from(y) * CELL.1;
        let mut x = 0_u16;
        for run in row.chunk_by(|a, b| look(a) == look(b)) {
            let (fg, bg, modifier) = look(run[0]);
            let left = MARGIN + f32::from(x) * CELL.0;
            let cells = u16::try_from(run.len()).expect("a line is short");
            let width = f32::from(cells) * CELL.0;
            x += cells;
            if bg != BACKGROUND {
                _ = writeln!(
                    backgrounds,
                    r#"<rect x="{left:.1}" y="{top:.1}" width="{width:.1}" height="{:.1}" fill="{bg}"/>"#,
                    CELL.1
                );
            }
            for (at, text) in words(run) {
                let left = left + f32::from(at) * CELL.0;
                let length = f32::from(u16::try_from(text.chars().count()).expect("a line is short")) * CELL.0;
                _ = writeln!(
                    texts,
                    r#"<text x="{left:.1}" y="{:.1}" textLength="{length:.1}"{}>{}</text>"#,
                    top + 13.5,
                    attributes(&fg, modifier),
                    escaped(&text)
                );
            }
            let mut at = 0_u16;
            for same in run.chunk_by(|a, b| a.symbol() == b.symbol()) {
                let cells = u16::try_from(same.len()).expect("a line is short");
                let shape = shape(same[0].symbol(), f32::from(cells) * CELL.0);
                if !shape.is_empty() {
                    let left = left + f32::from(at) * CELL.0;
                    _ = writeln!(texts, r#"<path d="M{left:.1} {top:.1}{shape}" fill="{fg}"/>"#);
                }
                at += cells;
            }
        }
    }
    backgrounds + &texts
}

/// A picture of the frames, each shown for so many seconds, over and over; the only one stays.
pub(crate) fn picture(title: &str, frames: &[(Buffer, f32)]) -> String {
    let area = frames[0].0.area;
    let (width, height) =
        (f32::from(area.width) * CELL.0 + 2.0 * MARGIN, f32::from(area.height) * CELL.1 + 2.0 * MARGIN);
    let mut svg = format!(
        concat!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0} {height:.0}" width="{width:.0}" "#,
            r#"height="{height:.0}" font-family="ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace" "#,
            r#"font-size="14" xml:space="preserve" role="img">"#,
            "\n<title>{title}</title>\n",
            r#"<rect width="100%" height="100%" rx="8" fill="{background}"/>"#,
            "\n"
        ),
        width = width,
        height = height,
        title = escaped(title),
        background = BACKGROUND,
    );
    let total: f32 = frames.iter().map(|(_, seconds)| seconds).sum();
    let mut from = 0.0;
    for (frame, seconds) in frames {
        let to = from + seconds;
        // In a viewer that shows no animation the last frame stays.
        let hidden = if to < total { r#" visibility="hidden""# } else { "" };
        let animation = if frames.len() > 1 { animation(from / total, to / total, total) } else { String::new() };
        _ = writeln!(svg, r#"<g fill="{FOREGROUND}"{hidden}>{animation}"#);
        svg.push_str(&cells(frame));
        svg.push_str("</g>\n");
        from = to;
    }
    svg.push_str("</svg>\n");
    svg
}

/// Shows a group between two fractions of the whole time in seconds.
fn animation(start: f32, end: f32, total: f32) -> String {
    let (values, times) = match (start > 0.0, end < 1.0) {
        (false, _) => ("visible;hidden", format!("0;{end:.4}")),
        (true, true) => ("hidden;visible;hidden", format!("0;{start:.4};{end:.4}")),
        (true, false) => ("hidden;visible", format!("0;{start:.4}")),
    };
    format!(
        r#"<animate attributeName="visibility" values="{values}" keyTimes="{times}" dur="{total:.1}s" calcMode="discrete" repeatCount="indefinite"/>"#
    )
}
