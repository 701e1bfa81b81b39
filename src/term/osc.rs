//! Sequences that show nothing: clipboard, bell, notification and title. [`super::Screen::emit`] writes them between frames.

use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::domain::text::clean;

/// Maximum length of clipboard text, bytes. Terminals drop longer sequences, or the connection.
pub const CLIPBOARD_LIMIT: usize = 74_000;

pub const BELL: &[u8] = b"\x07";

/// Returns the sequence (OSC 52) that puts text on the terminal's clipboard, or `None` if it is longer than
/// [`CLIPBOARD_LIMIT`].
///
/// Under tmux it is sent raw and wrapped: tmux takes the raw one if `set-clipboard` is on, the outer terminal the wrapped one if
/// `allow-passthrough` is. The terminal does not answer, so success is never known.
pub fn clipboard(content: &str, tmux: bool) -> Option<Vec<u8>> {
    if content.len() > CLIPBOARD_LIMIT {
        return None;
    }
    let raw = format!("\x1b]52;c;{}\x07", STANDARD.encode(content));
    let mut out = raw.clone().into_bytes();
    if tmux {
        out.extend(wrapped(&raw));
    }
    Some(out)
}

/// How a terminal is asked for a notification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notification {
    /// `iTerm2`, Ghostty, `WezTerm` and others.
    Osc9,
    /// rxvt, foot, Ghostty and others.
    Osc777,
}

impl Notification {
    /// Returns the one that the setting `ui.notification` names; `None` if it names none.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "osc9" => Some(Self::Osc9),
            "osc777" => Some(Self::Osc777),
            _ => None,
        }
    }

    /// Returns the sequence. Under tmux it is wrapped: tmux itself has no use for it.
    pub fn bytes(self, text: &str, tmux: bool) -> Vec<u8> {
        let text = clean(text);
        let raw = match self {
            // A number and a semicolon at the start would be a command of some terminals.
            Self::Osc9 => format!("\x1b]9;amigrate: {text}\x07"),
            Self::Osc777 => format!("\x1b]777;notify;amigrate;{}\x07", text.replace(';', ",")),
        };
        if tmux { wrapped(&raw) } else { raw.into_bytes() }
    }
}

/// Returns the sequence that sets the window's title, which [`super::TermSession`] restores.
pub fn title(text: &str) -> Vec<u8> {
    format!("\x1b]2;{}\x07", clean(text)).into_bytes()
}

/// Wraps a sequence so that tmux passes it to the outer terminal.
fn wrapped(raw: &str) -> Vec<u8> {
    format!("\x1bPtmux;{}\x1b\\", raw.replace('\x1b', "\x1b\x1b")).into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clipboard_is_sent_raw_and_also_wrapped_under_tmux() {
        assert_eq!(clipboard("ami-1", false).unwrap(), b"\x1b]52;c;YW1pLTE=\x07");
        assert_eq!(
            clipboard("ami-1", true).unwrap(),
            b"\x1b]52;c;YW1pLTE=\x07\x1bPtmux;\x1b\x1b]52;c;YW1pLTE=\x07\x1b\\"
        );
        assert_eq!(clipboard(&"x".repeat(CLIPBOARD_LIMIT + 1), false), None);
    }

    #[test]
    fn a_notification_holds_no_control_characters_and_is_one_field() {
        let text = "copy a;b\x1b]0;x\x07 failed";
        assert_eq!(Notification::Osc9.bytes(text, false), b"\x1b]9;amigrate: copy a;b ]0;x  failed\x07");
        assert_eq!(Notification::Osc777.bytes(text, false), b"\x1b]777;notify;amigrate;copy a,b ]0,x  failed\x07");
        assert_eq!(Notification::Osc9.bytes("x", true), b"\x1bPtmux;\x1b\x1b]9;amigrate: x\x07\x1b\\");
        assert_eq!(["none", "osc9", "osc777"].map(|name| Notification::parse(name).is_some()), [false, true, true]);
    }

    #[test]
    fn a_terminal_understands_them() {
        #[derive(Default)]
        struct Seen(Vec<String>);
        impl vt100::Callbacks for Seen {
            fn copy_to_clipboard(&mut self, _: &mut vt100::Screen, _: &[u8], data: &[u8]) {
                self.0.push(format!("clipboard {}", String::from_utf8_lossy(data)));
            }
            fn set_window_title(&mut self, _: &mut vt100::Screen, title: &[u8]) {
                self.0.push(format!("title {}", String::from_utf8_lossy(title)));
            }
            fn audible_bell(&mut self, _: &mut vt100::Screen) {
                self.0.push("bell".into());
            }
        }
        let mut parser =
            vt100::Parser::new_with_callbacks(2.try_into().unwrap(), 20.try_into().unwrap(), 0, Seen::default());
        parser.process(&clipboard("x", false).unwrap());
        parser.process(BELL);
        parser.process(&title("42% \x1bof it"));
        assert_eq!(parser.callbacks().0, ["clipboard eA==", "bell", "title 42%  of it"]);
        assert_eq!(parser.screen().contents(), "", "nothing is shown");
    }
}
