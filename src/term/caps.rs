//! Capabilities of the terminal, from the environment and the settings. The terminal itself is never asked, because its answer
//! comes late over SSH or ends up in the user's shell.

use serde::{Deserialize, Serialize};

/// What settings and flags override.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CapsOverrides {
    /// Write ASCII only, even if the locale is UTF-8.
    pub ascii: bool,
    /// Report the mouse, which takes it from the terminal's own selection.
    pub mouse: bool,
    /// Wrap frames in synchronised updates (mode 2026).
    pub sync: bool,
}

impl Default for CapsOverrides {
    fn default() -> Self {
        Self { ascii: false, mouse: false, sync: true }
    }
}

/// Capabilities of the terminal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "the capabilities are independent")]
pub struct Caps {
    /// Colours may be used. Without, bold, reverse and marks carry the meaning.
    pub colors: bool,
    /// More than ASCII may be written.
    pub unicode: bool,
    /// The terminal is at the other end of an SSH connection.
    pub remote: bool,
    /// The terminal is tmux, for which clipboard sequences are also sent wrapped.
    pub tmux: bool,
    /// Frames are wrapped in synchronised updates.
    pub sync: bool,
    /// The mouse is reported.
    pub mouse: bool,
    /// Lines are read and written instead of a screen.
    #[serde(default, rename = "lines")]
    pub line_mode: bool,
}

impl Caps {
    /// Detects capabilities from the environment. No setting overrides `NO_COLOR`.
    pub fn detect(env: &impl Fn(&str) -> Option<String>, overrides: CapsOverrides) -> Self {
        let set = |name: &str| env(name).filter(|value| !value.is_empty());
        let term = set("TERM").unwrap_or_default();
        Self {
            colors: set("NO_COLOR").is_none() && !monochrome(&term),
            unicode: !overrides.ascii && !ascii_only(&term) && utf8_locale(&set),
            remote: ["SSH_CONNECTION", "SSH_TTY", "SSH_CLIENT"].iter().any(|name| set(name).is_some()),
            tmux: set("TMUX").is_some() || term.starts_with("tmux"),
            sync: overrides.sync,
            mouse: overrides.mouse,
            line_mode: false,
        }
    }

    /// Returns all capabilities of a good local terminal, for tests and rendered pictures.
    pub fn full() -> Self {
        Self { colors: true, unicode: true, remote: false, tmux: false, sync: true, mouse: false, line_mode: false }
    }

    /// Returns true if lines are to be printed instead of a screen: `--plain`, `ACCESSIBLE=1`, a dumb terminal, or none.
    pub fn line_mode(
        env: &impl Fn(&str) -> Option<String>,
        stdin_tty: bool,
        stdout_tty: bool,
        plain_flag: bool,
    ) -> bool {
        let accessible = env("ACCESSIBLE").is_some_and(|value| !matches!(value.as_str(), "" | "0" | "false"));
        let term = env("TERM").unwrap_or_default();
        plain_flag || accessible || !stdin_tty || !stdout_tty || matches!(term.as_str(), "" | "dumb")
    }
}

/// Returns true for terminals that do not reliably show UTF-8 or box drawing.
fn ascii_only(term: &str) -> bool {
    matches!(term, "" | "dumb" | "linux") || monochrome(term)
}

/// Returns true for terminals without colour.
fn monochrome(term: &str) -> bool {
    matches!(term, "" | "dumb" | "vt52" | "vt100" | "vt102" | "vt220" | "vt320") || term.ends_with("-m")
}

/// Returns true if the locale is UTF-8. By POSIX, the first of `LC_ALL`, `LC_CTYPE` and `LANG` that is set decides.
fn utf8_locale(set: &impl Fn(&str) -> Option<String>) -> bool {
    ["LC_ALL", "LC_CTYPE", "LANG"]
        .iter()
        .find_map(|name| set(name))
        .is_some_and(|locale| locale.to_ascii_lowercase().replace('-', "").contains("utf8"))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn env(pairs: &'static [(&'static str, &'static str)]) -> impl Fn(&str) -> Option<String> {
        move |name| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
    }

    #[rstest]
    #[case(&[("TERM", "xterm-256color")], true)]
    #[case(&[("TERM", "xterm-256color"), ("NO_COLOR", "1")], false)]
    #[case(&[("TERM", "xterm-256color"), ("NO_COLOR", "")], true)]
    #[case(&[("TERM", "vt100")], false)]
    #[case(&[("TERM", "dumb")], false)]
    #[case(&[], false)]
    fn colours_by_environment(#[case] vars: &'static [(&str, &str)], #[case] expected: bool) {
        assert_eq!(Caps::detect(&env(vars), CapsOverrides::default()).colors, expected);
    }

    #[rstest]
    #[case(&[("TERM", "xterm"), ("LANG", "en_US.UTF-8")], true)]
    #[case(&[("TERM", "xterm"), ("LANG", "C.utf8")], true)]
    #[case(&[("TERM", "xterm"), ("LC_ALL", "C"), ("LANG", "en_US.UTF-8")], false)]
    #[case(&[("TERM", "xterm"), ("LC_ALL", ""), ("LC_CTYPE", "de_DE.UTF-8"), ("LANG", "C")], true)]
    #[case(&[("TERM", "xterm"), ("LC_CTYPE", "POSIX"), ("LANG", "en_US.UTF-8")], false)]
    #[case(&[("TERM", "xterm")], false)]
    #[case(&[("TERM", "linux"), ("LANG", "en_US.UTF-8")], false)]
    #[case(&[("TERM", "dumb"), ("LANG", "en_US.UTF-8")], false)]
    fn unicode_by_locale_and_terminal(#[case] vars: &'static [(&str, &str)], #[case] expected: bool) {
        assert_eq!(Caps::detect(&env(vars), CapsOverrides::default()).unicode, expected);
        let ascii = CapsOverrides { ascii: true, ..CapsOverrides::default() };
        assert!(!Caps::detect(&env(vars), ascii).unicode, "--ascii overrides");
    }

    #[rstest]
    #[case(&[("SSH_CONNECTION", "192.0.2.1 1 192.0.2.2 22")], true, false)]
    #[case(&[("SSH_TTY", "/dev/pts/3")], true, false)]
    #[case(&[("TMUX", "/tmp/tmux-0/default,1,0")], false, true)]
    #[case(&[("TERM", "tmux-256color")], false, true)]
    #[case(&[("TERM", "screen")], false, false)]
    fn ssh_and_tmux_are_detected(#[case] vars: &'static [(&str, &str)], #[case] remote: bool, #[case] tmux: bool) {
        let caps = Caps::detect(&env(vars), CapsOverrides::default());
        assert_eq!((caps.remote, caps.tmux), (remote, tmux));
    }

    #[rstest]
    #[case(&[("TERM", "xterm")], true, true, false, false)]
    #[case(&[("TERM", "xterm")], true, true, true, true)]
    #[case(&[("TERM", "xterm")], false, true, false, true)]
    #[case(&[("TERM", "xterm")], true, false, false, true)]
    #[case(&[("TERM", "dumb")], true, true, false, true)]
    #[case(&[("TERM", "xterm"), ("ACCESSIBLE", "1")], true, true, false, true)]
    #[case(&[("TERM", "xterm"), ("ACCESSIBLE", "0")], true, true, false, false)]
    fn line_mode_by_environment(
        #[case] vars: &'static [(&str, &str)],
        #[case] stdin: bool,
        #[case] stdout: bool,
        #[case] plain: bool,
        #[case] expected: bool,
    ) {
        assert_eq!(Caps::line_mode(&env(vars), stdin, stdout, plain), expected);
    }
}
