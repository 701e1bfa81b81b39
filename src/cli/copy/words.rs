//! Words that are typed where images are named, and are something else.

use clap::ValueEnum as _;

use super::{arguments::CopyArgs, plan_entry::Protect};
use crate::{
    cli::{exit::CommandError, regions},
    domain::{Failure, Region, text::clean},
};

/// Refuses regions that belong to `--to`, and the value of `--protect`.
///
/// # Errors
/// Wrong usage, with what was probably meant.
pub(super) fn check(args: &CopyArgs, images: &[String]) -> Result<(), CommandError> {
    let mistaken =
        regions_of_to(args, images, &regions::remembered_names()).or_else(|| way_of_protection(args, images));
    mistaken.map_or(Ok(()), |failure| Err(CommandError::usage(failure)))
}

/// A shell ends a list at a space.
fn regions_of_to(args: &CopyArgs, images: &[String], remembered: &[String]) -> Option<Failure> {
    let is_region = |word: &&String| Region::KNOWN.contains(&word.as_str()) || remembered.contains(word);
    let words: Vec<&str> = images.iter().filter(is_region).map(String::as_str).collect();
    let first = words.first()?;
    let all: Vec<&str> = args.to.iter().map(Region::as_str).chain(words.iter().copied()).collect();
    Some(
        Failure::new(format!("copy \"{}\"", clean(first)), format!("{first} is a region"))
            .hint(format!("Write --to {}.", all.join(","))),
    )
}

/// Without `=` the option has no value.
fn way_of_protection(args: &CopyArgs, images: &[String]) -> Option<Failure> {
    args.protects().filter(|protect| *protect == Protect::On)?;
    let names = Protect::value_variants().iter().filter_map(clap::ValueEnum::to_possible_value);
    let names: Vec<String> = names.map(|value| value.get_name().to_owned()).collect();
    let word = images.iter().find(|word| names.contains(word))?;
    Some(Failure::new(format!("copy \"{word}\""), "that is a way to protect").hint(format!("Write --protect={word}.")))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: CopyArgs,
    }

    fn hint(line: &str) -> Option<String> {
        let line = Line::try_parse_from(std::iter::once("copy").chain(line.split(' '))).unwrap();
        let (args, images) = (&line.args, &line.args.images);
        let mistaken = regions_of_to(args, images, &["xx-new-1".into()]).or_else(|| way_of_protection(args, images));
        mistaken.map(|failure| failure.hint)
    }

    #[test]
    fn what_belongs_to_an_option_is_no_image() {
        let cases = [
            ("ami-1 --to eu-west-1 eu-west-2", Some("Write --to eu-west-1,eu-west-2.")),
            ("ami-1 --to eu-west-1 eu-west-2 xx-new-1", Some("Write --to eu-west-1,eu-west-2,xx-new-1.")),
            ("eu-west-2 --preset dr", Some("Write --to eu-west-2.")),
            ("ami-1 --to eu-west-1 --protect with-cooldown", Some("Write --protect=with-cooldown.")),
            ("ami-1 --to eu-west-1 --protect=with-cooldown on", None),
            ("with-cooldown --to eu-west-1", None),
            // A name of this form may be an image's.
            ("web-server-1 --to eu-west-1", None),
        ];
        for (line, expected) in cases {
            assert_eq!(hint(line).as_deref(), expected, "{line}");
        }
    }
}
