//! Recordings of what users type, redacted and replayed.

use rstest::rstest;

use super::*;
use crate::{
    config::{Config, RememberedView, Themes},
    domain::{OwnerFilter, Region, price::Prices},
    runtime::recording::{
        format::{Beginning, RunId},
        replay::{Replay, Until},
    },
    term::{
        Caps,
        input::{KeyEvent, KeyModifiers},
    },
    tui::{Connected, EffectId, Model, ProfileId, Reply, Start},
};

fn start() -> Start {
    Start {
        config: Config::default(),
        caps: Caps::full(),
        demo: None,
        profile: None,
        other_profiles: Vec::new(),
        seed: 0,
        now: Timestamp::from_second(1_800_000_000).unwrap(),
        size: (100, 30),
        prices: Prices::default(),
        themes: Themes::default(),
        first_run: false,
        remembers: true,
    }
}

fn recording(start: &Start, msgs: Vec<Msg>) -> Recording {
    let run = RunId { pid: 1, began: start.now };
    let began = Entry::Began(Box::new(Beginning::of(start)));
    let entries = [began].into_iter().chain(msgs.into_iter().map(Entry::Msg));
    let lines = (0..)
        .zip(entries)
        .map(|(n, entry)| Line { run, n, at: start.now, profile: ProfileId::default(), entry })
        .collect();
    Recording { run, lines, problem: None }
}

/// The recording as others get it.
fn redacted(recording: &Recording) -> Recording {
    let lines = redact(recording, u64::MAX, "copies of images, in the words of the manual").unwrap();
    let json = lines.iter().map(|line| line.split_once(&format!("{TARGET}: ")).unwrap().1);
    Recording { lines: json.map(|json| serde_json::from_str(json).unwrap()).collect(), ..recording.clone() }
}

/// Keys: those in braces by their names, else characters.
fn keys(text: &str) -> Vec<Msg> {
    let named = |name: &str| match name {
        "Tab" => KeyEvent::new(KeyCode::Tab, KeyModifiers::NONE),
        "Left" => KeyEvent::new(KeyCode::Left, KeyModifiers::NONE),
        "Back" => KeyEvent::new(KeyCode::Backspace, KeyModifiers::NONE),
        "Back-word" => KeyEvent::new(KeyCode::Backspace, KeyModifiers::ALT),
        "Ctrl-w" => KeyEvent::new(KeyCode::Char('w'), KeyModifiers::CONTROL),
        other => panic!("{other}"),
    };
    let mut keys = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if let Some((name, after)) = rest.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
            keys.push(named(name));
            rest = after;
        } else {
            let shift = if c.is_uppercase() { KeyModifiers::SHIFT } else { KeyModifiers::NONE };
            keys.push(KeyEvent::new(KeyCode::Char(c), shift));
            rest = &rest[c.len_utf8()..];
        }
    }
    keys.into_iter().map(|key| Msg::Input(Input::Key(key))).collect()
}

/// The characters of a recording's keys.
fn typed(recording: &Recording) -> String {
    let of = |line: &Line<Recorded>| match &line.entry {
        Entry::Msg(Msg::Input(Input::Key(key))) if key.modifiers.difference(KeyModifiers::SHIFT).is_empty() => {
            if let KeyCode::Char(c) = key.code {
                Some(c)
            } else {
                None
            }
        }
        _ => None,
    };
    recording.lines.iter().filter_map(of).collect()
}

