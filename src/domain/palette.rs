//! The commands of the palette that take an argument: their words, and what is typed after them.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{account::AccountId, failure::Failure, image::Image, query::OwnerFilter, region::Region, text::clean};

/// An image for a file.
#[derive(Debug, Clone, PartialEq)]
pub struct ExportedImage {
    pub image: Arc<Image>,
    /// The profile and the account that list it, where the screen shows several.
    pub listed_by: Option<(String, AccountId)>,
}

/// A command with an argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CommandName {
    Region,
    Profile,
    Owner,
    Sort,
    Filter,
    SaveFilter,
    Theme,
    Export,
    Preset,
    Policy,
}

/// What is known of a command.
#[derive(Debug, Clone, Copy)]
pub struct CommandSpec {
    pub name: CommandName,
    pub word: &'static str,
    /// The argument, for the list of commands.
    pub argument: &'static str,
    pub text: &'static str,
}

const fn spec(name: CommandName, word: &'static str, argument: &'static str, text: &'static str) -> CommandSpec {
    CommandSpec { name, word, argument, text }
}

/// Every command.
#[rustfmt::skip]
pub const COMMANDS: [CommandSpec; 10] = [
    spec(CommandName::Region, "region", "REGION...", "list these regions; all for every enabled one, auto for those that answer fast"),
    spec(CommandName::Profile, "profile", "NAME[,NAME...]", "switch to another profile, or show the accounts of several together"),
    spec(CommandName::Owner, "owner", "OWNER", "whose images: mine, shared, amazon, marketplace, an account id, public:PATTERN"),
    spec(CommandName::Sort, "sort", "COLUMN [reverse]", "sort the images by a column, such as size or tag:KEY"),
    spec(CommandName::Filter, "filter", "NAME", "filter the images by a saved filter"),
    spec(CommandName::SaveFilter, "save_filter", "NAME", "save the filter of the images under a name, in place of one of that name"),
    spec(CommandName::Theme, "theme", "NAME", "change the theme until the program ends"),
    spec(CommandName::Export, "export", "FILE", "write the images shown to a file: .csv, .json or .jsonl; export! replaces one"),
    spec(CommandName::Preset, "preset", "NAME", "fill the copy form in from a preset"),
    spec(CommandName::Policy, "policy", "FILE", "plan what the policies of a file would copy and retire, as `amigrate sync` does"),
];

/// The format of an export, by the file's extension.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportFormat {
    Csv,
    Json,
    Jsonl,
}

/// A command with its argument.
#[derive(Debug, Clone, PartialEq)]
pub enum PaletteCommand {
    /// The regions to list; empty for every enabled one.
    Regions(Vec<Region>),
    /// Lists the enabled regions that answer fast, as if none had ever been chosen.
    AutomaticRegions,
    Profile(String),
    Owner(OwnerFilter),
    Sort {
        column: String,
        reversed: bool,
    },
    /// Applies the saved filter of this name.
    Filter(String),
    /// Saves the filter under this name.
    SaveFilter(String),
    Theme(String),
    Export {
        path: PathBuf,
        format: ExportFormat,
        replace: bool,
    },
    Preset(String),
    /// A file of policies.
    Policy(PathBuf),
}

/// The command of this word.
pub fn command(word: &str) -> Option<&'static CommandSpec> {
    COMMANDS.iter().find(|spec| spec.word.eq_ignore_ascii_case(word))
}

/// A command's word, what follows it, and whether it has a `!`.
pub fn split(line: &str) -> Option<(&'static CommandSpec, &str, bool)> {
    let (word, argument) = line.trim_start().split_once(char::is_whitespace)?;
    let (word, bang) = word.strip_suffix('!').map_or((word, false), |word| (word, true));
    let spec = command(word).filter(|spec| !bang || spec.name == CommandName::Export)?;
    Some((spec, argument, bang))
}

/// Reads a line. `None` if it is no command with an argument.
///
/// # Errors
/// What is wrong with the argument, and what is expected.
pub fn parse(line: &str) -> Option<Result<PaletteCommand, Failure>> {
    let (spec, argument, bang) = split(line)?;
    let argument = argument.trim();
    if argument.is_empty() {
        return None;
    }
    Some(match spec.name {
        CommandName::Region => regions(argument),
        CommandName::Profile => Ok(PaletteCommand::Profile(argument.to_owned())),
        CommandName::Owner => OwnerFilter::parse(argument).map(PaletteCommand::Owner).ok_or_else(|| {
            let expected = "mine, shared, amazon, marketplace, an account id of twelve digits, or public:PATTERN";
            Failure::new(format!("list images of `{}`", clean(argument)), format!("expected {expected}"))
        }),
        CommandName::Sort => sort(argument),
        CommandName::Filter => Ok(PaletteCommand::Filter(argument.to_owned())),
        CommandName::SaveFilter => Ok(PaletteCommand::SaveFilter(argument.to_owned())),
        CommandName::Theme => Ok(PaletteCommand::Theme(argument.to_owned())),
        CommandName::Export => export(argument, bang),
        CommandName::Preset => Ok(PaletteCommand::Preset(argument.to_owned())),
        CommandName::Policy => Ok(PaletteCommand::Policy(PathBuf::from(argument))),
    })
}

