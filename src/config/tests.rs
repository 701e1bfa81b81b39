//! Settings as people write them, right and wrong.

use rstest::rstest;

use super::{
    bindings::{Action, Context},
    settings::{KEYS, SECTIONS},
    *,
};
use crate::domain::{AccountId, OwnerFilter};

fn none(_: &str) -> Option<String> {
    None
}

fn from_file(text: &str) -> Result<Config, Failure> {
    Config::assemble(Some((Path::new("config.toml"), text)), &none)
}

fn from_env(name: &'static str, value: &'static str) -> Result<Config, Failure> {
    Config::assemble(None, &move |asked: &str| (asked == name).then(|| value.to_owned()))
}

#[test]
fn the_example_is_the_table_and_the_defaults() {
    let example = include_str!("../../.config-example/config.toml");
    assert_eq!(example, Config::example(), "write Config::example() to .config-example/config.toml");
    assert_eq!(from_file(example).unwrap(), Config::default());
    assert_eq!(from_file("").unwrap(), Config::default());
}

#[test]
fn the_table_has_every_setting_and_no_other() {
    let default = toml::Table::try_from(Config::default()).unwrap();
    let mut settings = Vec::new();
    for (name, value) in &default {
        match value.as_table() {
            Some(section) => settings.extend(section.keys().map(|key| (name.as_str(), key.as_str()))),
            None => settings.push(("", name.as_str())),
        }
    }
    let mut table: Vec<_> = KEYS.iter().map(|key| (key.section, key.name)).collect();
    settings.sort_unstable();
    table.sort_unstable();
    assert_eq!(table, settings);
    for key in &KEYS {
        assert!(SECTIONS.iter().any(|(section, _)| *section == key.section), "{key:?}");
        let value: toml::Table = format!("x = {}", key.default).parse().unwrap();
        assert!(key.expect.accepts(&value["x"]), "{key:?}");
    }
}

#[test]
fn the_file_lies_over_the_defaults_and_the_environment_over_the_file() {
    let text = "read_only = true\n[browse]\nregions = [\"eu-west-1\", \"us-east-1\"]\n[copy]\nstarts_per_second = 2\n[aws]\nattempts = 0x7\n";
    let config = Config::assemble(Some((Path::new("config.toml"), text)), &|name: &str| {
        Some(match name {
            "AMIGRATE_BROWSE_REGIONS" => "ap-south-1, eu-west-2".into(),
            "AMIGRATE_READ_ONLY" => "0".into(),
            "AMIGRATE_COPY_STARTS_PER_SECOND" => "0.5".into(),
            "AMIGRATE_COPY_TAGS" => "Team=web site, SourceAMI={source_id}".into(),
            "AMIGRATE_UI_PALETTE" | "AMIGRATE_UI_THEME" => String::new(),
            _ => return None,
        })
    })
    .unwrap();
    assert!(!config.read_only);
    assert_eq!(config.browse.regions, ["ap-south-1", "eu-west-2"]);
    assert!((config.copy.starts_per_second - 0.5).abs() < f64::EPSILON);
    assert_eq!(config.copy.tags, ["Team=web site", "SourceAMI={source_id}"]);
    assert_eq!(config.aws.attempts, 7);
    assert_eq!(config.ui, Ui::default());
}

