//! What this terminal can do, judged from the environment and the settings alone. Pure: the environment is a
//! function, and the terminal itself is never asked.

/// How many colours may be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Palette {
    /// No colour at all: bold, reverse and marks carry the meaning.
    None,
    /// The terminal's own sixteen: the palette the screens are designed in.
    Ansi16,
    /// The 256-colour cube.
    Ansi256,
    /// 24 bits.
    True,
}

impl Palette {
    /// The setting's word: `auto` is `Some(None)`, an unknown word `None`.
    pub fn parse(word: &str) -> Option<Option<Self>> {
        match word {
            "auto" => Some(None),
            "none" => Some(Some(Self::None)),
            "16" => Some(Some(Self::Ansi16)),
            "256" => Some(Some(Self::Ansi256)),
            "true" => Some(Some(Self::True)),
            _ => None,
        }
    }
}

/// What the settings and flags decide over the environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CapsOverrides {
    /// A palette chosen by name; `None` leaves it to `NO_COLOR` and `TERM`.
    pub palette: Option<Palette>,
    /// ASCII even where the locale is UTF-8.
    pub ascii: bool,
    /// Whether the mouse is taken from the terminal's own selection.
    pub mouse: bool,
    /// Whether frames are wrapped in synchronised output (mode 2026).
    pub sync: bool,
}

impl Default for CapsOverrides {
    fn default() -> Self {
        Self { palette: None, ascii: false, mouse: false, sync: true }
    }
}

/// What this terminal can do.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct Caps {
    /// How many colours may be written.
    pub palette: Palette,
    /// Whether more than ASCII may be written.
    pub unicode: bool,
    /// Whether the terminal is at the other end of an SSH connection.
    pub remote: bool,
    /// Whether tmux stands between (then a clipboard sequence is sent wrapped as well).
    pub tmux: bool,
    /// Whether frames are wrapped in synchronised output.
    pub sync: bool,
    /// Whether the mouse is reported to us.
    pub mouse: bool,
}

impl Caps {
    /// Judges by the environment; `overrides` win, over `NO_COLOR` too.
    pub fn detect(env: &impl Fn(&str) -> Option<String>, overrides: CapsOverrides) -> Self {
        let set = |name: &str| env(name).filter(|value| !value.is_empty());
        let term = set("TERM").unwrap_or_default();
        Self {
            palette: overrides.palette.unwrap_or_else(|| {
                if set("NO_COLOR").is_some() || monochrome(&term) { Palette::None } else { Palette::Ansi16 }
            }),
            unicode: !overrides.ascii && !poor(&term) && utf8_locale(&set),
            remote: ["SSH_CONNECTION", "SSH_TTY", "SSH_CLIENT"].iter().any(|name| set(name).is_some()),
            tmux: set("TMUX").is_some() || term.starts_with("tmux"),
            sync: overrides.sync,
            mouse: overrides.mouse,
        }
    }

    /// The best there is: for tests and rendered pictures, not for a real terminal.
    pub fn full() -> Self {
        Self { palette: Palette::Ansi16, unicode: true, remote: false, tmux: false, sync: true, mouse: false }
    }

    /// Whether to print lines instead of a screen: `--plain`, `ACCESSIBLE=1`, a dumb terminal, or none.
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

/// Terminals that show neither UTF-8 nor box drawing dependably.
fn poor(term: &str) -> bool {
    matches!(term, "" | "dumb" | "linux") || monochrome(term)
}

/// Terminals without colour.
fn monochrome(term: &str) -> bool {
    matches!(term, "" | "dumb" | "vt52" | "vt100" | "vt102" | "vt220" | "vt320") || term.ends_with("-m")
}

/// The POSIX rule: the first of `LC_ALL`, `LC_CTYPE`, `LANG` that is set and not empty decides.
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
    #[case(&[("TERM", "xterm-256color")], Palette::Ansi16)]
    #[case(&[("TERM", "xterm-256color"), ("NO_COLOR", "1")], Palette::None)]
    #[case(&[("TERM", "xterm-256color"), ("NO_COLOR", "")], Palette::Ansi16)]
    #[case(&[("TERM", "vt100")], Palette::None)]
    #[case(&[("TERM", "dumb")], Palette::None)]
    #[case(&[], Palette::None)]
    fn colour_by_environment(#[case] vars: &'static [(&str, &str)], #[case] expected: Palette) {
        assert_eq!(Caps::detect(&env(vars), CapsOverrides::default()).palette, expected);
    }

    #[test]
    fn a_chosen_palette_wins_over_no_color() {
        let overrides = CapsOverrides { palette: Some(Palette::Ansi256), ..CapsOverrides::default() };
        let caps = Caps::detect(&env(&[("TERM", "xterm"), ("NO_COLOR", "1")]), overrides);
        assert_eq!(caps.palette, Palette::Ansi256);
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
        assert!(!Caps::detect(&env(vars), ascii).unicode, "--ascii wins");
    }

    #[rstest]
    #[case(&[("SSH_CONNECTION", "192.0.2.1 1 192.0.2.2 22")], true, false)]
    #[case(&[("SSH_TTY", "/dev/pts/3")], true, false)]
    #[case(&[("TMUX", "/tmp/tmux-0/default,1,0")], false, true)]
    #[case(&[("TERM", "tmux-256color")], false, true)]
    #[case(&[("TERM", "screen")], false, false)]
    fn what_stands_between(#[case] vars: &'static [(&str, &str)], #[case] remote: bool, #[case] tmux: bool) {
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
    fn lines_instead_of_a_screen(
        #[case] vars: &'static [(&str, &str)],
        #[case] stdin: bool,
        #[case] stdout: bool,
        #[case] plain: bool,
        #[case] expected: bool,
    ) {
        assert_eq!(Caps::line_mode(&env(vars), stdin, stdout, plain), expected);
    }
}
