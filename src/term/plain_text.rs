//! A frame as lines of text: the characters that a terminal would be sent, without their styles.

use ratatui::{Frame, Terminal, backend::TestBackend};

use super::{
    frame::{clamp, repair_wide_cells},
    painter::safe_symbol,
};

/// Draws a frame of (columns, rows) and returns its lines, without the blanks at their ends; only ASCII without `unicode`.
pub fn plain_text(size: (u16, u16), unicode: bool, render: impl FnOnce(&mut Frame<'_>)) -> String {
    let size = clamp(size);
    let Ok(mut terminal) = Terminal::new(TestBackend::new(size.width, size.height));
    let Ok(_) = terminal.draw(|frame| {
        render(frame);
        repair_wide_cells(frame.buffer_mut());
    });
    let buffer = terminal.backend().buffer();
    let mut text = String::new();
    for row in buffer.content.chunks(usize::from(size.width.max(1))) {
        let (mut line, mut at) = (String::new(), 0);
        while let Some(cell) = row.get(at) {
            let room = u16::try_from(row.len() - at).unwrap_or(u16::MAX);
            let (shown, width, _) = safe_symbol(cell.symbol(), unicode, room);
            line.push_str(&shown);
            at += usize::from(width);
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use ratatui::widgets::Paragraph;

    use super::*;

    #[test]
    fn wide_characters_take_two_columns_and_ends_are_cut() {
        let draw = |frame: &mut Frame<'_>| frame.render_widget(Paragraph::new("日本 x\n  é"), frame.area());
        assert_eq!(plain_text((8, 3), true, draw), "日本 x\n  é\n\n");
        assert_eq!(plain_text((8, 3), false, draw), "? ?  x\n  ?\n\n");
        assert_eq!(plain_text((0, 0), true, draw), "");
    }
}
