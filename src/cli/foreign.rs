//! Options that other programs have, and what does the same here.

use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::domain::Failure;

/// An option of the AWS CLI or `gh`, and what to write instead.
const OPTIONS: [(&str, &str); 7] = [
    (
        "--query",
        "`--output json` prints everything, and jq picks from it: `amigrate list --output json | jq '.images[].image_id'`.",
    ),
    ("--format", "`--output json` prints JSON; there are table, csv, jsonl and ids too. jq picks from JSON."),
    ("--json", "`--output json` prints JSON, and jq picks from it."),
    ("--source-image-id", IMAGE),
    ("--image-id", IMAGE),
    ("--image-ids", IMAGE),
    (
        "--tag-specifications",
        "`--tag Team=web` tags the new images, `--snapshot-tag Team=web` their snapshots; both may be repeated.",
    ),
];

const IMAGE: &str = "Images are named without an option: `amigrate copy ami-0123456789abcdef0 --to eu-west-1`, `amigrate show ami-0123456789abcdef0`.";

/// Returns what to write instead of an unknown option that another program has.
pub(super) fn explain(error: &clap::Error) -> Option<Failure> {
    if error.kind() != ErrorKind::UnknownArgument {
        return None;
    }
    let Some(ContextValue::String(unknown)) = error.get(ContextKind::InvalidArg) else { return None };
    let option = unknown.split('=').next().unwrap_or_default();
    let (option, instead) = OPTIONS.iter().find(|(known, _)| *known == option)?;
    Some(Failure::new(format!("use {option}"), "there is no such option here").hint(*instead))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_of_other_programs_are_told_with_what_does_the_same() {
        let explained = |line: &str| {
            let words = std::iter::once("amigrate").chain(line.split(' '));
            explain(&crate::cli::command().try_get_matches_from(words).unwrap_err())
        };
        for (option, _) in OPTIONS {
            let command = if option == "--format" { "list" } else { "copy" };
            let failure = explained(&format!("{command} {option} x")).unwrap();
            assert_eq!(failure.what, format!("use {option}"));
        }
        assert!(explained("copy ami-1 --source-image-id=ami-2").is_some());
        for unknown in ["copy ami-1 --nonsense", "copy ami-1 --check --dry-run"] {
            assert_eq!(explained(unknown), None, "{unknown}");
        }
    }
}
