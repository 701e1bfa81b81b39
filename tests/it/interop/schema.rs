//! What commands print is valid by the schema that `amigrate schema` prints; Python's jsonschema judges.

use std::fs;

use serde_json::{Value, json};

use super::python;
use crate::commands::{fixture::Commands, map::keep};

/// What is run, and the name of its schema.
const RUNS: &[(&[&str], &str)] = &[
    (&["list"], "list"),
    (&["jobs"], "jobs"),
    (&["jobs", "--history"], "jobs"),
    (&["watch", "1", "5"], "watch"),
    (&["wait", "1"], "wait"),
    (&["wait", IMAGE, "--region", "us-east-1"], "wait"),
    (&["cancel", "6", "--yes"], "cancel"),
    (&["retry", "5"], "retry"),
    (&["whoami"], "whoami"),
    (&["audit"], "audit"),
    (&["deregister", IMAGE, "--region", "us-east-1", "--dry-run"], "deregister"),
    (&["show", IMAGE], "show"),
    (&["copy", IMAGE, "--to", "eu-west-2", "--check"], "copy"),
    (&["copy", IMAGE, "--to", "eu-west-2", "--dry-run"], "copy"),
    (&["copy", IMAGE, "--to", "eu-west-2"], "copy"),
    (&["map", "--name", "app-*"], "map"),
    (&["map", "--name", "nothing-*"], "map"),
    (&["coverage", "--regions", "us-east-1,eu-west-1"], "coverage"),
    (&["verify", "latest:ci-runner-arm64-eu", "--region", "eu-west-1"], "verify"),
    (&["verify", IMAGE], "verify"),
    (&["lineage", "latest:base-linux-*"], "lineage"),
    (&["used-by", "latest:app-web-*", "--region", "us-east-1"], "used-by"),
    (&["diff", IMAGE, "latest:app-db-*"], "diff"),
    (&["sync", "--from", "us-east-1", "--to", "eu-west-1", "--match", "name:app-web-*"], "sync"),
    (&["orphans", "--regions", "us-east-1", "--kept"], "orphans"),
    (&["recycle-bin", "--regions", "us-east-1"], "recycle-bin"),
    (&["storage", "--regions", "us-east-1", "--by", "image", "--match", "app-web"], "storage"),
    (&["policy"], "policy"),
    (&["policy", "copy", "--instance-store"], "policy"),
    (&["config", "path"], "config path"),
    (&["config", "show"], "config show"),
];

/// An available image of the demo in us-east-1.
const IMAGE: &str = "ami-08807567389ba4fe1";

#[test]
fn what_commands_print_is_valid_by_their_schema() {
    let Some(python) = python::python() else { return };
    let commands = Commands::new("demo");
    keep(&commands, jiff::Timestamp::now());
    let schemas = json!({ "json": schema(&commands, "json"), "jsonl": schema(&commands, "jsonl") });
    let mut runs = Vec::new();
    for (arguments, schema) in RUNS {
        for format in ["json", "jsonl"] {
            let arguments = [arguments, &["--output", format][..]].concat();
            let ended = commands.ended(&arguments, "");
            // 10: a plan that has something to do.
            assert!(matches!(ended.status, Some(0 | 1 | 4 | 10)), "{arguments:?}: {ended:?}");
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