#[rstest]
#[case::complete(":exp{Tab}/var/falconry/warehouse.csv", ":exp/___/________/_________.csv")]
#[case::delete_word(":export falconry.csv{Ctrl-w}warehouse.json", ":export ________.csv_________.json")]
#[case::delete_word_otherwise(":export falconry{Back-word}warehouse.json", ":export _________________.json")]
#[case::move_back(":export falconry.csv{Left}{Left}{Left}{Left}warehouse", ":export ________.csv_________")]
#[case::deleted_again(":export falconry{Back}{Back}{Back}{Back}warehouse.csv", ":export _________________.csv")]
#[case::deleted_wholly(":profil{Back}{Back}{Back}{Back}{Back}{Back}{Back}region eu-west-1", ":profilregion eu-west-1")]
#[case::what_the_run_did_not_type(":exp{Tab}{Back}{Back}warehouse", ":exp_________")]
#[case::no_command(":falconry of images", ":________ of images")]
#[case::filter("/tag:Falconry={Left}{Tab}4711 age:<30d", "/tag:________=____ age:<30d")]
fn what_is_typed_after_other_keys_is_replaced(#[case] text: &str, #[case] expected: &str) {
    let recording = recording(&start(), keys(text));
    let shown = typed(&redacted(&recording));
    let same = |(shown, expected): (char, char)| shown == expected || expected == '_' && shown.is_ascii_alphanumeric();
    assert!(
        shown.chars().count() == expected.chars().count() && shown.chars().zip(expected.chars()).all(same),
        "{shown}"
    );
    for secret in ["falconry", "warehouse"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}

#[test]
fn lines_keep_keys_rows_and_commands_and_lose_texts() {
    let start = Start { caps: Caps { line_mode: true, ..Caps::full() }, ..start() };
    let lines = [
        ("help", "help"),
        ("Tab", "Tab"),
        ("3", "3"),
        ("  region eu-west-1 ", "  region eu-west-1 "),
        (":export /var/falconry.csv", ":export /___/________.csv"),
        ("/falconry state:available", "/________ state:available"),
        ("warehouse", "_________"),
        ("/", "/"),
        ("=falconry", "=________"),
        ("/", "/"),
        ("warehouse size:>30", "_________ size:>30"),
        ("quit", "quit"),
    ];
    let msgs = lines.iter().map(|(line, _)| Msg::Input(Input::Line((*line).to_owned()))).collect();
    let other = redacted(&recording(&start, msgs));
    let shown = other.lines.iter().filter_map(|line| match &line.entry {
        Entry::Msg(Msg::Input(Input::Line(line))) => Some(line.as_str()),
        _ => None,
    });
    let shown: Vec<&str> = shown.collect();
    for (shown, (line, expected)) in shown.iter().zip(lines) {
        let same = |(shown, expected): (char, char)| shown == expected || expected == '_';
        assert!(shown.len() == expected.len() && shown.chars().zip(expected.chars()).all(same), "{line}: {shown}");
        assert!(!shown.contains("falconry") && !shown.contains("warehouse"), "{shown}");
    }
    assert_eq!(shown.len(), lines.len());
    // The same word has the same stand-in.
    assert_eq!((&shown[4][13..21], &shown[8][1..]), (&shown[5][1..9], &shown[5][1..9]));
}

#[test]
fn a_remembered_view_comes_back_with_its_order_and_owner() {
    let remembered = RememberedView {
        whose: "amazon".into(),
        sort: "size_gib".into(),
        descending: true,
        columns: vec!["name".into(), "tag:Falconry".into()],
        filters: vec!["falconry age:<30d".into()],
        ..RememberedView::default()
    };
    let connected = Connected {
        profile: None,
        source: None,
        home: Region::new("us-east-1").unwrap(),
        endpoint: None,
        cached_regions: Vec::new(),
        remembered: Some(remembered),
        region_configured: true,
    };
    let reply = Msg::Reply { id: EffectId(1), reply: Reply::Connected(Ok(connected)) };
    let other = redacted(&recording(&start(), vec![reply]));
    let [_, Line { entry: Entry::Msg(Msg::Reply { reply: Reply::Connected(Ok(connected)), .. }), .. }] =
        &other.lines[..]
    else {
        panic!("{other:?}")
    };
    let view = connected.remembered.as_ref().unwrap();
    assert_eq!((view.whose.as_str(), view.sort.as_str(), view.descending), ("amazon", "size_gib", true));
    assert!(view.columns[0] == "name" && view.columns[1].starts_with("tag:") && view.columns[1] != "tag:Falconry");
    assert!(view.filters[0].ends_with(" age:<30d") && !view.filters[0].contains("falconry"), "{view:?}");
    let model = replayed(&other);
    assert_eq!((&model.query.whose, model.images.sort.descending), (&OwnerFilter::Amazon, true));
}

fn replayed(recording: &Recording) -> Model {
    Replay::new(recording, Until::End, None).unwrap().workspace.into_shown()
}

#[test]
fn what_the_environment_sets_is_recorded() {
    let set: BTreeSet<String> = ["browse.whose".to_owned()].into();
    let config = Config { set_by_environment: set.clone(), ..Config::default() };
    let recording = recording(&Start { config, ..start() }, Vec::new());
    let json = serde_json::to_string(&recording.lines[0]).unwrap();
    let line: Line<Recorded> = serde_json::from_str(&json).unwrap();
    for recording in [redacted(&recording), Recording { lines: vec![line], ..recording.clone() }] {
        assert_eq!(replayed(&recording).start.config.set_by_environment, set);
    }
    // One of an earlier version has none.
    let earlier = json.replace("\"set_by_environment\":[\"browse.whose\"],", "");
    assert_ne!(earlier, json);
    assert!(serde_json::from_str::<Line<Recorded>>(&earlier).is_ok());
}
