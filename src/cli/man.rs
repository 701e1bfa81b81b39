//! `amigrate man`: the manual page, one for all commands.

use std::io::{self, Write as _};

use clap::Command;
use clap_mangen::{
    Man,
    roff::{Inline, Roff, bold, roman},
};

use super::{
    exit::{CommandError, ExitStatus},
    reference::{ENVIRONMENT, EXIT_STATUSES, FILES},
};
use crate::{
    config::bindings::{Context, KEYS},
    domain::palette::COMMANDS,
    labels::line_mode,
};

pub(super) fn run(command: Command) -> Result<ExitStatus, CommandError> {
    let mut out = io::stdout().lock();
    let written = page(command).and_then(|page| out.write_all(page.as_bytes())).and_then(|()| out.flush());
    written.map_err(|error| CommandError::write(&error))?;
    Ok(ExitStatus::Done)
}

/// The page as text, with the marks of roff: what the program says of itself.
pub(super) fn text(command: Command) -> Result<String, CommandError> {
    page(command).map_err(|error| CommandError::write(&error))
}

/// The page in roff.
fn page(command: Command) -> io::Result<String> {
    let mut command = command.disable_help_subcommand(true);
    command.build();
    // Without a date roff would take the source for it.
    let man = Man::new(command.clone()).title("AMIGRATE").date(" ").manual("User Commands");
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    page.extend(b".SH SYNOPSIS\n");
    synopsis(&command).to_writer(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    page.extend(b".SH COMMANDS\n");
    for command in command.get_subcommands().filter(|command| !command.is_hide_set()) {
        add_command(&mut page, command)?;
    }
    let mut roff = Roff::new();
    keys(&mut roff);
    section(
        &mut roff,
        "PALETTE COMMANDS",
        COMMANDS.iter().map(|spec| (format!(":{} {}", spec.word, spec.argument), spec.text)),
    );
    section(&mut roff, "LINE MODE", line_mode::TYPED.iter().map(|(typed, text)| ((*typed).to_owned(), *text)));
    section(&mut roff, "EXIT STATUS", EXIT_STATUSES.iter().map(|(status, text)| (status.to_string(), *text)));
    section(&mut roff, "ENVIRONMENT", ENVIRONMENT.iter().map(|(name, text)| ((*name).to_owned(), *text)));
    section(&mut roff, "FILES", FILES.iter().map(|(path, text)| ((*path).to_owned(), *text)));
    roff.to_writer(&mut page)?;
    // Every part begins with roff's preamble.
    let page = String::from_utf8_lossy(&page);
    let (preamble, lines): (Vec<_>, Vec<_>) = page.lines().partition(|line| is_preamble(line));
    Ok(preamble.into_iter().take(2).chain(lines).flat_map(|line| [line, "\n"]).collect())
}

/// Every action of the screen with its keys, by the screen it works in.
fn keys(roff: &mut Roff) {
    roff.control("SH", ["KEYS"]);
    for context in Context::ALL {
        roff.control("SS", [context.title()]);
        for binding in KEYS.iter().filter(|binding| binding.context == context) {
            let chords: Vec<String> = binding.chords.iter().map(ToString::to_string).collect();
            roff.control("TP", []);
            roff.text([bold(chords.join(" ")), roman(format!(" ({})", binding.action.name()))]);
            roff.text([roman(binding.text)]);
        }
    }
}

/// A section of terms and what they mean.
fn section<'a>(roff: &mut Roff, name: &str, entries: impl Iterator<Item = (String, &'a str)>) {
    roff.control("SH", [name]);
    for (term, text) in entries {
        roff.control("TP", []);
        roff.text([bold(term)]);
        roff.text([roman(text)]);
    }
}

/// A command and those below it, with the options that are not every command's.
fn add_command(page: &mut Vec<u8>, command: &Command) -> io::Result<()> {
    let name = command.get_bin_name().unwrap_or_else(|| command.get_name());
    let mut roff = Roff::new();
    roff.control("SS", [name]);
    roff.to_writer(page)?;
    let own = command.clone().mut_args(|arg| {
        let everywhere = arg.is_global_set() || matches!(arg.get_id().as_str(), "help" | "version");
        arg.hide(everywhere)
    });
    synopsis(&own).to_writer(page)?;
    page.extend(b".PP\n");
    let man = Man::new(own.clone());
    let (mut about, mut options) = (Vec::new(), Vec::new());
    man.render_description_section(&mut about)?;
    if own.get_arguments().any(|arg| !arg.is_hide_set()) {
        man.render_options_section(&mut options)?;
    }
    page.extend(without_headings(&about).as_bytes());
    page.extend(without_headings(&options).as_bytes());
    if let Some(examples) = command.get_after_long_help().or_else(|| command.get_after_help()) {
        verbatim(page, &examples.to_string())?;
    }
    command.get_subcommands().filter(|command| !command.is_hide_set()).try_for_each(|below| add_command(page, below))
}

/// How a command is called, as its help says.
fn synopsis(command: &Command) -> Roff {
    let usage = command.clone().render_usage().to_string();
    let words: Vec<&str> = usage.split_whitespace().filter(|word| *word != "Usage:").collect();
    let (name, rest) = words.split_at(words.iter().take_while(|word| !word.starts_with(['[', '<', '-'])).count());
    let mut roff = Roff::new();
    roff.text([bold(name.join(" ")), roman(format!(" {}", rest.join(" ")))]);
    roff
}

/// Leaves out a section's heading.
fn without_headings(section: &[u8]) -> String {
    let text = String::from_utf8_lossy(section);
    let lines = text.lines().filter(|line| !line.starts_with(".SH "));
    lines.flat_map(|line| [line, "\n"]).collect()
}

fn is_preamble(line: &str) -> bool {
    line.starts_with(".ie ") || line.starts_with(".el ")
}

/// Lines as they are, indented.
fn verbatim(page: &mut Vec<u8>, lines: &str) -> io::Result<()> {
    let mut roff = Roff::new();
    roff.control("PP", []);
    roff.control("nf", []);
    for line in lines.lines() {
        roff.text([roman(line), Inline::LineBreak]);
    }
    roff.control("fi", []);
    roff.to_writer(page)
}
