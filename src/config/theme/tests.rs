//! Themes as people write them, right and wrong; and whether the built-in ones can be read.

use rstest::rstest;

use super::*;

type Rgb = (u8, u8, u8);

/// The 16 colours of a terminal.
type Palette = [Rgb; 16];

#[rustfmt::skip]
const XTERM: Palette = [
    (0, 0, 0), (205, 0, 0), (0, 205, 0), (205, 205, 0), (0, 0, 238), (205, 0, 205), (0, 205, 205), (229, 229, 229),
    (127, 127, 127), (255, 0, 0), (0, 255, 0), (255, 255, 0), (92, 92, 255), (255, 0, 255), (0, 255, 255), (255, 255, 255),
];
#[rustfmt::skip]
const LINUX: Palette = [
    (0, 0, 0), (170, 0, 0), (0, 170, 0), (170, 85, 0), (0, 0, 170), (170, 0, 170), (0, 170, 170), (170, 170, 170),
    (85, 85, 85), (255, 85, 85), (85, 255, 85), (255, 255, 85), (85, 85, 255), (255, 85, 255), (85, 255, 255), (255, 255, 255),
];
#[rustfmt::skip]
const TANGO: Palette = [
    (0, 0, 0), (204, 0, 0), (78, 154, 6), (196, 160, 0), (52, 101, 164), (117, 80, 123), (6, 152, 154), (211, 215, 207),
    (85, 87, 83), (239, 41, 41), (138, 226, 52), (252, 233, 79), (114, 159, 207), (173, 127, 168), (52, 226, 226), (238, 238, 236),
];
#[rustfmt::skip]
const WINDOWS: Palette = [
    (12, 12, 12), (197, 15, 31), (19, 161, 14), (193, 156, 0), (0, 55, 218), (136, 23, 152), (58, 150, 221), (204, 204, 204),
    (118, 118, 118), (231, 72, 86), (22, 198, 12), (249, 241, 165), (59, 120, 255), (180, 0, 158), (97, 214, 214), (242, 242, 242),
];

/// Relative luminance, as WCAG 2 defines it.
fn luminance((r, g, b): Rgb) -> f64 {
    let channel = |c: u8| {
        let c = f64::from(c) / 255.0;
        if c <= 0.03928 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b)
}

/// The contrast of two colours, 1 to 21.
fn contrast(a: Rgb, b: Rgb) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

fn rgb(color: ThemeColor, palette: &Palette) -> Rgb {
    let step = |n: u8| if n == 0 { 0 } else { 55 + 40 * n };
    match color {
        ThemeColor::Rgb(r, g, b) => (r, g, b),
        ThemeColor::Indexed(n @ 0..=15) => palette[usize::from(n)],
        ThemeColor::Indexed(n @ 16..=231) => (step((n - 16) / 36), step((n - 16) / 6 % 6), step((n - 16) % 6)),
        ThemeColor::Indexed(n) => (8 + 10 * (n - 232), 8 + 10 * (n - 232), 8 + 10 * (n - 232)),
    }
}

/// The lowest contrast of a role on this background.
fn lowest(theme: &Theme, palette: &Palette, background: Rgb) -> (f64, Role) {
    let own = theme.style(Role::Text).bg.map_or(background, |bg| rgb(bg, palette));
    let text = if luminance(own) > 0.5 { (0, 0, 0) } else { (255, 255, 255) };
    let of = |role: Role| {
        let style = theme.style(role);
        let bg = style.bg.map_or(own, |bg| rgb(bg, palette));
        // Only GNOME's terminal does not make bold text bright, unless told to.
        let fg = style.fg.map(|fg| match fg {
            ThemeColor::Indexed(n @ 0..=7) if style.bold && *palette != TANGO => ThemeColor::Indexed(n + 8),
            fg => fg,
        });
        (contrast(fg.map_or(text, |fg| rgb(fg, palette)), bg), role)
    };
    Role::ALL.map(of).into_iter().min_by(|a, b| a.0.total_cmp(&b.0)).unwrap()
}