#[rstest]
#[case("[browse]\n\nregoins = []", "config.toml:3:1: unknown key `regoins` in [browse]; did you mean `regions`?")]
#[case("reed_only = true", "config.toml:1:1: unknown key `reed_only`; did you mean `read_only`?")]
#[case("[brwose]\nwhose = \"mine\"", "config.toml:1:2: unknown section [brwose]; did you mean [browse]?")]
#[case(
    "[zzzzzz]\n",
    "config.toml:1:2: unknown section [zzzzzz]; there are [aws], [browse], [coverage], [sync], [orphans], [copy], [jobs], [hooks], [poll], [ui], [log], [keys]"
)]
#[case("[aws]\nzzzzzz = 1", "config.toml:2:1: unknown key `zzzzzz` in [aws]")]
#[case("attempts = 3", "config.toml:1:1: unknown key `attempts`; it belongs in [aws]")]
#[case(
    "[ui]\nread_only = true",
    "config.toml:2:1: unknown key `read_only` in [ui]; it belongs at the top, before the first section"
)]
#[case("aws = 3", "config.toml:1:1: `aws` is a section; write [aws] on a line of its own")]
#[case(
    "[aws]\nattempts = \"four\"",
    "config.toml:2:12: `attempts` in [aws] is \"four\"; expected a whole number from 1 to 10"
)]
#[case("[aws]\nattempts = 0", "config.toml:2:12: `attempts` in [aws] is 0; expected a whole number from 1 to 10")]
#[case(
    "[aws]\n  attempts = 99999999999999999999",
    "config.toml:2:14: `attempts` in [aws] is 99999999999999999999; expected a whole number from 1 to 10"
)]
#[case(
    "[copy]\nstarts_per_second = nan",
    "config.toml:2:21: `starts_per_second` in [copy] is nan; expected a number from 0.01 to 100"
)]
#[case("[ui]\nascii = yes # please", "config.toml:2:9: `ascii` in [ui] is yes; expected true or false")]
#[case("read_only = True", "config.toml:1:13: `read_only` is True; expected true or false")]
#[case(
    "[aws]\nprofile = prod\n[ui]\n",
    "config.toml:2:11: `profile` in [aws] is prod; expected a text: write profile = \"prod\""
)]
#[case("[ui]\nascii = 1", "config.toml:2:9: `ascii` in [ui] is 1; expected true or false")]
#[case("[ui]\npalette = \"truecolor\"", "config.toml:2:1: `palette` in [ui] was auto, none or 16, and is `theme` now")]
#[case(
    "[browse]\nregions = [\"us-east-1\", 3]",
    "config.toml:2:11: `regions` in [browse] is [\"us-east-1\", 3]; expected a list of regions such as [\"us-east-1\"], or [\"home\"] or [\"all\"]"
)]
#[case(
    "[coverage]\nversion_pattern = \"[\"",
    "config.toml:2:19: `version_pattern` in [coverage] is \"[\"; expected a regular expression of one version, such as \"-[0-9]+\": unclosed character class"
)]
#[case(
    "[browse]\nwhose = \"theirs\"",
    "config.toml:2:9: `whose` in [browse] is \"theirs\"; expected mine, shared, amazon, marketplace, an account id of twelve digits, or public:PATTERN"
)]
#[case(
    "[copy]\ntags = [\"Team=web\", \"Env\"]",
    "config.toml:2:8: `tags` in [copy] is [\"Team=web\", \"Env\"]; expected a list of tags such as [\"Team=web\", \"SourceAMI={source_id}\"]"
)]
#[case("[aws]\nprofile = { a = 1 }", "config.toml:2:11: `profile` in [aws] is { a = 1 }; expected a text")]
#[case(
    "[poll]\nfastest_seconds = 90",
    "read the settings: in [poll], fastest_seconds (90), slowest_seconds (15) and throttled_seconds (60) must not fall"
)]
fn a_mistake_in_the_file_is_named_with_its_place(#[case] text: &str, #[case] expected: &str) {
    assert_eq!(from_file(text).unwrap_err().to_string(), expected);
}