fn regions(argument: &str) -> Result<PaletteCommand, Failure> {
    let names: Vec<&str> = argument.split([' ', ',']).filter(|name| !name.is_empty()).collect();
    if names == ["all"] {
        return Ok(PaletteCommand::Regions(Vec::new()));
    }
    if names == ["auto"] {
        return Ok(PaletteCommand::AutomaticRegions);
    }
    names.into_iter().map(Region::new).collect::<Result<_, _>>().map(PaletteCommand::Regions)
}

fn sort(argument: &str) -> Result<PaletteCommand, Failure> {
    // The key of a tag may have blanks and colons.
    let (column, direction) = if argument.starts_with("tag:") {
        argument.strip_suffix(" reverse").map_or((argument, ""), |column| (column, "reverse"))
    } else {
        argument.split_once([' ', ':']).unwrap_or((argument, ""))
    };
    let reversed = match direction.trim() {
        "" => false,
        "reverse" => true,
        other => {
            let what = format!("sort by `{}`", clean(column));
            return Err(Failure::new(what, format!("`{}` is not `reverse`", clean(other))));
        }
    };
    Ok(PaletteCommand::Sort { column: column.trim_end().to_owned(), reversed })
}

fn export(argument: &str, replace: bool) -> Result<PaletteCommand, Failure> {
    let path = PathBuf::from(argument);
    let extension = path.extension().and_then(|e| e.to_str()).map(str::to_ascii_lowercase);
    let format = match extension.as_deref() {
        Some("csv") => ExportFormat::Csv,
        Some("json") => ExportFormat::Json,
        Some("jsonl") => ExportFormat::Jsonl,
        _ => {
            let why = "the name ends in .csv, .json or .jsonl, which is the format";
            return Err(Failure::new(format!("export to {}", shown(&path)), why));
        }
    };
    Ok(PaletteCommand::Export { path, format, replace })
}

/// A path for a message.
fn shown(path: &Path) -> String {
    clean(&path.display().to_string()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> PaletteCommand {
        parse(line).unwrap().unwrap()
    }

    #[test]
    fn every_command_reads_its_argument() {
        let region = |name| Region::new(name).unwrap();
        assert_eq!(parsed("region eu-west-1"), PaletteCommand::Regions(vec![region("eu-west-1")]));
        let both = PaletteCommand::Regions(vec![region("eu-west-1"), region("us-east-1")]);
        assert_eq!(
            (parsed(" region  eu-west-1,us-east-1 "), parsed("REGION eu-west-1 us-east-1")),
            (both.clone(), both)
        );
        assert_eq!(parsed("region all"), PaletteCommand::Regions(Vec::new()));
        assert_eq!(parsed("region auto"), PaletteCommand::AutomaticRegions);
        assert_eq!(parsed("owner amazon"), PaletteCommand::Owner(OwnerFilter::Amazon));
        assert_eq!(parsed("profile the prod"), PaletteCommand::Profile("the prod".into()));
        assert_eq!(parsed("sort age"), PaletteCommand::Sort { column: "age".into(), reversed: false });
        assert_eq!(parsed("sort age reverse"), PaletteCommand::Sort { column: "age".into(), reversed: true });
        let sort = |column: &str, reversed| PaletteCommand::Sort { column: column.into(), reversed };
        assert_eq!(parsed("sort tag:Cost Center"), sort("tag:Cost Center", false));
        assert_eq!(parsed("sort tag:team:name reverse"), sort("tag:team:name", true));
        assert_eq!(parsed("filter the old"), PaletteCommand::Filter("the old".into()));
        assert_eq!(parsed("policy my dr.toml"), PaletteCommand::Policy("my dr.toml".into()));
        assert_eq!(parsed("save_filter old"), PaletteCommand::SaveFilter("old".into()));
        let export = |name: &str, format, replace| PaletteCommand::Export { path: name.into(), format, replace };
        assert_eq!(parsed("export images.CSV"), export("images.CSV", ExportFormat::Csv, false));
        assert_eq!(parsed("export! my images.json"), export("my images.json", ExportFormat::Json, true));
    }

    #[test]
    fn a_wrong_argument_is_told_and_other_lines_are_no_commands() {
        for (line, why) in [
            ("region europe", "not the name of a region"),
            ("owner me", "expected mine, shared"),
            ("sort age down", "not `reverse`"),
            ("export images.txt", "ends in .csv"),
        ] {
            let failure = parse(line).unwrap().unwrap_err();
            assert!(failure.to_string().contains(why), "{failure}");
        }
        for line in ["", "region", "region ", "regions eu-west-1", "region! eu-west-1", "copy", "details 3"] {
            assert!(parse(line).is_none(), "{line}");
        }
    }
}
