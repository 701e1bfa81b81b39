//! Plan files: many copies in TOML or JSON, read with the line and column of mistakes.

use std::{
    io::{self, Read},
    path::Path,
};

use super::plan_entry::PlanFile;
use crate::{
    cli::{
        exit::{CommandError, OrUsage},
        output::Format,
    },
    config::source::{self, Source},
    domain::Failure,
};

/// Reads a plan file; `-` is standard input.
///
/// # Errors
/// A file that cannot be read, is empty, or has a mistake, with its line and column.
pub(super) fn read(path: &Path) -> Result<PlanFile, CommandError> {
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
    let plan = parse(path, &text).or_usage()?;
    if plan.copies.is_empty() {
        let failure = Failure::new(format!("read the plan in {}", path.display()), "it has no copies");
        return Err(CommandError::usage(failure.hint("`amigrate copy IMAGE --to REGION --print-plan` writes one.")));
    }
    Ok(plan)
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
    fn mistakes_have_their_line_and_column() {
        let cases = [
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