#[rstest]
#[case("[keys.images]\ncpoy = \"c\"", "config.toml:2:1: unknown action `cpoy` in [keys.images]; did you mean `copy`?")]
#[case("[keys.imges]\ncopy = \"c\"", "config.toml:1:7: unknown table [keys.imges]; did you mean [keys.images]?")]
#[case(
    "[keys.images]\ncancel = \"c\"",
    "config.toml:2:1: unknown action `cancel` in [keys.images]; it belongs in [keys.jobs]"
)]
#[case("[keys]\ncancel = \"c\"", "config.toml:2:1: `cancel` is in [keys]; keys belong to a screen, as in [keys.jobs]")]
#[case("keys = 3", "config.toml:1:1: `keys` is a section; write [keys] on a line of its own")]
#[case("[keys]\nimages = 3", "config.toml:2:1: `images` is a table; write [keys.images] on a line of its own")]
#[case(
    "[keys.images]\ncopy = \"Hyper-c\"",
    "config.toml:2:8: `copy` is \"Hyper-c\"; expected a key or a list of keys, such as \"c\", \"Ctrl-s\", \"F5\", \"PgDn\""
)]
#[case(
    "[keys.images]\ncopy = [\"x\", 3]",
    "config.toml:2:8: `copy` is [\"x\", 3]; expected a key or a list of keys, such as \"c\", \"Ctrl-s\", \"F5\", \"PgDn\""
)]
#[case(
    "[keys.images]\ncopy = [\"x\", \"a\"]",
    "config.toml:2:14: `a` is the key of `mark_all` in [keys.images]; give one of the two another key"
)]
#[case(
    "[keys.images]\ncopy = \"x\"\nmark = \"x\"",
    "config.toml:3:8: `x` is the key of `copy` in [keys.images]; give one of the two another key"
)]
#[case(
    "[keys.images]\ncopy = \"j\"",
    "config.toml:2:8: `j` is the key of `down` in [keys.lists]; give one of the two another key"
)]
#[case(
    "[keys.form]\nstart = \"Ctrl-l\"",
    "config.toml:2:9: `Ctrl-l` is the key of `redraw` in [keys.everywhere]; give one of the two another key"
)]
#[case("[keys.jobs]\ncancel = \"Ctrl-c\"", "config.toml:2:10: Ctrl-c always quits")]
#[case(
    "[keys.input]\naccept = \"x\"",
    "config.toml:2:10: `x` is typed into the text here; use Ctrl, Alt or a function key"
)]
#[case("[keys.form]\nstart = \"Ctrl-a\"", "config.toml:2:9: `Ctrl-a` edits the text here")]
fn a_mistake_in_the_keys_is_named_with_its_place(#[case] text: &str, #[case] expected: &str) {
    assert_eq!(from_file(text).unwrap_err().to_string(), expected);
}

#[rstest]
#[case("none", "mono", "it is read as theme")]
#[case("auto", "default", "it can be removed")]
#[case("16", "default", "it can be removed")]
fn the_palette_of_earlier_versions_is_read_and_said(
    #[case] word: &'static str,
    #[case] theme: &str,
    #[case] note: &str,
) {
    let file = from_file(&format!("[ui]\nascii = true\npalette = \"{word}\"\n")).unwrap();
    let env = from_env("AMIGRATE_UI_PALETTE", word).unwrap();
    for (config, place) in [(file, "config.toml:3:1: "), (env, "AMIGRATE_UI_PALETTE: ")] {
        assert_eq!(config.ui.theme, theme);
        assert!(config.notes[0].starts_with(place) && config.notes[0].contains(note), "{:?}", config.notes);
    }
    let both = from_file(&format!("[ui]\npalette = \"{word}\"\ntheme = \"nord\"\n")).unwrap();
    assert_eq!((both.ui.theme.as_str(), both.notes.len()), ("nord", 1), "the new name wins");
    assert!(from_file("notes = []").is_err() && from_env("AMIGRATE_UI_PALETTE", "8").is_err());
}

#[test]
fn keys_are_changed_exchanged_and_taken_away() {
    let text = "[keys.images]\ncopy = \"Space\"\nmark = [\"c\", \"F5\"]\n[keys.jobs]\ndismiss = []\n";
    let keys = KeyMap::new(&from_file(text).unwrap().keys);
    let row = |context, action| keys.rows().iter().find(|r| (r.binding.context, r.binding.action) == (context, action));
    let shown = |context, action| row(context, action).map(keys::KeyRow::keys).unwrap();
    assert_eq!(shown(Context::Images, Action::Copy), "Space");
    assert_eq!(shown(Context::Images, Action::Mark), "c F5");
    assert_eq!(shown(Context::Jobs, Action::Dismiss), "");
    assert_eq!(shown(Context::Jobs, Action::Cancel), "x");
}

#[test]
fn every_line_of_the_examples_keys_is_valid_and_the_default() {
    let example = Config::example();
    let (_, keys) = example.split_once("[keys]\n").unwrap();
    let lines = keys.lines().map(|line| format!("{}\n", line.strip_prefix("# ").unwrap_or(line)));
    let config = from_file(&lines.collect::<String>()).unwrap();
    assert_eq!(config.keys.0.values().map(std::collections::BTreeMap::len).sum::<usize>(), bindings::KEYS.len());
    assert_eq!(KeyMap::new(&config.keys), KeyMap::default());
}

#[rstest]
#[case("[aws", 1)]
#[case("[aws]\nattempts = \n", 2)]
#[case("[aws]\nattempts = 1\nattempts = 2\n", 3)]
#[case("x = \"\u{1}\"", 1)]
fn what_is_no_toml_is_named_with_its_line(#[case] text: &str, #[case] line: usize) {
    let failure = from_file(text).unwrap_err();
    assert!(failure.what.starts_with(&format!("config.toml:{line}:")), "{failure}");
    assert!(!failure.why.is_empty() && !failure.to_string().contains('\n'), "{failure}");
}

