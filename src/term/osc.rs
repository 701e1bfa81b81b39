//! Things a terminal does besides showing cells: clipboard, bell, notification, title. Makes byte strings only;
//! [`super::Screen::emit`] writes them between frames.

use crate::domain::text;

/// The most bytes put on the clipboard: terminals drop longer sequences, or the connection behind them.
pub const CLIPBOARD_LIMIT: usize = 74_000;

/// Rings the terminal's bell.
pub const BELL: &[u8] = b"\x07";

/// OSC 52: asks the user's terminal to put the text on its clipboard.
///
/// Raw, and under tmux wrapped as well: tmux takes the raw one when `set-clipboard` is on, the outer terminal the
/// wrapped one when `allow-passthrough` is. Nobody answers, so it is never known to have worked. `None` if the text
/// is longer than [`CLIPBOARD_LIMIT`].
pub fn clipboard(content: &str, tmux: bool) -> Option<Vec<u8>> {
    if content.len() > CLIPBOARD_LIMIT {
        return None;
    }
    let raw = format!("\x1b]52;c;{}\x07", base64(content.as_bytes()));
    let mut out = raw.clone().into_bytes();
    if tmux {
        out.extend(wrapped(&raw));
    }
    Some(out)
}

/// OSC 9: a desktop notification where the terminal has them, wrapped as well under tmux.
pub fn notify(message: &str, tmux: bool) -> Vec<u8> {
    let message = line(message);
    // OSC 9 followed by a digit and a semicolon is ConEmu's progress bar and the like: a blank in front keeps text text.
    let guard = if message.starts_with(|c: char| c.is_ascii_digit()) { " " } else { "" };
    let raw = format!("\x1b]9;{guard}{message}\x07");
    if tmux { wrapped(&raw) } else { raw.into_bytes() }
}

/// OSC 2: the window's title.
pub fn title(words: &str) -> Vec<u8> {
    format!("\x1b]2;{}\x07", line(words)).into_bytes()
}

/// tmux hands what stands inside to the terminal around it.
fn wrapped(raw: &str) -> Vec<u8> {
    format!("\x1bPtmux;{}\x1b\\", raw.replace('\x1b', "\x1b\x1b")).into_bytes()
}

/// One harmless line of at most 200 characters.
fn line(words: &str) -> String {
    text::clean(words).chars().take(200).collect()
}

/// RFC 4648, with padding.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let group = chunk.iter().fold(0_usize, |sum, byte| sum << 8 | usize::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let digit = DIGITS[group >> (18 - 6 * place) & 63];
            out.push(if place <= chunk.len() { char::from(digit) } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("", "")]
    #[case("f", "Zg==")]
    #[case("fo", "Zm8=")]
    #[case("foo", "Zm9v")]
    #[case("foobar", "Zm9vYmFy")]
    #[case("ÿþ", "w7/Dvg==")]
    fn base64_is_the_rfcs(#[case] plain: &str, #[case] coded: &str) {
        assert_eq!(base64(plain.as_bytes()), coded);
    }

    #[test]
    fn the_clipboard_is_sent_raw_and_under_tmux_wrapped_too() {
        assert_eq!(clipboard("ami-1", false).unwrap(), b"\x1b]52;c;YW1pLTE=\x07");
        assert_eq!(
            clipboard("ami-1", true).unwrap(),
            b"\x1b]52;c;YW1pLTE=\x07\x1bPtmux;\x1b\x1b]52;c;YW1pLTE=\x07\x1b\\"
        );
        assert_eq!(clipboard(&"x".repeat(CLIPBOARD_LIMIT + 1), false), None);
    }

    #[test]
    fn the_terminal_takes_them_as_what_they_are() {
        #[derive(Default)]
        struct Seen(Vec<String>);
        impl vt100::Callbacks for Seen {
            fn set_window_title(&mut self, _: &mut vt100::Screen, title: &[u8]) {
                self.0.push(format!("title {}", String::from_utf8_lossy(title)));
            }
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
        parser.process(&title("copies\x07\x1b[2J\u{202e}3"));
        parser.process(&notify("done\x1b\\\x07", false));
        parser.process(BELL);
        assert_eq!(parser.callbacks().0, ["clipboard eA==", "title copies  [2J3", "bell"]);
        assert_eq!(parser.screen().contents(), "", "nothing of it is shown");
    }

    #[test]
    fn a_notification_is_never_taken_for_a_command() {
        assert_eq!(notify("4;1;50", false), b"\x1b]9; 4;1;50\x07");
        assert_eq!(notify("done", true), b"\x1bPtmux;\x1b\x1b]9;done\x07\x1b\\");
    }
}
