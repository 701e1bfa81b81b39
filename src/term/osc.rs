//! Sequences that show nothing: clipboard and bell. [`super::Screen::emit`] writes them between frames.

use base64::{Engine as _, engine::general_purpose::STANDARD};

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
    fn a_terminal_understands_them() {
        #[derive(Default)]
        struct Seen(Vec<String>);
        impl vt100::Callbacks for Seen {
            fn copy_to_clipboard(&mut self, _: &mut vt100::Screen, _: &[u8], data: &[u8]) {
                self.0.push(format!("clipboard {}", String::from_utf8_lossy(data)));
            }
            fn audible_bell(&mut self, _: &mut vt100::Screen) {
                self.0.push("bell".into());
            }
        }
        let mut parser =
            vt100::Parser::new_with_callbacks(2.try_into().unwrap(), 20.try_into().unwrap(), 0, Seen::default());
        parser.process(&clipboard("x", false).unwrap());
        parser.process(BELL);
        assert_eq!(parser.callbacks().0, ["clipboard eA==", "bell"]);
        assert_eq!(parser.screen().contents(), "", "nothing is shown");
    }
}
