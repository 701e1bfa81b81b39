//! The plan of `--policy` on the screen, with the real binary.

use std::fmt::Write as _;

use amigrate::sim::ChangeKind;
use insta::assert_snapshot;
use regex::Regex;

use super::{
    fixture::Commands,
    sync::{changes, quick},
    sync_retiring::{slow, three_copies},
};

const POLICY: &str =
    "[[policy]]\nname = \"dr\"\nfrom = \"us-east-1\"\nto = [\"eu-west-1\"]\nmatch = \"name:app-web-2026.00015\"\n";

#[test]
fn policies_are_planned_on_the_screen_and_carried_out_by_the_queue() {
    let commands = quick();
    let file = commands.home.path().join("dr.toml");
    std::fs::write(&file, POLICY).expect("written");
    let file = file.to_str().expect("UTF-8");
    let mut terminal = commands.on_terminal_of(120, 40, &["--policy", file]);
    let text = terminal.wait_for("the plan", |text| text.contains("UTC: 1 to copy"));
    assert!(text.contains("not in eu-west-1 yet") && text.contains("app-web-2026.00015"), "{text}");
    terminal.keys("\u{13}");
    terminal.wait_for("the question", |text| text.contains("Type 1 to confirm"));
    terminal.keys("1\r");
    let text = terminal.wait_for("the result", |text| text.contains("1 copy started, 0 retired"));
    // This very screen runs the queue.
    assert!(!text.contains("another amigrate"), "{text}");
    terminal.keys("\u{1b}");
    terminal
        .wait_for("the copy in the queue", |text| text.contains("app-web-2026.00015") && text.contains("available"));
    // The same plan has nothing to do now.
    terminal.keys("7");
    terminal.wait_for("the plan anew", |text| text.contains("UTC: 1 skipped"));
    // In a page q goes back.
    terminal.keys("1");
    terminal.wait_for("the images", |text| text.contains("Images 6"));
    terminal.quit();
}

#[test]
fn mistakes_of_a_file_are_told_as_the_command_tells_them() {
    let commands = quick();
    let file = commands.home.path().join("wrong.toml");
    std::fs::write(&file, format!("{POLICY}keep = 0\n")).expect("written");
    let file = file.to_str().expect("UTF-8");
    let told = commands.ended(&["sync", "--policy", file], "").stderr;
    let why = told.split_once("wrong.toml").expect("its place").1.lines().next().expect("a line").to_owned();
    let mut terminal = commands.on_terminal_of(160, 40, &["--policy", file]);
    let start: String = why.chars().take(30).collect();
    terminal.wait_for("the mistake", |text| text.contains(&start));
    // In a page q goes back.
    terminal.keys("1");
    terminal.wait_for("the images", |text| text.contains("Images 6"));
    terminal.quit();
    assert_eq!(commands.ended(&["--policy", file, "list"], "").status, Some(2));
}

/// A world with two old copies, and a file of policies that retires them in a way.
fn retiring(mode: &str) -> (Commands, String) {
    let (commands, _) = three_copies();
    let file = commands.home.path().join("dr.toml");
    std::fs::write(&file, policy(mode, "\"eu-west-1\"")).expect("written");
    (commands, file.to_str().expect("UTF-8").to_owned())
}

fn policy(mode: &str, to: &str) -> String {
    format!(
        "[[policy]]\nname = \"dr\"\nfrom = \"us-east-1\"\nto = [{to}]\nmatch = \"tag:App=web\"\nkeep = 1\nretire = \"{mode}\"\n\
         min_age = \"0d\"\noverride_keep = true\n"
    )
}

#[test]
fn what_changes_while_the_plan_is_confirmed_is_not_carried_out() {
    let (commands, file) = retiring("deprecate");
    let mut terminal = commands.on_terminal_of(120, 40, &["--policy", &file]);
    terminal.wait_for("the plan", |text| text.contains("2 to retire"));
    terminal.keys("\u{13}");
    let text = terminal.wait_for("the question", |text| text.contains("Type 2 to confirm"));
    assert!(text.contains("deprecate ami-"), "{text}");
    std::fs::write(&file, policy("deregister", "\"eu-west-1\", \"eu-north-1\"")).expect("written");
    let made = commands.ec2.with(|world| world.copies_made());
    terminal.keys("2\r");
    terminal.wait_for("the refusal", |text| text.contains("not what was confirmed"));
    let done = [ChangeKind::Deregistered, ChangeKind::DeprecationChanged].map(|kind| changes(&commands, &kind));
    assert_eq!((done, commands.ec2.with(|world| world.copies_made())), ([0, 0], made));
    // The plan as it is now says what it would do.
    terminal.keys("R");
    terminal.wait_for("the plan anew", |text| text.contains("1 to copy, 2 to retire"));
    terminal.keys("\u{13}");
    let text = terminal.wait_for("the question", |text| text.contains("Type 3 to confirm"));
    assert!(text.contains("deregister ami-") && text.contains("to eu-north-1"), "{text}");
    terminal.keys("\u{1b}");
    terminal.wait_for("no question", |text| !text.contains("to confirm"));
    terminal.keys("1");
    terminal.wait_for("the images", |text| text.contains("Images 6"));
    terminal.quit();
}

