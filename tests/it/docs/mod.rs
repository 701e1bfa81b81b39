//! What the documentation shows is what the program does. `UPDATE=1 cargo test --test it docs` writes the generated parts of
//! README.md again: the picture of the screen, the table of keys and the policy.

mod picture;
mod svg;

use std::{fs, path::Path, process::Command};

fn path(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn readme() -> String {
    fs::read_to_string(path("README.md")).expect("README.md is there")
}

/// Holds the part between `<!-- NAME -->` and `<!-- /NAME -->` of README.md equal to what is generated.
#[track_caller]
fn holds(name: &str, generated: &str) {
    holds_in("README.md", name, generated);
}

/// The same of another file.
#[track_caller]
fn holds_in(file: &str, name: &str, generated: &str) {
    let text = fs::read_to_string(path(file)).expect("the file is there");
    let (open, close) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
    let (before, rest) = text.split_once(&open).unwrap_or_else(|| panic!("{file} has no {open}"));
    let (shown, after) = rest.split_once(&close).unwrap_or_else(|| panic!("{file} has no {close}"));
    if std::env::var_os("UPDATE").is_some() {
        fs::write(path(file), format!("{before}{open}{generated}{close}{after}")).expect("the file can be written");
    } else {
        assert_eq!(shown, generated, "`UPDATE=1 cargo test --test it docs` brings {file} up to date");
    }
}

/// One test, because all parts are written into one file.
#[test]
fn the_generated_parts_are_up_to_date() {
    holds("keys", &format!("\n{}\n", amigrate::config::keys::markdown()));
    holds("commands", &format!("\n{}\n", amigrate::cli::reference::commands(&amigrate::cli::command())));
    holds("exit statuses", &format!("\n{}\n", amigrate::cli::reference::exit_statuses()));
    holds("line mode", &format!("\n{}\n", typed()));
    holds("policy", &format!("\n```json\n{}```\n\n", policy()));
}

/// What can be typed in line mode, as a table.
fn typed() -> String {
    let rows = amigrate::labels::line_mode::TYPED.iter();
    let head = "| typed | what it does |\n|---|---|\n".to_owned();
    rows.fold(head, |table, (typed, text)| format!("{table}| {typed} | {text} |\n"))
}

#[test]
fn the_pictures_are_what_the_program_draws() {
    for picture in picture::PICTURES {
        let (file, drawn) = (path("assets/screens").join(picture.file), without_chance(&picture.svg()));
        if std::env::var_os("UPDATE").is_some() {
            fs::create_dir_all(file.parent().expect("it has a folder")).expect("a folder");
            fs::write(&file, &drawn).expect("it can be written");
        }
        let kept = fs::read_to_string(&file).unwrap_or_default();
        assert!(kept == drawn, "{} is out of date: UPDATE=1 cargo test --test it docs", picture.file);
        assert!(readme().contains(&format!("(assets/screens/{})", picture.file)), "README shows no {}", picture.file);
    }
}

/// A picture with the same request id and time of a failure in every run: both depend on the SDK's own random waits.
fn without_chance(svg: &str) -> String {
    let ids = regex::Regex::new("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}").expect("a pattern");
    let times = regex::Regex::new("12:00:[0-9]{2} UTC").expect("a pattern");
    let svg = ids.replace_all(svg, "7a62c49f-347e-4fc4-9331-6e8edb4e2a1c");
    times.replace_all(&svg, "12:00:03 UTC").into_owned()
}

/// What `amigrate policy` prints for all work.
fn policy() -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_amigrate"));
    let output = command.args(["policy", "--region", "us-east-1"]).env_clear().output().expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("JSON is UTF-8")
}

/// Every source file of a folder.
fn sources(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
        if entry.is_dir() {
            found.extend(sources(&entry));
        } else {
            found.push(fs::read_to_string(entry).expect("a source file"));
        }
    }
    found
}

#[test]
fn the_fields_of_json_are_up_to_date() {
    holds_in("docs/json.md", "fields", &format!("\n{}", amigrate::cli::json_reference()));
}

#[test]
fn the_two_commands_stand_alone_in_code_blocks() {
    for command in ["cargo run --example demo", "cargo test"] {
        let block = ["```sh", command, "```"];
        let lines: Vec<String> = readme().lines().map(str::to_owned).collect();
        assert!(lines.windows(3).any(|w| w == block), "no block of `{command}` alone");
    }
}

/// The man page and the sample configuration have every action with its name, its keys and its words; README's table is compared
/// above, the screen's help and its palette in `tui/tests/keys.rs`.
#[test]
fn the_man_page_and_the_sample_have_the_table_of_actions() {
    let output = Command::new(env!("CARGO_BIN_EXE_amigrate")).arg("man").output().expect("it runs");
    let page = String::from_utf8(output.stdout).expect("it is UTF-8").replace('\\', "").replace("*(Aq", "'");
    let sample = fs::read_to_string(path(".config-example/config.toml")).expect("it is there");
    for binding in amigrate::config::bindings::KEYS {
        let chords: Vec<String> = binding.chords.iter().map(ToString::to_string).collect();
        let name = binding.action.name();
        let entry = format!("{}fR ({name})\n{}", chords.join(" ").replace('\\', ""), binding.text);
        assert!(page.contains(&entry), "the man page lacks {entry:?}");
        let quoted: Vec<String> = chords.iter().map(|chord| format!("\"{chord}\"")).collect();
        let line = format!("# {name} = [{}]  # {}\n", quoted.join(", "), binding.text);
        assert!(sample.contains(&line), "the sample lacks {line:?}");
    }
}