#[rstest]
#[case("AMIGRATE_UI_ASCII", "maybe", "AMIGRATE_UI_ASCII: `maybe` is not true or false")]
#[case("AMIGRATE_AWS_ATTEMPTS", "11", "AMIGRATE_AWS_ATTEMPTS: `11` is not a whole number from 1 to 10")]
#[case("AMIGRATE_LOG_LEVEL", "loud", "AMIGRATE_LOG_LEVEL: `loud` is not one of off, error, warn, info, debug, trace")]
#[case(
    "AMIGRATE_BROWSE_REGIONS",
    "us_east_1",
    "AMIGRATE_BROWSE_REGIONS: `us_east_1` is not a list of regions such as us-east-1,eu-west-1, or home, or all"
)]
#[case(
    "AMIGRATE_COPY_SNAPSHOT_TAGS",
    "aws:x=1",
    "AMIGRATE_COPY_SNAPSHOT_TAGS: `aws:x=1` is not a list of tags such as Team=web,SourceAMI={source_id}"
)]
#[case(
    "AMIGRATE_COPY_STARTS_PER_SECOND",
    "inf",
    "AMIGRATE_COPY_STARTS_PER_SECOND: `inf` is not a number from 0.01 to 100"
)]
fn a_mistake_in_the_environment_names_the_variable(
    #[case] name: &'static str,
    #[case] value: &'static str,
    #[case] expected: &str,
) {
    assert_eq!(from_env(name, value).unwrap_err().to_string(), expected);
}

#[test]
fn a_named_file_must_exist_and_be_text() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("missing.toml");
    let failure = Config::load(Some(&path), &none).unwrap_err();
    assert!(failure.what.contains("missing.toml") && !failure.hint.is_empty(), "{failure:?}");
    let path = dir.path().join("binary.toml");
    std::fs::write(&path, [0xff, 0xfe, 0x00]).unwrap();
    assert_eq!(Config::load(Some(&path), &none).unwrap_err().hint, "The file must be UTF-8 text.");
    std::fs::write(&path, "[ui]\nascii = true\n").unwrap();
    assert!(Config::load(Some(&path), &none).unwrap().ui.ascii);
}

#[test]
fn a_relative_prices_file_is_beside_the_settings() {
    let file = |text| Config::assemble(Some((Path::new("/etc/amigrate/config.toml"), text)), &none).unwrap().copy;
    assert_eq!(file("[copy]\nprices_file = \"ours.toml\"").prices_file, "/etc/amigrate/ours.toml");
    assert_eq!(file("[copy]\nprices_file = \"/srv/ours.toml\"").prices_file, "/srv/ours.toml");
    assert_eq!(file("[copy]\nprices_file = \"\"").prices_file, "");
    assert_eq!(from_env("AMIGRATE_COPY_PRICES_FILE", "ours.toml").unwrap().copy.prices_file, "ours.toml");
}

#[rstest]
#[case("mine", Some(OwnerFilter::Mine))]
#[case("shared", Some(OwnerFilter::Shared))]
#[case("123456789012", Some(OwnerFilter::Account(AccountId::new("123456789012").unwrap())))]
#[case("public:al2023*", Some(OwnerFilter::Public { name: "al2023*".into() }))]
#[case("public:", None)]
#[case("Mine", None)]
#[case("12345", None)]
fn whose_images(#[case] word: &str, #[case] expected: Option<OwnerFilter>) {
    assert_eq!(OwnerFilter::parse(word), expected);
}

#[test]
fn a_hook_is_an_absolute_path_or_a_name_of_path() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("config.toml");
    let mistakes = |program: &str| {
        std::fs::write(&file, format!("[hooks]\njob_ended = ['{program}', './an argument']\n")).unwrap();
        let mistakes = Config::mistakes(Some(&file), &|_| None);
        mistakes.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    for program in ["/opt/copied", "copied"] {
        assert_eq!(mistakes(program), [""; 0], "{program}");
    }
    for program in ["./copied", "bin/copied", "~/copied"] {
        let expected = format!("use the setting hooks.job_ended: run a hook: a relative path: {program}");
        assert_eq!(mistakes(program), [expected]);
    }
}
