//! Editing a line of text: tui-input with a shell's keys, and sanitised pastes.

use std::fmt::Write as _;

use tui_input::{Input, InputRequest as R};

use crate::{
    domain::text::clean,
    term::input::{KeyCode, KeyEvent, KeyModifiers},
};

/// Applies a key to the line. Returns false if it is not an editing key.
pub fn edit(line: &mut Input, key: &KeyEvent) -> bool {
    let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
    let alt = key.modifiers.contains(KeyModifiers::ALT);
    let request = match (key.code, ctrl, alt) {
        (KeyCode::Char(c), false, false) => R::InsertChar(c),
        (KeyCode::Backspace, false, false) | (KeyCode::Char('h'), true, _) => R::DeletePrevChar,
        (KeyCode::Backspace, ..) | (KeyCode::Char('w'), true, _) => R::DeletePrevWord,
        (KeyCode::Delete, false, _) => R::DeleteNextChar,
        (KeyCode::Delete, true, _) | (KeyCode::Char('d'), _, true) => R::DeleteNextWord,
        (KeyCode::Left, false, false) => R::GoToPrevChar,
        (KeyCode::Left, ..) | (KeyCode::Char('b'), _, true) => R::GoToPrevWord,
        (KeyCode::Right, false, false) => R::GoToNextChar,
        (KeyCode::Right, ..) | (KeyCode::Char('f'), _, true) => R::GoToNextWord,
        (KeyCode::Home, ..) | (KeyCode::Char('a'), true, _) => R::GoToStart,
        (KeyCode::End, ..) | (KeyCode::Char('e'), true, _) => R::GoToEnd,
        (KeyCode::Char('u'), true, _) => R::DeleteFromStart,
        (KeyCode::Char('k'), true, _) => R::DeleteTillEnd,
        _ => return false,
    };
    line.handle(request);
    true
}

/// The most of what a word may become that is listed.
const CANDIDATES: usize = 12;

/// Says what a word may become.
pub fn candidates(all: &[String]) -> String {
    let mut text = all.iter().take(CANDIDATES).map(|one| clean(one)).collect::<Vec<_>>().join("  ");
    if all.len() > CANDIDATES {
        _ = write!(text, "  ({} more)", all.len() - CANDIDATES);
    }
    text
}

/// Inserts pasted text at the cursor, on one line and without control characters.
pub fn paste(line: &mut Input, text: &str) {
    for c in clean(text.trim_end_matches(['\r', '\n'])).chars() {
        line.handle(R::InsertChar(c));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shell_keys_work_and_pastes_are_sanitised() {
        let mut line = Input::new("one two".into());
        let ctrl = |c| KeyEvent::new(KeyCode::Char(c), KeyModifiers::CONTROL);
        assert!(edit(&mut line, &ctrl('w')));
        assert_eq!(line.value(), "one ");
        paste(&mut line, "a\nb\u{1b}[2J\u{202e}\n");
        assert_eq!(line.value(), "one a b [2J");
        assert!(!edit(&mut line, &KeyEvent::new(KeyCode::Tab, KeyModifiers::NONE)));
        assert!(edit(&mut line, &ctrl('u')));
        assert_eq!(line.value(), "");
    }
}
