//! `amigrate completions`: completion scripts for shells. The scripts call the program back for every completion, so that
//! regions, profiles, presets and jobs are those of the moment.

mod values;

use std::{ffi::OsString, io::Write as _};

use clap_complete::{CompleteEnv, env::Shells};

use super::exit::{CommandError, ExitStatus};
use crate::domain::Failure;

/// Environment variable by which a shell asks for completions. Not clap's `COMPLETE`, which somebody else may have set.
const VARIABLE: &str = "_AMIGRATE_COMPLETE";

/// Arguments of `amigrate completions`.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "Examples:
  source <(amigrate completions bash)
  amigrate completions fish | source")]
pub(super) struct CompletionsArgs {
    /// The shell whose script is printed
    #[arg(value_enum)]
    shell: Shell,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Shell {
    /// source <(amigrate completions bash)
    Bash,
    /// source <(amigrate completions zsh)
    Zsh,
    /// amigrate completions fish | source
    Fish,
    /// eval (amigrate completions elvish | slurp)
    Elvish,
    /// amigrate completions powershell | Out-String | Invoke-Expression
    #[value(name = "powershell")]
    Power,
}

impl Shell {
    /// Returns clap's name of the shell.
    fn name(self) -> &'static str {
        match self {
            Self::Bash => "bash",
            Self::Zsh => "zsh",
            Self::Fish => "fish",
            Self::Elvish => "elvish",
            Self::Power => "powershell",
        }
    }
}

pub(super) fn run(args: &CompletionsArgs) -> Result<ExitStatus, CommandError> {
    let failed = |why: String| CommandError::from(Failure::new("print a completion script", why));
    let shells = Shells::builtins();
    let shell = shells.completer(args.shell.name()).ok_or_else(|| failed("the shell is not known".into()))?;
    let (completer, mut script) = (completer(), Vec::new());
    let registered = shell.write_registration(VARIABLE, "amigrate", "amigrate", &completer, &mut script);
    registered.map_err(|error| failed(error.to_string()))?;
    let script = quoted_once(&String::from_utf8_lossy(&script), &completer);
    let mut out = std::io::stdout().lock();
    out.write_all(script.as_bytes()).and_then(|()| out.flush()).map_err(|error| CommandError::write(&error))?;
    Ok(ExitStatus::Done)
}

/// clap writes a path that needs quotes with them, and in bash's script others around them.
fn quoted_once(script: &str, completer: &str) -> String {
    match shlex::try_quote(completer) {
        Ok(quoted) if quoted != completer => script.replace(&format!("\"{quoted}\""), &quoted),
        _ => script.to_owned(),
    }
}

/// What the script calls: this program as it was called, by its name or by an absolute path.
fn completer() -> String {
    let called = std::env::args_os().next().unwrap_or_else(|| OsString::from("amigrate"));
    let path = std::path::Path::new(&called);
    let path = if path.components().count() > 1 { std::path::absolute(path).ok() } else { None };
    path.map_or(called, std::path::PathBuf::into_os_string).to_string_lossy().into_owned()
}

/// Answers a shell that asks for completions. Returns false if none does: the program is to run as usual.
pub(super) fn complete(command: impl Fn() -> clap::Command) -> bool {
    let Some(shell) = std::env::var_os(VARIABLE) else { return false };
    let escapes = shell == "bash";
    let factory = || values::add(command(), escapes);
    let complete = CompleteEnv::with_factory(factory).var(VARIABLE).bin("amigrate");
    // Where nothing fits nothing is offered: a message would stand in the middle of the command line.
    complete.try_complete(std::env::args_os(), std::env::current_dir().ok().as_deref()).unwrap_or(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_with_a_blank_is_one_word_of_the_script() {
        let shells = Shells::builtins();
        for (name, path, word) in
            [("bash", "/a b/amigrate", "\n        '/a b/amigrate' -- "), ("bash", "/a/amigrate", "\"/a/amigrate\" -- ")]
        {
            let mut script = Vec::new();
            let shell = shells.completer(name).unwrap();
            shell.write_registration(VARIABLE, "amigrate", "amigrate", path, &mut script).unwrap();
            let script = quoted_once(&String::from_utf8(script).unwrap(), path);
            assert!(script.contains(word), "{script}");
        }
    }
}
