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
    domain::{Failure, text::clean},
};

/// Prints records to a writer.
pub(in crate::cli) struct Printer<R: Record, W: Write> {
    out: W,
    form: Form<R>,
}

enum Form<R: 'static> {
    /// Held back until all widths are known.
    Table(Table, Vec<&'static Column<R>>),
    /// Fields between tabs.
    Fields(Vec<&'static Column<R>>),
    Csv(Box<csv::Writer<Vec<u8>>>, Vec<&'static Column<R>>),
    /// True once a record was printed.
    Json(bool),
    Jsonl,
    Ids,
}

impl<R: Record, W: Write> Printer<R, W> {
    /// Starts printing; `columns` are those of tables and CSV.
    ///
    /// # Errors
    /// If the output cannot be written.
    pub(in crate::cli) fn new(
        options: OutputOptions,
        columns: Vec<&'static Column<R>>,
        mut out: W,
    ) -> Result<Self, CommandError> {
        let form = match options.format {
            Format::Table if options.terminal => {
                let headings = columns.iter().map(|column| (column.name, column.right)).collect();
                Form::Table(Table::new(headings, options.color), columns)
            }
            Format::Table => Form::Fields(columns),
            Format::Csv => {
                let mut writer = csv::Writer::from_writer(Vec::new());
                writer.write_record(columns.iter().map(|column| column.name)).map_err(csv_failure)?;
                Form::Csv(Box::new(writer), columns)
            }
            Format::Json => {
                write!(out, "{{\n  \"{}\": [", R::LIST).map_err(|e| CommandError::write(&e))?;
                Form::Json(false)
            }
            Format::Jsonl => Form::Jsonl,
            Format::Ids => Form::Ids,
        };
        Ok(Self { out, form })
    }

    /// Prints one record; a table on a terminal is printed at the end.
    ///
    /// # Errors
    /// If the output cannot be written.
    pub(in crate::cli) fn print(&mut self, record: &R) -> Result<(), CommandError> {
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
            Form::Csv(writer, columns) => {
                let fields = columns.iter().map(|column| clean(&(column.value)(record)).into_owned());
                writer.write_record(fields).map_err(csv_failure)?;
                writer.flush().and_then(|()| flush_csv(writer, out))
            }
            Form::Json(printed) => {
                let comma = if std::mem::replace(printed, true) { "," } else { "" };
                write!(out, "{comma}\n    {}", indented(record, 4)?)
            }
            Form::Jsonl => writeln!(out, "{}", serde_json::to_string(record).map_err(json_failure)?),
            Form::Ids => match record.id() {
                Some(id) => writeln!(out, "{}", clean(&id)),
                None => Ok(()),
            },
        };
        written.map_err(|e| CommandError::write(&e))
    }

    /// Prints what is left, with more members of the JSON document.
    ///
    /// # Errors
    /// If the output cannot be written.
    pub(in crate::cli) fn finish<M: Serialize>(mut self, more: &[(&str, M)]) -> Result<(), CommandError> {
        let out = &mut self.out;
        let written = match &mut self.form {
            Form::Table(table, _) => table.write(out),
            Form::Json(printed) => {
                let end = if *printed { "\n  ]" } else { "]" };
                let mut text = end.to_owned();
                for (name, value) in more {
                    text += &format!(",\n  \"{name}\": {}", indented(value, 2)?);
                }
                writeln!(out, "{text}\n}}")
            }
            // The heading, if there was no record.
            Form::Csv(writer, _) => writer.flush().and_then(|()| flush_csv(writer, out)),
            Form::Fields(_) | Form::Jsonl | Form::Ids => Ok(()),
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
    let text = text.map_err(json_failure)?;
    writeln!(out, "{text}").and_then(|()| out.flush()).map_err(|e| CommandError::write(&e))
}

/// A field between tabs; never empty, so that `cut` and `awk` can count fields.
fn field(value: &str) -> String {
    let value = clean(value);
    if value.trim().is_empty() { "-".into() } else { value.into_owned() }
}

/// JSON whose lines after the first are indented.
fn indented(value: &impl Serialize, spaces: usize) -> Result<String, CommandError> {
    let text = serde_json::to_string_pretty(value).map_err(json_failure)?;
    Ok(text.replace('\n', &format!("\n{}", " ".repeat(spaces))))
}

fn flush_csv(writer: &mut csv::Writer<Vec<u8>>, out: &mut impl Write) -> std::io::Result<()> {
    let done = std::mem::replace(writer, csv::Writer::from_writer(Vec::new()));
    out.write_all(&done.into_inner().map_err(csv::IntoInnerError::into_error)?)
}

fn json_failure(error: serde_json::Error) -> CommandError {
    Failure::new("write the output as JSON", error.to_string()).into()
}

fn csv_failure(error: csv::Error) -> CommandError {
    Failure::new("write the output as CSV", error.to_string()).into()
}
