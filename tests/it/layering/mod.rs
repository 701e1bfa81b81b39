//! The architecture, checked: layers use only layers below them, no file is part of an import circle, what belongs to one layer
//! is named nowhere else, and files and functions stay short. The layers are read from the list in `src/lib.rs`.

mod exceptions;
mod imports;
mod samples;
mod sizes;
mod tokens;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use imports::{Crate, Graph};

/// Files with their paths relative to the directory that was read, and their sources.
type Sources = BTreeMap<String, String>;

/// The layers as `lib.rs` lists them, lowest first.
fn layers() -> Vec<String> {
    let named = |line: &str| Some(line.strip_prefix("//! | [`")?.split_once('`')?.0.to_owned());
    include_str!("../../../src/lib.rs").lines().filter_map(named).collect()
}

fn layer(path: &str) -> &str {
    path.split('/').next().unwrap_or_default()
}

/// All Rust files of a directory of this repository.
fn read(dir: &str) -> Sources {
    fn collect(dir: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                collect(&path, found);
            } else if path.extension().is_some_and(|e| e == "rs") {
                found.push(path);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(dir);
    let mut found = Vec::new();
    collect(&root, &mut found);
    let relative = |path: &Path| path.strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/");
    found.iter().map(|path| (relative(path), fs::read_to_string(path).unwrap())).collect()
}

/// Unit tests in files of their own.
fn is_test(path: &str) -> bool {
    path.contains("/tests/") || path.ends_with("/tests.rs") || path.ends_with("/testing.rs")
}

/// The program's own files, without tests.
fn program() -> Sources {
    let mut files = read("src");
    assert!(files.len() > 100, "{}", files.len());
    files.retain(|path, _| !is_test(path));
    files
}

fn graph(files: &Sources, public: bool) -> Graph {
    Crate::new(files.iter().map(|(path, source)| (path.as_str(), source.as_str()))).graph(public)
}

/// Each use of a layer that stands above the user's, and each use of the screen by what runs without one.
fn upward(files: &Sources, layers: &[String]) -> Vec<String> {
    let height = |path: &str| layers.iter().position(|l| l == layer(path));
    let has_screen =
        |path: &str| matches!(layer(path), "tui" | "runtime") || path.starts_with("cli/tui/") || path == "cli/mod.rs";
    let mut wrong = Vec::new();
    for (path, used) in graph(files, true) {
        for other in used {
            if height(&path).is_some_and(|own| height(&other).is_some_and(|used| used > own)) {
                wrong.push(format!("{path} uses {other}, which is in a layer above it"));
            } else if layer(&other) == "tui" && !has_screen(&path) {
                wrong.push(format!("{path} uses {other}, and should run without a screen"));
            }
        }
    }
    wrong
}

/// A line without its comment. Two slashes in a text count as a comment; nothing that is looked for stands behind them.
fn code(line: &str) -> &str {
    line.split_once("//").map_or(line, |(code, _)| code)
}

/// Each name in one file that belongs to another layer.
fn misplaced(path: &str, source: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    let layer = layer(path);
    let aws = layer == "aws" || path == "sim/transport/connector.rs";
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
        only(names("rusqlite::"), "SQLite is named outside store", layer == "store");
        only(names("crossterm::"), "crossterm is named outside term", layer == "term");
        only(names("ratatui::"), "ratatui is named outside term and tui", matches!(layer, "term" | "tui"));
        // An escape behind two slashes would still be written.
        let escape = [r"\x1b", r"\x1B", r"\u{1b}", r"\u{1B}", r"\u{001b}", "\u{1b}"].iter().any(|e| line.contains(e));
        only(escape && !in_tests(source, n), "an escape is written outside term", layer == "term");
    }
    wrong
}

/// Returns true if a line stands in the tests at a file's end.
fn in_tests(source: &str, line: usize) -> bool {
    source.lines().position(|l| l.trim() == "#[cfg(test)]").is_some_and(|tests| tests < line)
}

/// What is found must be what is excepted: an exception that is mended goes from its list.
#[track_caller]
fn assert_only(found: &BTreeSet<String>, excepted: &[&str], rule: &str) {
    let excepted: BTreeSet<String> = excepted.iter().map(|&e| e.to_owned()).collect();
    let new: Vec<_> = found.difference(&excepted).collect();
    assert!(new.is_empty(), "{rule}: {new:#?}");
    let stale: Vec<_> = excepted.difference(found).collect();
    assert!(stale.is_empty(), "mended, so no longer an exception of tests/it/layering/exceptions.rs: {stale:#?}");
}

#[test]
fn the_list_of_layers_is_complete() {
    let (layers, lib) = (layers(), include_str!("../../../src/lib.rs"));
    assert_eq!(layers.first().map(String::as_str), Some("domain"));
    let files = program();
    for layer in &layers {
        assert!(files.contains_key(&format!("{layer}/mod.rs")), "lib.rs lists {layer}, and there is none");
        assert!(lib.contains(&format!("pub mod {layer};")), "{layer} is no public module");
    }
    assert_eq!(lib.matches("pub mod ").count(), layers.len(), "lib.rs has a module that its list does not name");
}

#[test]
fn layers_use_only_what_is_below() {
    let wrong = upward(&program(), &layers());
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn no_file_is_part_of_an_import_circle() {
    let graph = graph(&program(), false);
    let mut found = BTreeSet::new();
    for circle in imports::circles(&graph) {
        println!("{}", imports::describe(&graph, &circle));
        found.extend(circle.into_iter().map(str::to_owned));
    }
    assert_only(&found, exceptions::CIRCLES, "files that use each other, as printed above");
}

#[test]
fn what_belongs_to_a_layer_is_named_nowhere_else() {
    let wrong: Vec<_> = program().iter().flat_map(|(path, source)| misplaced(path, source)).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn files_and_functions_are_short() {
    let mut found = BTreeSet::new();
    for dir in ["src", "tests"] {
        found.extend(read(dir).iter().flat_map(|(path, source)| sizes::too_long(&format!("{dir}/{path}"), source)));
    }
    assert_only(&found, exceptions::TOO_LONG, "a file has at most 400 lines, a function at most 60");
}