#[test]
fn a_plan_that_is_carried_out_outlives_the_terminal() {
    let (commands, file) = retiring("disable");
    slow(&commands, "DisableImage");
    let mut terminal = commands.on_terminal_of(120, 40, &["--policy", &file]);
    terminal.wait_for("the plan", |text| text.contains("2 to retire"));
    terminal.keys("\u{13}");
    terminal.wait_for("the question", |text| text.contains("Type 2 to confirm"));
    terminal.keys("2\r");
    commands.ec2.wait_for_requests("DisableImage", 1);
    terminal.hang_up();
    terminal.wait_exit();
    commands.ec2.wait_for_requests("DisableImage", 2);
    assert_eq!(changes(&commands, &ChangeKind::Disabled), 2);
}

/// What is seen of the page on the way through it, in a terminal of this size.
fn walk(columns: u16, rows: u16, ascii: bool) -> String {
    let mut commands = Commands::new("demo");
    if ascii {
        commands.settings.push(("AMIGRATE_UI_ASCII", "true".into()));
    }
    let file = commands.home.path().join("dr.toml");
    let policy = "[[policy]]\nname = \"dr\"\nfrom = \"us-east-1\"\nto = [\"eu-west-1\", \"eu-west-2\"]\nmatch = \"tag:App=web\"\nkeep = 2\n\
                  [[policy]]\nname = \"none\"\nfrom = \"us-east-1\"\nto = [\"eu-west-1\"]\nmatch = \"tag:App=nothing\"\n";
    std::fs::write(&file, policy).expect("written");
    let mut terminal = commands.on_terminal_of(columns, rows, &["--policy", file.to_str().expect("UTF-8")]);
    let mut album = String::new();
    // The clock is real, and the file is somewhere else in every run.
    let (time, place) =
        (Regex::new(r"\d\d:\d\d UTC").expect("it is valid"), Regex::new(r"--policy .*").expect("it is valid"));
    let mut keep = |name: &str, text: &str| {
        // The line of the keys, and the status of the panes below, change with what else is read meanwhile.
        let page = text.lines().skip(1).take(usize::from(rows) - 2).map(str::trim_end).collect::<Vec<_>>().join("\n");
        let page = place.replace_all(&page, "--policy FILE").into_owned();
        let page = time.replace_all(&page, "12:00 UTC").into_owned();
        writeln!(album, "--- {name}\n{page}\n").expect("a string takes all");
    };
    keep("the plan", &terminal.wait_for("the plan", |text| text.contains("UTC: 4 to copy")));
    terminal.keys("/older");
    keep(
        "a filter being typed",
        &terminal.wait_for("the filter", |text| text.contains("/older") && !text.contains("not in eu-west")),
    );
    terminal.keys("\u{1b}");
    terminal.wait_for("all rows", |text| !text.contains("/older"));
    // An Esc right before another key would be Alt.
    terminal.keys("\u{13}");
    keep("the question", &terminal.wait_for("the question", |text| text.contains("to confirm")));
    terminal.keys("\u{1b}");
    terminal.wait_for("the plan once more", |text| !text.contains("to confirm"));
    terminal.keys("1");
    terminal.wait_for("the images", |text| text.contains("Images"));
    terminal.quit();
    album
}

#[test]
fn the_page_at_60_by_15() {
    assert_snapshot!("sync_plan_60x15", walk(60, 15, false));
}

#[test]
fn the_page_at_80_by_24() {
    assert_snapshot!("sync_plan_80x24", walk(80, 24, false));
}

#[test]
fn the_page_at_120_by_40() {
    assert_snapshot!("sync_plan_120x40", walk(120, 40, false));
}

#[test]
fn the_page_at_200_by_60() {
    assert_snapshot!("sync_plan_200x60", walk(200, 60, false));
}

#[test]
fn the_page_in_ascii() {
    let album = walk(80, 24, true);
    assert!(album.is_ascii(), "{album}");
    assert_snapshot!("sync_plan_ascii_80x24", album);
}
