//! Plan files: many copies in TOML or JSON, read with the line and column of mistakes.

use std::{
    io::{self, Read},
    ops::Range,
    path::{Path, PathBuf},
};

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::plan_entry::{PlanEntry, PlanFile};
use crate::{
    cli::{
        exit::{CommandError, OrUsage},
        output::Format,
    },
    config::source::{self, Source},
    domain::Failure,
};

/// A plan file, and its text for messages.
pub(super) struct ReadPlan {
    pub(super) copies: Vec<PlanEntry>,
    pub(super) text: PlanText,
}

/// The text of a file with a list of entries.
#[derive(Clone)]
pub(in crate::cli) struct PlanText {
    path: PathBuf,
    text: String,
    /// The key of the list.
    list: &'static str,
}

impl PlanText {
    pub(in crate::cli) fn new(path: &Path, text: &str, list: &'static str) -> Self {
        Self { path: path.to_owned(), text: text.to_owned(), list }
    }

    /// Returns path, line and column of a word of an entry, if it is there by itself.
    pub(in crate::cli) fn place(&self, entry: usize, word: &str) -> Option<String> {
        let source = Source { path: &self.path, text: &self.text };
        let span = match DeTable::parse(&self.text) {
            Ok(document) => {
                let copies = document.get_ref().get(self.list)?.get_ref().as_array()?;
                span_of(copies.get(entry)?, word)?
            }
            // JSON.
            Err(_) => {
                let start = self.text.find(&format!("\"{word}\""))?;
                start..start
            }
        };
        Some(source.place(Some(span)))
    }
}

/// Returns where a word is in a value, as a text or a key.
fn span_of(value: &Spanned<DeValue<'_>>, word: &str) -> Option<Range<usize>> {
    match value.get_ref() {
        DeValue::String(text) if *text == word => Some(value.span()),
        DeValue::Array(items) => items.iter().find_map(|item| span_of(item, word)),
        DeValue::Table(table) => table
            .iter()
            .find_map(|(key, value)| if key.get_ref() == word { Some(key.span()) } else { span_of(value, word) }),
        _ => None,
    }
}

/// Reads a plan file; `-` is standard input.
///
/// # Errors
/// A file that cannot be read, is empty, or has a mistake, with its line and column.
pub(super) fn read(path: &Path) -> Result<ReadPlan, CommandError> {
    let (path, text) = if path == Path::new("-") {
        let mut text = String::new();
        io::stdin()
            .read_to_string(&mut text)
            .map_err(|e| Failure::new("read the plan from standard input", e.to_string()))
            .or_usage()?;
        (Path::new("standard input"), text)
    } else {
        let missing = "`amigrate copy IMAGE --to REGION --print-plan` writes one.";
        (path, source::read("the plan", path, missing).or_usage()?)
    };
    let copies = parse(path, &text).or_usage()?.copies;
    if copies.is_empty() {
        let failure = Failure::new(format!("read the plan in {}", path.display()), "it has no copies");
        return Err(CommandError::usage(failure.hint("`amigrate copy IMAGE --to REGION --print-plan` writes one.")));
    }
    Ok(ReadPlan { copies, text: PlanText::new(path, &text, "copies") })
}

/// JSON begins with a brace, which TOML cannot.
fn parse(path: &Path, text: &str) -> Result<PlanFile, Failure> {
    let source = Source { path, text };
    if !text.trim_start().starts_with('{') {
        return source.parse();
    }
    serde_json::from_str(text).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        let why = error.to_string();
        let why = why.split(" at line ").next().unwrap_or_default().to_owned();
        Failure::new(format!("{}:{line}:{column}", path.display()), why)
    })
}

/// Returns the text of a plan file.
pub(super) fn text(plan: &PlanFile, format: Format) -> Result<String, Failure> {
    let failed = |why: String| Failure::new("write the plan", why);
    match format {
        Format::Json => serde_json::to_string_pretty(plan).map(|text| text + "\n").map_err(|e| failed(e.to_string())),
        Format::Jsonl => serde_json::to_string(plan).map(|text| text + "\n").map_err(|e| failed(e.to_string())),
        _ => toml::to_string(plan).map_err(|e| failed(e.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_of_an_entry_has_its_place() {
        let place = |text: &str, entry| {
            let text = PlanText::new(Path::new("plan"), text, "copies");
            text.place(entry, "eu-wset-1")
        };
        let toml = "# eu-wset-1\n[[copies]]\nname = \"eu-wset-1 x\"\nto = [\"us-east-1\", 'eu-wset-1']\n\
                    [[copies]]\n[copies.kms_key_ids]\neu-wset-1 = \"k\"\n";
        assert_eq!((place(toml, 0).as_deref(), place(toml, 1).as_deref()), (Some("plan:4:20"), Some("plan:7:1")));
        assert_eq!(place("[[copies]]\nto = [\"us-east-1\"]\n", 0), None);
        assert_eq!(place("{\"copies\": [\n{\"to\": [\"eu-wset-1\"]}]}", 0).as_deref(), Some("plan:2:9"));
    }

    #[test]
    fn mistakes_have_their_line_and_column() {
        let cases = [
            ("[[copies]]\ndeprecate_at = 90\n", "2:16", "write \"90d\""),
            ("[[copies]]\ndeprecate_at = 2027-01-31\n", "2:16", "in quotes"),
            ("{\"copies\": [\n{\"deprecate_at\": 90}]}", "2:19", "write \"90d\""),
            ("[[copies]]\nimages = [\"ami-1\"]\nnmae = 'x'\n", "3:1", "unknown field `nmae`"),
            ("[[copies]]\nto = ['europe']\n", "2:", "europe"),
            ("[[copies]]\nencrypted = 'yes'\n", "2:13", "expected a boolean"),
            ("[[copies]]\nsnapshot_copy_completion_duration_minutes = 20\n", "2:45", "multiple of 15"),
            ("[copies\n", "1:8", ""),
            ("{\n  \"copies\": [\n    {\"nmae\": 1}\n  ]\n}", "3:11", "unknown field `nmae`"),
            ("{\"copies\": [", "1:12", "EOF"),
        ];
        for (text, place, why) in cases {
            let failure = parse(Path::new("plan"), text).unwrap_err();
            assert!(failure.what.starts_with(&format!("plan:{place}")), "{text}: {failure}");
            assert!(failure.why.contains(why) && !failure.why.contains("at line"), "{text}: {failure}");
        }
    }
}
