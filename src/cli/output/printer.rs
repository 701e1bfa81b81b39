//! Prints records in the chosen format, each as soon as the format allows.

use std::io::Write;

use serde::Serialize;

use super::{
    Format, OutputOptions,
    records::{Column, Record},
    table::Table,
};
use crate::{
    cli::exit::CommandError,
    domain::{
        Failure,
        text::{clean, harmless},
    },
};

/// Prints records to a writer.
pub(in crate::cli) struct Printer<R: Record, W: Write> {
    out: W,
    form: Form<R>,
    /// What stands before the first record is printed: nothing is, if the command fails before it has any.
    begun: bool,
}

enum Form<R: 'static> {
    /// Held back until all widths are known.
    Table(Table, Vec<&'static Column<R>>),
    /// Fields between tabs.
    Fields(Vec<&'static Column<R>>),
    Csv(Vec<&'static Column<R>>),
    Json,
    Jsonl,
    Ids,
}

impl<R: Record, W: Write> Printer<R, W> {
    /// `columns` are those of tables and CSV.
    pub(in crate::cli) fn new(options: OutputOptions, columns: Vec<&'static Column<R>>, out: W) -> Self {
        let form = match options.format {
            Format::Table if options.terminal => {
                let headings = columns.iter().map(|column| (column.name, column.right)).collect();
                Form::Table(Table::new(headings, options.color), columns)
            }
            Format::Table => Form::Fields(columns),
            Format::Csv => Form::Csv(columns),
            Format::Json => Form::Json,
            Format::Jsonl => Form::Jsonl,
            Format::Ids => Form::Ids,
        };
        Self { out, form, begun: false }
    }

    /// Prints what stands before the first record, unless that was done. Returns true if it was.
    fn begin(&mut self) -> Result<bool, CommandError> {
        let begun = std::mem::replace(&mut self.begun, true);
        if !begun {
            let written = match &self.form {
                Form::Csv(columns) => self.out.write_all(&csv_line(columns.iter().map(|column| column.name.into()))?),
                Form::Json => write!(self.out, "{{\n  \"{}\": [", R::LIST),
                Form::Table(..) | Form::Fields(_) | Form::Jsonl | Form::Ids => Ok(()),
            };
            written.map_err(|e| CommandError::write(&e))?;
        }
        Ok(begun)
    }

    /// Prints one record; a table on a terminal is printed at the end.
    ///
    /// # Errors
    /// If the output cannot be written.
    pub(in crate::cli) fn print(&mut self, record: &R) -> Result<(), CommandError> {
        let begun = self.begin()?;
        let out = &mut self.out;
        let written = match &mut self.form {
            Form::Table(table, columns) => {
                table.add(columns.iter().map(|column| clean(&(column.value)(record)).into_owned()).collect());
                return Ok(());
            }
            Form::Fields(columns) => {
                let fields: Vec<String> = columns.iter().map(|column| field(&(column.value)(record))).collect();
                writeln!(out, "{}", fields.join("\t"))
            }
            Form::Csv(columns) => {
                let fields = columns.iter().map(|column| clean(&(column.value)(record)).into_owned());
                out.write_all(&csv_line(fields)?)
            }
            Form::Json => {
                let comma = if begun { "," } else { "" };
                write!(out, "{comma}\n    {}", indented(record, 4)?)
            }
            Form::Jsonl => writeln!(out, "{}", escaped(serde_json::to_string(record).map_err(|e| json_failure(&e))?)),
            Form::Ids => match record.id() {
                Some(id) => writeln!(out, "{}", clean(&id)),
                None => Ok(()),
            },
        };
        written.map_err(|e| CommandError::write(&e))
    }

    /// Passes on what was printed so far.
    ///
    /// # Errors
    /// If the output cannot be written.
    pub(in crate::cli) fn flush(&mut self) -> Result<(), CommandError> {
        self.out.flush().map_err(|e| CommandError::write(&e))
    }

    /// Prints what is left, with more members of the JSON document.
    ///
    /// # Errors
    /// If the output cannot be written.
    pub(in crate::cli) fn finish<M: Serialize>(mut self, more: &[(&str, M)]) -> Result<(), CommandError> {
        let begun = self.begin()?;
        let out = &mut self.out;
        let written = match &mut self.form {
            Form::Table(table, _) => table.write(out),
            Form::Json => {
                let end = if begun { "\n  ]" } else { "]" };
                let mut text = end.to_owned();
                for (name, value) in more {
                    text.extend([",\n  \"", name, "\": ", &indented(value, 2)?]);
                }
                writeln!(out, "{text}\n}}")
            }
            Form::Fields(_) | Form::Csv(_) | Form::Jsonl | Form::Ids => Ok(()),
        };
        written.and_then(|()| self.out.flush()).map_err(|e| CommandError::write(&e))
    }
}

/// Prints one JSON document, indented or in a line.
///
/// # Errors
/// If the output cannot be written.
pub(in crate::cli) fn print_document(
    format: Format,
    document: &impl Serialize,
    mut out: impl Write,
) -> Result<(), CommandError> {
    let text = match format {
        Format::Jsonl => serde_json::to_string(document),
        _ => serde_json::to_string_pretty(document),
    };
    let text = escaped(text.map_err(|e| json_failure(&e))?);
    writeln!(out, "{text}").and_then(|()| out.flush()).map_err(|e| CommandError::write(&e))
}

/// A field between tabs; never empty, so that `cut` and `awk` can count fields.
fn field(value: &str) -> String {
    let value = clean(value);
    if value.trim().is_empty() { "-".into() } else { value.into_owned() }
}

/// JSON whose lines after the first are indented.
fn indented(value: &impl Serialize, spaces: usize) -> Result<String, CommandError> {
    let text = escaped(serde_json::to_string_pretty(value).map_err(|e| json_failure(&e))?);
    Ok(text.replace('\n', &format!("\n{}", " ".repeat(spaces))))
}

/// JSON in which characters that steer a terminal or hide are escapes, so that it is exact and harmless. They stand in strings
/// only, and serde has escaped those below U+0020.
fn escaped(json: String) -> String {
    let passes = |c: char| c == '\n' || harmless(c);
    if json.chars().all(passes) {
        return json;
    }
    let mut text = String::with_capacity(json.len() + 64);
    for c in json.chars() {
        if passes(c) {
            text.push(c);
        } else {
            text.extend(c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")));
        }
    }
    text
}

fn csv_line(fields: impl Iterator<Item = String>) -> Result<Vec<u8>, CommandError> {
    let mut writer = csv::WriterBuilder::new().buffer_capacity(1 << 10).from_writer(Vec::new());
    writer.write_record(fields.map(String::into_bytes)).map_err(|e| csv_failure(&e))?;
    writer.into_inner().map_err(|error| csv_failure(&error.into_error().into()))
}

fn json_failure(error: &serde_json::Error) -> CommandError {
    Failure::new("write the output as JSON", error.to_string()).into()
}

fn csv_failure(error: &csv::Error) -> CommandError {
    Failure::new("write the output as CSV", error.to_string()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_says_exactly_what_a_terminal_must_not_get() {
        let hostile = "esc\u{1b}[2J del\u{7f} c1\u{9b} bidi\u{202e}\u{2066}\u{200f}\u{61c} tag\u{e0041} 日本";
        let mut out = Vec::new();
        print_document(Format::Json, &[hostile], &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.trim_end().chars().all(|c| c == '\n' || harmless(c)), "{text:?}");
        assert!(text.contains(r"\u009b") && text.contains(r"\udb40\udc41") && text.contains("日本"), "{text}");
        assert_eq!(serde_json::from_str::<Vec<String>>(&text).unwrap(), [hostile]);
    }

    #[test]
    fn csv_quotes_what_it_must() {
        let line = csv_line(["a,b", "c \"d\"", ""].map(String::from).into_iter()).unwrap();
        assert_eq!(String::from_utf8(line).unwrap(), "\"a,b\",\"c \"\"d\"\"\",\n");
    }
}
