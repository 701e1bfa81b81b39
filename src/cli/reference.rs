//! What the manual page and the documentation say of the whole program: commands, exit statuses, environment, files.

use std::fmt::Write as _;

/// Exit statuses, and what they mean.
pub const EXIT_STATUSES: [(u8, &str); 9] = [
    (0, "Done."),
    (1, "At least one requested operation failed; each is named."),
    (2, "Wrong arguments or settings; nothing was done."),
    (3, "Credentials, permissions, or --read-only, and nothing else: with other failures beside it is 1."),
    (4, "The time given with --timeout is over; copies continue in AWS, and the command that resumes is printed."),
    (
        10,
        "`amigrate sync` has found something to copy or to retire and has not been told to --apply it; or nothing matches, with --fail-if-empty. `amigrate orphans` has found orphaned snapshots, and has not been told to --delete them. `amigrate verify` has found a difference that was not requested, `amigrate diff` any difference.",
    ),
    (129, "The terminal has closed; copies continue in AWS."),
    (130, "Interrupted by Ctrl-C; copies continue in AWS. A second Ctrl-C ends at once."),
    (143, "Ended by SIGTERM, which behaves like Ctrl-C."),
];

/// Environment variables, and what they do.
pub const ENVIRONMENT: [(&str, &str); 12] = [
    (
        "AMIGRATE_SECTION_KEY",
        "A setting, for example AMIGRATE_UI_ASCII=true; it goes before the file, a flag before both.",
    ),
    (
        "AMIGRATE_JOB, AMIGRATE_STATE, AMIGRATE_STEPS_FAILED, AMIGRATE_FAILURE",
        "Of a hook (`hooks.job_ended`): which copy has ended and how. The README lists these and the others.",
    ),
    ("AWS_PROFILE, AWS_REGION, AWS_DEFAULT_REGION", "Profile and region unless flags or settings name them."),
    ("AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN", "Credentials, unless a profile is named."),
    ("AWS_CONFIG_FILE, AWS_SHARED_CREDENTIALS_FILE", "Where profiles are read from."),
    ("AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_EC2", "Another endpoint."),
    ("AWS_CA_BUNDLE", "A PEM file that is trusted beside the system's certificates."),
    ("HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY", "Proxies."),
    ("NO_COLOR", "No colors."),
    ("ACCESSIBLE", "Lines instead of a screen, as with --plain: a prompt on a terminal."),
    ("TERM, LANG, LC_ALL, LC_CTYPE", "What the terminal can show."),
    ("XDG_CONFIG_HOME, XDG_STATE_HOME", "The directories of settings and of jobs."),
];

/// Files, and what is in them, as they are called on Linux.
pub const FILES: [(&str, &str); 8] = [
    ("~/.config/amigrate/config.toml", "Settings; `amigrate config init` writes it with every default."),
    ("~/.config/amigrate/presets.toml", "Presets of the copy form and of `amigrate copy --preset`."),
    ("~/.config/amigrate/themes/NAME.toml", "Themes of your own, for `ui.theme`."),
    ("~/.local/state/amigrate/jobs.db", "The copies: an SQLite database."),
    (
        "~/.local/state/amigrate/amigrate.log",
        "The log, and the last four before it; at the level debug with recordings for `amigrate replay`.",
    ),
    ("~/.local/state/amigrate/regions.json", "The regions chosen last."),
    ("~/.local/state/amigrate/enabled-regions.json", "The enabled regions of the last successful listing."),
    ("~/.local/state/amigrate/last-copies.json", "The last values of the copy form."),
];

/// Returns the exit statuses as a table of Markdown.
pub fn exit_statuses() -> String {
    let rows = EXIT_STATUSES.iter();
    rows.fold("| status | meaning |\n|---|---|\n".to_owned(), |mut table, (status, meaning)| {
        let _ = writeln!(table, "| {status} | {meaning} |");
        table
    })
}

/// Returns the commands as a table of Markdown.
pub fn commands(command: &clap::Command) -> String {
    let shown = command.get_subcommands().filter(|command| !command.is_hide_set());
    shown.fold("| command | what it does |\n|---|---|\n".to_owned(), |mut table, command| {
        let about = command.get_about().map(ToString::to_string).unwrap_or_default();
        let _ = writeln!(table, "| `amigrate {}` | {} |", command.get_name(), about.replace('|', "\\|"));
        table
    })
}
