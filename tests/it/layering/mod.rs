//! The rooms and their order, held: a room uses only rooms below it, and what belongs to one room is named nowhere
//! else. The order is read from the list in `src/lib.rs`, so that there is one.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The rooms as `lib.rs` lists them, lowest first.
fn rooms(lib: &str) -> Vec<String> {
    lib.lines().filter_map(|l| l.strip_prefix("//! | [`")?.split_once('`').map(|(room, _)| room.to_owned())).collect()
}

/// A line without its comment. Slashes within a text count as one; no path of a room stands behind them.
fn code(line: &str) -> &str {
    line.split_once("//").map_or(line, |(code, _)| code)
}

/// Rooms named by `crate::ROOM`, also within `use crate::{ … }`.
fn used<'a>(source: &str, rooms: &'a [String]) -> Vec<&'a str> {
    let text = source.lines().map(code).collect::<Vec<_>>().join("\n");
    let mut found = Vec::new();
    for (at, _) in text.match_indices("crate::") {
        if text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_') {
            continue;
        }
        let rest = &text[at + "crate::".len()..];
        let names = if let Some(group) = rest.strip_prefix('{') { first_words(group) } else { vec![word(rest)] };
        found.extend(names.iter().filter_map(|name| rooms.iter().find(|r| *r == name)).map(String::as_str));
    }
    found
}

fn word(text: &str) -> String {
    text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

/// The first word of each element of a group that has just been opened.
fn first_words(group: &str) -> Vec<String> {
    let (mut depth, mut words, mut fresh) = (1, Vec::new(), true);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 1 => fresh = true,
            _ if fresh && !c.is_whitespace() => {
                words.push(word(&group[at..]));
                fresh = false;
            }
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    words
}

/// Everything that is wrong with one file; `path` is relative to `src`.
fn violations(path: &str, source: &str, rooms: &[String]) -> Vec<String> {
    let mut wrong = Vec::new();
    let room = path.split('/').next().unwrap_or_default();
    if let Some(own) = rooms.iter().position(|r| r == room) {
        for used in used(source, rooms) {
            if rooms.iter().position(|r| r == used) > Some(own) {
                wrong.push(format!("{path}: {room} uses {used}, which stands above it"));
            }
        }
    }
    let aws = room == "aws" || path == "sim/transport/connector.rs";
    // A slash-slash may stand in a text; an escape behind it would still be one.
    for (n, line) in source.lines().enumerate().filter(|(_, l)| !l.trim_start().starts_with("//")) {
        let mut only = |named: bool, what: &str, here: bool| {
            if named && !here {
                wrong.push(format!("{path}:{}: {what}: {}", n + 1, line.trim()));
            }
        };
        let names = |name: &str| {
            code(line).match_indices(name).any(|(at, _)| {
                !code(line)[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '.' || c == '"')
            })
        };
        let crates = ["aws_config", "aws_credential_types", "aws_sdk_", "aws_smithy_", "aws_types"];
        only(crates.iter().any(|c| names(c)), "the AWS SDK is named outside aws", aws);
        only(names("rusqlite::"), "SQLite is named outside store", room == "store");
        only(names("crossterm::"), "crossterm is named outside term", room == "term");
        only(names("ratatui::"), "ratatui is named outside term and tui", matches!(room, "term" | "tui"));
        let escape = [r"\x1b", r"\x1B", r"\u{1b}", r"\u{1B}", r"\u{001b}", "\u{1b}"].iter().any(|e| line.contains(e));
        only(escape && !in_tests(source, n), "an escape is written outside term", room == "term");
    }
    wrong
}

/// Whether a line stands in the tests at a file's end.
fn in_tests(source: &str, line: usize) -> bool {
    source.lines().position(|l| l.trim() == "#[cfg(test)]").is_some_and(|tests| tests < line)
}

fn sources(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

fn the_rooms() -> Vec<String> {
    rooms(include_str!("../../../src/lib.rs"))
}

#[test]
fn rooms_stand_in_order() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let rooms = the_rooms();
    assert_eq!(rooms.first().map(String::as_str), Some("domain"));
    for room in &rooms {
        assert!(src.join(room).join("mod.rs").is_file(), "lib.rs lists {room}, and there is none");
        assert!(include_str!("../../../src/lib.rs").contains(&format!("pub mod {room};")), "{room} is no module");
    }
    let modules = include_str!("../../../src/lib.rs").matches("pub mod ").count();
    assert_eq!(modules, rooms.len(), "lib.rs has a module that its list does not name");
    let mut files = Vec::new();
    sources(&src, &mut files);
    assert!(files.len() > 60, "{}", files.len());
    let mut wrong = Vec::new();
    for file in &files {
        let path = file.strip_prefix(&src).unwrap().to_str().unwrap().replace('\\', "/");
        // A room's tests are files beside it.
        let tests = path.contains("/tests/") || path.ends_with("/tests.rs") || path.ends_with("/testing.rs");
        if !tests {
            wrong.extend(violations(&path, &fs::read_to_string(file).unwrap(), &rooms));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn what_is_wrong_is_found() {
    let rooms = the_rooms();
    let found = |path: &str, source: &str| violations(path, source, &rooms).len();
    for (path, source) in [
        ("domain/plan.rs", "use crate::engine::Job;"),
        ("aws/mod.rs", "use crate::{\n    domain::{self, Region},\n    tui::{Model, Msg},\n};"),
        ("engine/mod.rs", "fn f() -> crate::term::Caps { todo!() }"),
        ("runtime/run.rs", "pub(in crate::cli) fn f() {}"),
        ("sim/world/state.rs", "use aws_sdk_ec2::Client;"),
        ("runtime/calls.rs", "    let x = aws_config::load().await;"),
        ("runtime/effects.rs", "use rusqlite::Connection;"),
        ("tui/view.rs", "use crossterm::event::KeyCode;"),
        ("cli/line.rs", "use ratatui::Frame;"),
        ("cli/mod.rs", r#"    print!("\x1b[2J");"#),
        ("tui/theme.rs", r#"const RED: &str = "\u{1b}[31m";"#),
        ("main.rs", "use aws_types::region::Region;"),
    ] {
        assert_eq!(found(path, source), 1, "{path}: {source}");
    }
    for (path, source) in [
        ("tui/model.rs", "use crate::{domain::Region, engine::{Engine, Job}, term::Caps};"),
        ("tui/model.rs", "use crate::tui::Msg;"),
        ("cli/mod.rs", "use crate::runtime::run;"),
        ("domain/plan.rs", "// The engine (crate::engine) reads this; see \\x1b."),
        ("aws/session.rs", "use aws_config::SdkConfig;"),
        ("sim/transport/connector.rs", "use aws_smithy_runtime_api::http::StatusCode;"),
        ("store/open.rs", "use rusqlite::Connection;"),
        ("term/input.rs", "use crossterm::event::KeyCode;"),
        ("term/osc.rs", r#"const END: &str = "\x1b\\";"#),
        ("domain/text.rs", "#[cfg(test)]\nmod tests {\n    const X: &str = \"\\x1b\";\n}"),
        ("domain/query.rs", "let my_aws_config = not_ratatui::word;"),
    ] {
        assert_eq!(violations(path, source, &rooms), Vec::<String>::new(), "{path}: {source}");
    }
}