fn help(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_amigrate")).args(arguments).arg("--help").output().expect("it runs");
    assert!(output.status.success());
    String::from_utf8(output.stdout).expect("help is UTF-8")
}

/// The commands and flags that `--help` names.
fn offered() -> Vec<String> {
    let main = help(&[]);
    let commands = main.split("Commands:").nth(1).and_then(|t| t.split("Options:").next()).expect("a list of commands");
    let commands: Vec<String> = commands
        .lines()
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|word| *word != "help")
        .map(str::to_owned)
        .collect();
    assert_eq!(
        commands,
        [
            "list",
            "show",
            "coverage",
            "verify",
            "diff",
            "lineage",
            "used-by",
            "copy",
            "jobs",
            "watch",
            "wait",
            "cancel",
            "retry",
            "resolve",
            "deregister",
            "sync",
            "orphans",
            "recycle-bin",
            "storage",
            "map",
            "drive",
            "whoami",
            "audit",
            "policy",
            "config",
            "schema",
            "completions",
            "man",
            "replay",
            "demo",
            "simulate"
        ],
        "a new command wants a place in the README, and here"
    );
    let mut offered: Vec<String> = commands.iter().map(|c| format!("amigrate {c}")).collect();
    for text in commands.iter().map(|c| help(&[c])).chain([main]) {
        let flags = text.split(|c: char| c.is_whitespace() || ",:".contains(c)).filter(|w| w.starts_with("--"));
        offered.extend(flags.map(str::to_owned));
    }
    offered.retain(|word| !matches!(word.as_str(), "--help" | "--version"));
    offered.sort();
    offered.dedup();
    offered
}

#[test]
fn every_command_and_flag_is_explained_and_no_other() {
    let offered = offered();
    assert!(offered.len() > 10, "{offered:?}");
    let text = readme();
    for word in &offered {
        assert!(text.contains(word), "README.md does not say what {word} is for");
    }
    // Lines that start with our program may use nothing else.
    for line in text.lines().filter(|l| l.trim_start().starts_with("amigrate ")) {
        for flag in line.split_whitespace().filter(|w| w.starts_with("--")) {
            assert!(offered.iter().any(|o| o == flag), "README.md uses {flag}, which there is not: {line}");
        }
    }
}

#[test]
fn every_setting_is_in_the_example_and_the_readme_points_to_it() {
    let text = readme();
    assert!(text.contains("](.config-example/config.toml)"));
    // Whatever the README calls a variable is one.
    let settings = amigrate::config::settings::KEYS.iter().map(amigrate::config::settings::Setting::variable);
    let of_hooks = amigrate::config::hooks::variables::ALL.map(str::to_owned);
    let known: Vec<String> = settings.chain(of_hooks).collect();
    let used: Vec<&str> = text
        .split(|c: char| !(c.is_ascii_uppercase() || c == '_'))
        .filter(|word| word.starts_with("AMIGRATE_") && *word != "AMIGRATE_SECTION_KEY")
        .collect();
    assert!(!used.is_empty());
    for word in used {
        assert!(known.iter().any(|k| k == word), "{word} is no setting");
    }
}

/// Every action the program signs a call for stands in the policy, and nothing that it does not need.
#[test]
fn the_policy_allows_what_is_called() {
    let policy: serde_json::Value = serde_json::from_str(&policy()).expect("the policy is JSON");
    let statements = policy["Statement"].as_array().expect("statements");
    let allowed: Vec<&str> = statements
        .iter()
        .flat_map(|s| s["Action"].as_array().expect("a list of actions"))
        .map(|a| a.as_str().expect("a text"))
        .collect();
    let is_action = |word: &&str| {
        word.split_once(':').is_some_and(|(service, action)| {
            matches!(service, "ec2" | "kms" | "s3" | "ssm") && action.starts_with(|c: char| c.is_ascii_uppercase())
        })
    };
    let sources = sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join("aws"));
    let called: Vec<&str> = sources.iter().flat_map(|source| source.split('"')).filter(is_action).collect();
    assert!(called.contains(&"ec2:CopyImage"), "{called:?}");
    for action in &called {
        assert!(allowed.contains(action), "the policy leaves out {action}");
    }
    // What EC2 itself does in our name while it copies, and while it looks for those who use an image.
    let by_ec2 = |action: &str| {
        let copying = ["CreateGrant", "Decrypt", "GenerateDataKeyWithoutPlaintext", "ReEncryptFrom", "ReEncryptTo"];
        let looking = ["ec2:DescribeInstances", "ec2:DescribeLaunchTemplates", "ec2:DescribeLaunchTemplateVersions"];
        action.strip_prefix("kms:").is_some_and(|action| copying.contains(&action))
            || looking.contains(&action)
            || action.starts_with("ssm:")
            || action.starts_with("imagebuilder:")
            || action == "ec2:DescribeImageReferences"
    };
    for action in allowed {
        assert!(called.contains(&action) || by_ec2(action), "nothing needs {action}");
    }
}

#[test]
fn every_scenario_has_a_row() {
    let text = readme();
    for name in amigrate::sim::Scenario::names() {
        assert!(text.contains(&format!("| `{name}` |")), "no row for the scenario {name}");
    }
}
