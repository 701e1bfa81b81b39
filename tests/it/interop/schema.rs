//! What commands print is valid by the schema that `amigrate schema` prints; Python's jsonschema judges.

use std::fs;

use serde_json::{Value, json};

use super::python;
use crate::commands::{fixture::Commands, stored};

/// An available image of the demo.
const IMAGE: &str = "ami-0e08b0725bbdc99e7";

/// What is run, and the name of its schema.
const RUNS: &[(&[&str], &str)] = &[
    (&["list"], "list"),
    (&["map", "--name", "app-*"], "map"),
    (&["map", "--name", "nothing-*"], "map"),
    // The copy is refused, and again when it is retried.
    (&["jobs"], "jobs"),
    (&["watch"], "watch"),
    (&["jobs", "--history"], "jobs"),
    (&["wait", "1"], "wait"),
    (&["wait", "1", IMAGE], "wait"),
    (&["wait", IMAGE], "wait"),
    (&["cancel", "1", "--yes"], "cancel"),
    (&["retry", "1"], "retry"),
    (&["retry", "1", "--wait"], "retry"),
    (&["whoami"], "whoami"),
    (&["audit"], "audit"),
    (&["policy"], "policy"),
    (&["policy", "copy", "--instance-store"], "policy"),
    (&["config", "path"], "config path"),
    (&["config", "show"], "config show"),
];

#[test]
fn what_commands_print_is_valid_by_their_schema() {
    let Some(python) = python::python() else { return };
    let commands = Commands::new("demo");
    let mut unknown = stored::request(&commands, "unknown-source", "us-east-2", 1);
    unknown.source = amigrate::domain::ImageId::new("ami-00000000000000000").expect("an id");
    stored::ask(&commands, &amigrate::engine::Command::Copy(vec![unknown]));
    let schemas = json!({ "json": schema(&commands, "json"), "jsonl": schema(&commands, "jsonl") });
    let mut runs = Vec::new();
    for (arguments, schema) in RUNS {
        for format in ["json", "jsonl"] {
            let arguments = [arguments, &["--output", format][..]].concat();
            let ended = commands.ended(&arguments, "");
            assert!(matches!(ended.status, Some(0 | 1)), "{arguments:?}: {ended:?}");
            let command = arguments.join(" ");
            runs.push(json!({ "command": command, "schema": schema, "format": format, "output": ended.stdout }));
        }
    }
    let dir = tempfile::tempdir().expect("a directory");
    let (schemas_file, runs_file) = (dir.path().join("schemas.json"), dir.path().join("runs.json"));
    fs::write(&schemas_file, schemas.to_string()).expect("it is written");
    fs::write(&runs_file, Value::from(runs).to_string()).expect("it is written");
    let name = |file: &std::path::Path| file.to_str().expect("a plain name").to_owned();
    python.check("check_schema.py", &[&name(&schemas_file), &name(&runs_file)]);
    for command in schemas["json"]["$defs"].as_object().expect("definitions").keys() {
        let is_type = command.starts_with(|c: char| c.is_ascii_uppercase());
        assert!(is_type || RUNS.iter().any(|(_, schema)| schema == command), "{command} was not run");
    }
}

fn schema(commands: &Commands, format: &str) -> Value {
    let ended = commands.ended(&["schema", "--output", format], "");
    assert_eq!((ended.status, ended.stderr.as_str()), (Some(0), ""));
    serde_json::from_str(&ended.stdout).expect("it is JSON")
}
