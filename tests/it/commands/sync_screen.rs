//! The plan of `--policy` on the screen, with the real binary.

use amigrate::sim::ChangeKind;

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
    terminal.wait_for("the result", |text| text.contains("1 copy started, 0 retired"));
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
