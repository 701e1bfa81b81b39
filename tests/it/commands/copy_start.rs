//! How `amigrate copy` starts: with a preset, and after a question.

use std::fs;

use super::fixture::Commands;

const WEB: &str = "latest:app-web-*";

fn commands() -> Commands {
    let mut commands = Commands::new("demo");
    // No process is to outlive the test.
    commands.settings.push(("AMIGRATE_JOBS_BACKGROUND_ON_HANGUP", "false".into()));
    commands
}

#[test]
fn a_preset_applies_and_options_override_it() {
    let mut commands = commands();
    let dir = commands.home.path().join("amigrate");
    fs::create_dir_all(&dir).expect("a directory");
    let presets = "[dr]\ndestinations = [\"eu-west-2\", \"eu-west-3\"]\nname = \"dr-{name}\"\nencrypt = true\n\n\
                   [dr.keys]\neu-west-3 = \"alias/aws/ebs\"\n\n[web]\ndestinations = [\"eu-west-1\"]\n";
    fs::write(dir.join("presets.toml"), presets).expect("a file");
    commands.run(&["copy", WEB, "--preset", "dr", "--print-plan"]);
    commands.run(&["copy", WEB, "--preset", "dr", "--to", "eu-west-1", "--name", "own", "--print-plan"]);
    commands.run(&["copy", WEB, "--preset", "dr"]);
    let made = commands.ec2.with(|world| world.copies("2026-03-01T12:00:00Z".parse().expect("a time")));
    let of_preset = made.iter().filter(|copy| copy.image.name.starts_with("dr-app-web-"));
    let mut regions: Vec<&str> = of_preset.map(|copy| copy.region.as_str()).collect();
    regions.sort_unstable();
    assert_eq!(regions, ["eu-west-2", "eu-west-3"]);
    let before = commands.ec2.with(|world| world.copies_made());
    let near = commands.run(&["copy", WEB, "--preset", "dr1"]);
    assert!(near.status == Some(2) && near.stderr.contains("Did you mean `dr`?"), "{}", near.stderr);
    let far = commands.run(&["copy", WEB, "--preset", "something-else", "--to", "eu-west-1"]);
    assert!(far.status == Some(2) && far.stderr.contains("There are: dr, web."), "{}", far.stderr);
    assert_eq!(commands.ec2.with(|world| world.copies_made()), before);
    let ids: Vec<String> = made.iter().map(|copy| copy.image.id.to_string()).collect();
    let transcript = ids.iter().fold(commands.transcript().to_owned(), |text, id| text.replace(id, "IMAGE"));
    insta::assert_snapshot!(transcript);
}

/// More copies than are started without a question.
#[test]
fn the_number_of_many_copies_is_typed() {
    let mut commands = commands();
    commands.settings.push(("AMIGRATE_COPY_CONFIRM_COPIES", "1".into()));
    let arguments = ["copy", WEB, "--to", "eu-west-2,eu-west-3"];
    let answered = |keys: &str| {
        let mut terminal = commands.on_terminal(&arguments);
        terminal.wait_for("the question", |text| text.contains("Type 2 to start 2 copies"));
        terminal.keys(keys);
        let status = terminal.wait_exit();
        (status, terminal.text())
    };
    for wrong in ["y\r", "n\r", "3\r", "\r", "\x04"] {
        let (status, text) = answered(wrong);
        assert!(status.exit_code() == 1 && text.contains("it was not confirmed"), "{wrong:?}: {text}");
    }
    // Nothing was sent, so the signal ends it as any other program.
    let (status, text) = answered("\x03");
    assert!(!status.success(), "{text}");
    assert_eq!(commands.ec2.with(|world| world.copies_made()), 0);
    let (status, text) = answered("2\r");
    assert!(status.success(), "{text}");
    assert_eq!(commands.ec2.with(|world| world.copies_made()), 2);
}
