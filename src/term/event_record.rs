//! Keys and the mouse as they are recorded: in names of their own, so that a recording does not depend on crossterm's.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
enum Code {
    Char(char),
    F(u8),
    Backspace,
    Enter,
    Left,
    Right,
    Up,
    Down,
    Home,
    End,
    PageUp,
    PageDown,
    Tab,
    BackTab,
    Delete,
    Insert,
    Esc,
    /// One that does nothing here.
    Other,
}

impl From<KeyCode> for Code {
    fn from(code: KeyCode) -> Self {
        match code {
            KeyCode::Char(c) => Self::Char(c),
            KeyCode::F(n) => Self::F(n),
            KeyCode::Backspace => Self::Backspace,
            KeyCode::Enter => Self::Enter,
            KeyCode::Left => Self::Left,
            KeyCode::Right => Self::Right,
            KeyCode::Up => Self::Up,
            KeyCode::Down => Self::Down,
            KeyCode::Home => Self::Home,
            KeyCode::End => Self::End,
            KeyCode::PageUp => Self::PageUp,
            KeyCode::PageDown => Self::PageDown,
            KeyCode::Tab => Self::Tab,
            KeyCode::BackTab => Self::BackTab,
            KeyCode::Delete => Self::Delete,
            KeyCode::Insert => Self::Insert,
            KeyCode::Esc => Self::Esc,
            _ => Self::Other,
        }
    }
}

impl From<Code> for KeyCode {
    fn from(code: Code) -> Self {
        match code {
            Code::Char(c) => Self::Char(c),
            Code::F(n) => Self::F(n),
            Code::Backspace => Self::Backspace,
            Code::Enter => Self::Enter,
            Code::Left => Self::Left,
            Code::Right => Self::Right,
            Code::Up => Self::Up,
            Code::Down => Self::Down,
            Code::Home => Self::Home,
            Code::End => Self::End,
            Code::PageUp => Self::PageUp,
            Code::PageDown => Self::PageDown,
            Code::Tab => Self::Tab,
            Code::BackTab => Self::BackTab,
            Code::Delete => Self::Delete,
            Code::Insert => Self::Insert,
            Code::Esc => Self::Esc,
            Code::Other => Self::Null,
        }
    }
}

/// Modifiers as crossterm's bits; none is left out.
#[derive(Serialize, Deserialize, Default, Clone, Copy)]
#[serde(transparent)]
struct Modifiers(u8);

impl Modifiers {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
    fn are_none(&self) -> bool {
        self.0 == 0
    }

    fn get(self) -> KeyModifiers {
        KeyModifiers::from_bits_truncate(self.0)
    }
}

/// Keys, for `#[serde(with)]`.
pub(super) mod key {
    use serde::{Deserializer, Serializer};

    use super::{Code, Deserialize, KeyEvent, Modifiers, Serialize};

    #[derive(Serialize, Deserialize)]
    struct Record {
        code: Code,
        #[serde(default, skip_serializing_if = "Modifiers::are_none")]
        modifiers: Modifiers,
    }

    pub(in super::super) fn serialize<S: Serializer>(key: &KeyEvent, to: S) -> Result<S::Ok, S::Error> {
        Record { code: key.code.into(), modifiers: Modifiers(key.modifiers.bits()) }.serialize(to)
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<KeyEvent, D::Error> {
        let Record { code, modifiers } = Record::deserialize(from)?;
        Ok(KeyEvent::new(code.into(), modifiers.get()))
    }
}

/// Mouse events, for `#[serde(with)]`.
pub(super) mod mouse {
    use serde::{Deserializer, Serializer};

    use super::{Deserialize, Modifiers, MouseButton, MouseEvent, MouseEventKind, Serialize};

    #[derive(Serialize, Deserialize)]
    #[serde(remote = "MouseButton")]
    enum Button {
        Left,
        Right,
        Middle,
    }

    #[derive(Serialize, Deserialize)]
    #[serde(remote = "MouseEventKind")]
    enum Kind {
        Down(#[serde(with = "Button")] MouseButton),
        Up(#[serde(with = "Button")] MouseButton),
        Drag(#[serde(with = "Button")] MouseButton),
        Moved,
        ScrollDown,
        ScrollUp,
        ScrollLeft,
        ScrollRight,
    }

    #[derive(Serialize, Deserialize)]
    struct Record {
        #[serde(with = "Kind")]
        kind: MouseEventKind,
        column: u16,
        row: u16,
        #[serde(default, skip_serializing_if = "Modifiers::are_none")]
        modifiers: Modifiers,
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
    pub(in super::super) fn serialize<S: Serializer>(event: &MouseEvent, to: S) -> Result<S::Ok, S::Error> {
        let MouseEvent { kind, column, row, modifiers } = *event;
        Record { kind, column, row, modifiers: Modifiers(modifiers.bits()) }.serialize(to)
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<MouseEvent, D::Error> {
        let Record { kind, column, row, modifiers } = Record::deserialize(from)?;
        Ok(MouseEvent { kind, column, row, modifiers: modifiers.get() })
    }
}
