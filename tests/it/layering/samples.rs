//! The checks on samples: what is wrong is found, and nothing else is.

use super::{Sources, graph, imports, layers, misplaced, sizes, tokens, upward};

fn sources(files: &[(&str, &str)]) -> Sources {
    files.iter().map(|(path, source)| ((*path).to_owned(), (*source).to_owned())).collect()
}

fn circles(files: &[(&str, &str)]) -> Vec<Vec<String>> {
    let graph = graph(&sources(files), false);
    imports::circles(&graph).into_iter().map(|c| c.into_iter().map(str::to_owned).collect()).collect()
}

#[test]
fn a_use_of_a_higher_layer_is_found() {
    let (layers, engine) = (layers(), ("engine/mod.rs", "pub struct Job;"));
    let (tui, model) = (("tui/mod.rs", "pub mod model;"), ("tui/model.rs", "pub struct Model;"));
    let root = ("lib.rs", "pub mod engine; pub mod tui; pub mod domain; pub mod cli;");
    for sample in [
        ("domain/plan.rs", "use crate::engine::Job;"),
        ("domain/plan.rs", "pub use crate::{engine::Job as Task};"),
        ("aws/calls.rs", "use crate::{\n    domain::{self, Region},\n    tui::{model::{self, Model}},\n};"),
        ("driver/run.rs", "fn f() -> crate::tui::model::Model { todo!() }"),
        ("driver/run.rs", "use crate::tui::model;\nfn f() -> model::Model { todo!() }"),
        // Above the screen, and meant to run without one.
        ("cli/drive.rs", "use crate::tui::model::Model;"),
    ] {
        let files = sources(&[root, engine, tui, model, ("domain/mod.rs", ""), ("cli/mod.rs", ""), sample]);
        assert_eq!(upward(&files, &layers).len(), 1, "{sample:?}");
    }
    for sample in [
        ("runtime/run.rs", "use crate::{engine::Job, tui::model::Model};"),
        ("cli/tui/mod.rs", "use crate::tui::model::Model;"),
        ("domain/plan.rs", "// The engine (crate::engine::Job) reads this.\n/* crate::engine::Job */"),
        ("domain/plan.rs", r##"const TEXT: &str = "crate::engine::Job"; const RAW: &str = r#""crate::engine::Job"#;"##),
        ("domain/plan.rs", "#[cfg(test)]\nmod tests {\n    use crate::engine::Job;\n}"),
        ("domain/plan.rs", "pub(in crate::engine) fn f(c: char) -> bool { c == '\"' || c == '\\'' }"),
    ] {
        let files = sources(&[root, engine, tui, model, sample]);
        assert_eq!(upward(&files, &layers), Vec::<String>::new(), "{sample:?}");
    }
}

#[test]
fn a_circle_within_a_module_is_found() {
    let root = ("engine/mod.rs", "mod job; mod queue; pub use job::Job; pub use queue::Queue;");
    let both = vec![vec!["engine/job.rs".to_owned(), "engine/queue.rs".to_owned()]];
    for (job, queue) in [
        ("use super::queue::Queue; pub struct Job(Queue);", "use super::job::Job; pub struct Queue(Job);"),
        // Through the re-exports, through the module, by paths, under another name, and by everything of a module.
        ("use super::Queue; pub struct Job(Queue);", "use crate::engine::Job; pub struct Queue(Job);"),
        ("use super::queue; pub struct Job(queue::Queue);", "pub struct Queue(super::Job);"),
        (
            "use super::queue::Queue as Line; pub struct Job(Line);",
            "use super::{job::{self}}; pub struct Queue(job::Job);",
        ),
        ("use super::queue::*; pub struct Job(Queue);", "use super::job::Job; pub struct Queue(Job);"),
    ] {
        let files = [("lib.rs", "pub mod engine;"), root, ("engine/job.rs", job), ("engine/queue.rs", queue)];
        assert_eq!(circles(&files), both, "{job}\n{queue}");
    }
}

#[test]
fn a_circle_with_the_parent_is_found_and_a_re_export_is_none() {
    let child = ("engine/queue.rs", "use super::Engine; pub struct Queue; impl Engine { fn start(&self) {} }");
    let uses = ("engine/mod.rs", "mod queue; pub use queue::Queue; pub struct Engine { queue: Queue }");
    assert_eq!(circles(&[uses, child]), [["engine/mod.rs", "engine/queue.rs"]]);
    let by_path = ("engine/mod.rs", "mod queue; pub struct Engine { queue: queue::Queue }");
    assert_eq!(circles(&[by_path, child]).len(), 1);
    let passes_on = ("engine/mod.rs", "mod queue; pub use queue::Queue; pub struct Engine;");
    assert_eq!(circles(&[passes_on, child]), [] as [Vec<String>; 0]);
    let one_way = ("engine/queue.rs", "pub struct Queue;\n#[cfg(test)]\nmod tests { use super::super::Engine; }");
    assert_eq!(circles(&[uses, one_way]), [] as [Vec<String>; 0]);
}

#[test]
fn a_name_out_of_its_layer_is_found() {
    for (path, source) in [
        ("sim/world/state.rs", "use aws_sdk_ec2::Client;"),
        ("driver/aws_adapter.rs", "    let x = aws_config::load().await;"),
        ("runtime/effects.rs", "use rusqlite::Connection;"),
        ("tui/view.rs", "use crossterm::event::KeyCode;"),
        ("cli/plain.rs", "use ratatui::Frame;"),
        ("cli/mod.rs", r#"    print!("\x1b[2J");"#),
        ("tui/theme.rs", r#"const RED: &str = "\u{1b}[31m";"#),
        ("main.rs", "use aws_types::region::Region;"),
    ] {
        assert_eq!(misplaced(path, source).len(), 1, "{path}: {source}");
    }
    for (path, source) in [
        ("domain/plan.rs", "// The terminal reads this; see \\x1b."),
        ("aws/session.rs", "use aws_config::SdkConfig;"),
        ("sim/transport/connector.rs", "use aws_smithy_runtime_api::http::StatusCode;"),
        ("store/open.rs", "use rusqlite::Connection;"),
        ("term/input.rs", "use crossterm::event::KeyCode;"),
        ("term/osc.rs", r#"const END: &str = "\x1b\\";"#),
        ("domain/text.rs", "#[cfg(test)]\nmod tests {\n    const X: &str = \"\\x1b\";\n}"),
        ("domain/query.rs", "let my_aws_config = not_ratatui::word;"),
    ] {
        assert_eq!(misplaced(path, source), Vec::<String>::new(), "{path}: {source}");
    }
}

#[test]
fn what_is_too_long_is_found() {
    let function = |lines: usize| format!("fn f(x: [u8; 2]) {{\n{}}}\n", "    { \"}\"; }\n".repeat(lines - 2));
    assert_eq!(sizes::too_long("a.rs", &function(60)), [""; 0]);
    assert_eq!(sizes::too_long("a.rs", &format!("trait T {{ fn g(); }}\n{}", function(61))), ["a.rs fn f"]);
    assert_eq!(sizes::too_long("a.rs", &"\n".repeat(401)), ["a.rs"]);
}

#[test]
fn comments_and_literals_are_no_tokens() {
    let source = "a /* b /* c */ d */ 'e' '\\'' 'f: b\"g\\\"\" br#\"h\"i\"# r\"\\\" j::k // l\nm";
    let found: Vec<&str> = tokens::tokens(source).iter().map(|t| t.text).collect();
    assert_eq!(found, ["a", ":", "j", "::", "k", "m"]);
    assert_eq!(tokens::tokens(source).last().map(|t| t.line), Some(2));
}
