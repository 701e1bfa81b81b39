//! Parser of CSI sequences (`ESC [`): keys with modifiers, mouse reports, the start of a bracketed paste.

use crossterm::event::{KeyCode, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};

use super::event::{Input, Parsed, character, key};

/// Parses bytes that start with `ESC [`.
pub(super) fn parse(bytes: &[u8]) -> Parsed {
    let body = &bytes[2..];
    match body {
        // F1 to F5 on the Linux console.
        [b'['] => return Parsed::Incomplete,
        [b'[', letter @ b'A'..=b'E', ..] => {
            return Parsed::Done(4, Some(key(KeyCode::F(letter - b'A' + 1), KeyModifiers::NONE)));
        }
        // Mouse report in X10 encoding, which is never enabled here: three arbitrary bytes follow.
        [b'M', report @ ..] => return if report.len() < 3 { Parsed::Incomplete } else { Parsed::Done(6, None) },
        _ => {}
    }
    let Some(end) = body.iter().position(|byte| !matches!(byte, 0x20..=0x3f)) else { return Parsed::Incomplete };
    let length = 2 + end + 1;
    match body[end] {
        last @ 0x40..=0x7e => {
            let parameters = String::from_utf8_lossy(&body[..end]);
            if last == b'~' && parameters == "200" {
                return Parsed::Paste(length);
            }
            Parsed::Done(length, event(&parameters, last))
        }
        // Not a final byte: the sequence is broken, and this byte starts something else.
        _ => Parsed::Done(2 + end, None),
    }
}

/// Returns the event of a complete sequence.
fn event(parameters: &str, last: u8) -> Option<Input> {
    if let Some(report) = parameters.strip_prefix('<') {
        return mouse(report, last);
    }
    let mut numbers = parameters.split(';').map(|number| {
        // Sub-parameters (`1:3`) distinguish press from release in the kitty protocol.
        let number = number.split(':').next().unwrap_or_default();
        if number.is_empty() { Some(1) } else { number.parse::<u32>().ok() }
    });
    let first = numbers.next()??;
    let modifiers = modifiers(numbers.next().unwrap_or(Some(1))?);
    let third = numbers.next();
    match (last, first, third) {
        (b'~', 27, Some(code)) => code_point(code?, modifiers),
        (b'~', _, None) => numbered(first).map(|code| key(code, modifiers)),
        (b'u', _, None) => code_point(first, modifiers),
        (b'Z', _, None) => Some(key(KeyCode::BackTab, KeyModifiers::SHIFT)),
        // `ESC [ row ; column R` is a cursor report, except in row 1, which is F3 with a modifier.
        (_, 1, None) => letter(last, modifiers),
        _ => None,
    }
}

/// Returns the key of a final letter after `ESC [` or `ESC O`.
pub(super) fn letter(last: u8, modifiers: KeyModifiers) -> Option<Input> {
    let code = match last {
        b'A' => KeyCode::Up,
        b'B' => KeyCode::Down,
        b'C' => KeyCode::Right,
        b'D' => KeyCode::Left,
        b'H' => KeyCode::Home,
        b'F' => KeyCode::End,
        b'M' => KeyCode::Enter,
        b'P'..=b'S' => KeyCode::F(last - b'P' + 1),
        _ => return None,
    };
    Some(key(code, modifiers))
}

/// Returns the key of a number before `~`.
fn numbered(number: u32) -> Option<KeyCode> {
    let function = |n: u32| u8::try_from(n).ok().map(KeyCode::F);
    match number {
        1 | 7 => Some(KeyCode::Home),
        2 => Some(KeyCode::Insert),
        3 => Some(KeyCode::Delete),
        4 | 8 => Some(KeyCode::End),
        5 => Some(KeyCode::PageUp),
        6 => Some(KeyCode::PageDown),
        11..=15 => function(number - 10),
        17..=21 => function(number - 11),
        23..=26 => function(number - 12),
        28 | 29 => function(number - 13),
        31..=34 => function(number - 14),
        _ => None,
    }
}

/// Returns the key of a code point, which some terminals send if configured to.
fn code_point(code: u32, modifiers: KeyModifiers) -> Option<Input> {
    Some(match code {
        9 if modifiers.contains(KeyModifiers::SHIFT) => key(KeyCode::BackTab, modifiers),
        9 => key(KeyCode::Tab, modifiers),
        13 => key(KeyCode::Enter, modifiers),
        27 => key(KeyCode::Esc, modifiers),
        8 | 127 => key(KeyCode::Backspace, modifiers),
        _ => character(char::from_u32(code).filter(|c| !c.is_control())?, modifiers),
    })
}

/// Decodes xterm's modifier parameter: 1 plus the sum of Shift 1, Alt 2 and Control 4.
fn modifiers(number: u32) -> KeyModifiers {
    let bits = number.saturating_sub(1);
    let mut modifiers = KeyModifiers::NONE;
    modifiers.set(KeyModifiers::SHIFT, bits & 1 > 0);
    modifiers.set(KeyModifiers::ALT, bits & 2 > 0);
    modifiers.set(KeyModifiers::CONTROL, bits & 4 > 0);
    modifiers
}

/// Parses a mouse report in SGR encoding (mode 1006): button, column, row; `M` is a press, `m` a release.
fn mouse(report: &str, last: u8) -> Option<Input> {
    let mut numbers = report.split(';').map(|number| number.parse::<u16>().ok());
    let (button, column, row) = (numbers.next()??, numbers.next()??, numbers.next()??);
    if numbers.next().is_some() {
        return None;
    }
    let which = match button & 3 {
        0 => Some(MouseButton::Left),
        1 => Some(MouseButton::Middle),
        2 => Some(MouseButton::Right),
        _ => None,
    };
    let kind = match (button & 0b1110_0000, last) {
        (0, b'M') => MouseEventKind::Down(which?),
        (0, b'm') => MouseEventKind::Up(which?),
        (32, _) => which.map_or(MouseEventKind::Moved, MouseEventKind::Drag),
        (64, b'M') => match button & 3 {
            0 => MouseEventKind::ScrollUp,
            1 => MouseEventKind::ScrollDown,
            2 => MouseEventKind::ScrollLeft,
            _ => MouseEventKind::ScrollRight,
        },
        _ => return None,
    };
    let mut modifiers = KeyModifiers::NONE;
    modifiers.set(KeyModifiers::SHIFT, button & 4 > 0);
    modifiers.set(KeyModifiers::ALT, button & 8 > 0);
    modifiers.set(KeyModifiers::CONTROL, button & 16 > 0);
    Some(Input::Mouse(MouseEvent { kind, column: column.checked_sub(1)?, row: row.checked_sub(1)?, modifiers }))
}
