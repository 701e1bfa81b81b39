//! Keys by the names that the footer gives them.

use crate::{
    config::chord::{Chord, KeyCode as Code},
    term::input::{KeyCode, KeyEvent, KeyModifiers},
};

/// The key of this name: in any case, or exactly as it is shown.
pub(super) fn named(text: &str, exactly: bool) -> Option<KeyEvent> {
    let chord = Chord::parse(text)?;
    (!exactly || (chord.to_string() == text && text.chars().nth(1).is_some())).then(|| event(chord))
}

/// The key as a terminal reports it.
fn event(chord: Chord) -> KeyEvent {
    let code = match chord.code {
        Code::Char(c) => KeyCode::Char(c),
        Code::Enter => KeyCode::Enter,
        Code::Esc => KeyCode::Esc,
        Code::Tab => KeyCode::Tab,
        Code::BackTab => KeyCode::BackTab,
        Code::Up => KeyCode::Up,
        Code::Down => KeyCode::Down,
        Code::Left => KeyCode::Left,
        Code::Right => KeyCode::Right,
        Code::Home => KeyCode::Home,
        Code::End => KeyCode::End,
        Code::Insert => KeyCode::Insert,
        Code::Delete => KeyCode::Delete,
        Code::Backspace => KeyCode::Backspace,
        Code::PageUp => KeyCode::PageUp,
        Code::PageDown => KeyCode::PageDown,
        Code::F(n) => KeyCode::F(n),
    };
    let mut modifiers = KeyModifiers::NONE;
    modifiers.set(KeyModifiers::CONTROL, chord.ctrl);
    modifiers.set(KeyModifiers::ALT, chord.alt);
    modifiers.set(KeyModifiers::SHIFT, matches!(chord.code, Code::Char(c) if c.is_uppercase()));
    KeyEvent::new(code, modifiers)
}