#[rstest]
#[case("default", 3.0)]
#[case("mono", 4.5)]
#[case("high-contrast", 4.5)]
#[case("colour-blind", 3.0)]
#[case("nord", 4.5)]
fn every_role_is_readable_on_light_and_dark(#[case] name: &str, #[case] least: f64) {
    let themes = Themes::default();
    let theme = themes.get(name).unwrap();
    for (palette, terminal) in [(XTERM, "xterm"), (LINUX, "linux"), (TANGO, "tango"), (WINDOWS, "windows")] {
        // The console is dark.
        let backgrounds = if palette == LINUX { &[(0, 0, 0)][..] } else { &[(0, 0, 0), (255, 255, 255)] };
        for background in backgrounds.iter().copied() {
            let (contrast, role) = lowest(theme, &palette, background);
            assert!(contrast >= least, "{name}: {role:?} has {contrast:.2} on {background:?} of {terminal}");
        }
    }
}

#[test]
fn default_has_the_16_colours_only_and_mono_none() {
    let themes = Themes::default();
    for role in Role::ALL {
        let [default, mono] = ["default", "mono"].map(|name| themes.get(name).unwrap().style(role));
        let ansi = |color: Option<ThemeColor>| color.is_none_or(|c| matches!(c, ThemeColor::Indexed(0..=15)));
        assert!(ansi(default.fg) && ansi(default.bg), "{role:?}");
        assert_eq!((mono.fg, mono.bg), (None, None), "{role:?}");
        assert!(
            !matches!((default.fg, default.bg), (Some(ThemeColor::Indexed(8)), _)),
            "some terminals show it as black"
        );
    }
    assert_eq!(themes.mistakes().count(), 0);
}

fn own(text: &str) -> (tempfile::TempDir, Themes) {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("themes")).unwrap();
    std::fs::write(dir.path().join("themes/mine.toml"), text).unwrap();
    std::fs::write(dir.path().join("themes/notes.txt"), "no theme").unwrap();
    let themes = Themes::beside(Some(&dir.path().join("config.toml")));
    (dir, themes)
}

#[test]
fn an_own_theme_lies_over_the_one_it_names() {
    let (_dir, themes) = own("bad = \"bold #d75f00 on 7\"\nbase = \"mono\"\nfocus = \"default\"\n");
    let (mine, mono) = (themes.get("mine").unwrap(), themes.get("mono").unwrap());
    let bad = mine.style(Role::Bad);
    assert_eq!((bad.fg, bad.bg), (Some(ThemeColor::Rgb(0xd7, 0x5f, 0)), Some(ThemeColor::Indexed(7))));
    assert!(bad.bold && !bad.dim);
    assert_eq!(mine.style(Role::Cursor), mono.style(Role::Cursor));
    assert_eq!(mine.style(Role::Focus), RoleStyle::default());
    assert_eq!(themes.names().count(), BUILT_IN.len() + 1);
    assert_eq!(themes.get("nrod").unwrap_err().hint, "Did you mean nord?");
}

#[rstest]
#[case("bda = \"red\"", ":1:1", "unknown role `bda`; did you mean `bad`?")]
#[case("\nbad = \"bold rde\"", ":2:7", "`rde` is no colour and no attribute; did you mean `red`?")]
#[case("bad = \"#d75f0\"", ":1:7", "`#d75f0` is no colour and no attribute; write a colour")]
#[case("bad = \"red on\"", ":1:7", "there is no colour after `on`")]
#[case("bad = 3", ":1:7", "`bad` is no text")]
#[case("base = \"mine\"", ":1:8", "`mine` is no built-in theme")]
#[case("bad = \"red", ":1:", "")]
fn a_mistake_is_named_with_its_place(#[case] text: &str, #[case] place: &str, #[case] why: &str) {
    let (_dir, themes) = own(text);
    let failure = themes.get("mine").unwrap_err();
    assert!(failure.what.contains(&format!("mine.toml{place}")) && failure.why.starts_with(why), "{failure}");
    assert_eq!(themes.mistakes().collect::<Vec<_>>(), [&failure]);
    assert!(themes.get("default").is_ok(), "the others can be used");
}
