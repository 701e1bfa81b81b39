//! Prints records in the chosen format, each as soon as the format allows.

use std::io::Write;

use serde::Serialize;

use super::{Format, OutputOptions, table::Table};
use crate::{
    cli::exit::CommandError,
    domain::text::clean,
    records::{
        Column, Record,
        form::{csv_heading, csv_record, indented, json_end, json_entry, json_line, json_start},
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
    Table(Table<R>),
    /// Fields between tabs.
    Fields(Vec<&'static Column<R>>),
    /// The same for a person, without columns that are empty.
    Lines(Vec<&'static Column<R>>),
    Csv(Vec<&'static Column<R>>),
    Json,
    Jsonl,
    Ids,
}

impl<R: Record, W: Write> Printer<R, W> {
    /// `columns` are those of tables and CSV.
    pub(in crate::cli) fn new(options: OutputOptions, columns: Vec<&'static Column<R>>, out: W) -> Self {
        let form = match options.format {
            Format::Table if options.terminal && options.streams => Form::Lines(columns),
            Format::Table if options.terminal => Form::Table(Table::new(columns, options.fit, options.color)),
            Format::Table => Form::Fields(columns),
            Format::Csv => Form::Csv(columns),
            Format::Json => Form::Json,
            Format::Jsonl => Form::Jsonl,
            Format::Ids => Form::Ids,
        };
        Self { out, form, begun: false }
    }

    /// The same, below what was printed of the same columns before: CSV has one heading.
    pub(in crate::cli) fn continuing(mut self) -> Self {
        self.begun = matches!(self.form, Form::Csv(_));
        self
    }

    /// The same, leaving no column out on a narrow terminal: they were requested by name.
    pub(in crate::cli) fn keeping_columns(mut self) -> Self {
        if let Form::Table(table) = &mut self.form {
            table.keeps_columns = true;
        }
        self
    }

    /// Prints what stands before the first record, unless that was done. Returns true if it was.
    fn begin(&mut self) -> Result<bool, CommandError> {
        let begun = std::mem::replace(&mut self.begun, true);
        if !begun {
            let written = match &self.form {
                Form::Csv(columns) => self.out.write_all(&csv_heading(columns)?),
                Form::Json => self.out.write_all(json_start::<R>().as_bytes()),
                Form::Table(_) | Form::Fields(_) | Form::Lines(_) | Form::Jsonl | Form::Ids => Ok(()),
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
            Form::Table(table) => {
                table.add(record);
                return Ok(());
            }
            Form::Lines(columns) => {
                let shown = columns.iter().filter_map(|column| column.shown.wide.map(|form| (form.value)(record)));
                let fields: Vec<String> = shown.filter(|field| !field.is_empty()).collect();
                writeln!(out, "{}", clean(&fields.join("  ")))
            }
            Form::Fields(columns) => {
                let fields: Vec<String> = columns.iter().map(|column| field(&(column.value)(record))).collect();
                writeln!(out, "{}", fields.join("\t"))
            }
            Form::Csv(columns) => out.write_all(&csv_record(columns, record)?),
            Form::Json => out.write_all(json_entry(record, !begun)?.as_bytes()),
            Form::Jsonl => writeln!(out, "{}", json_line(record)?),
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
            Form::Table(table) => table.write(out),
            Form::Json => out.write_all(json_end(begun, more)?.as_bytes()),
            Form::Fields(_) | Form::Lines(_) | Form::Csv(_) | Form::Jsonl | Form::Ids => Ok(()),
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
        Format::Jsonl => json_line(document)?,
        _ => indented(document, 0)?,
    };
    writeln!(out, "{text}").and_then(|()| out.flush()).map_err(|e| CommandError::write(&e))
}

/// A field between tabs; never empty, so that `cut` and `awk` can count fields.
fn field(value: &str) -> String {
    let value = clean(value);
    if value.trim().is_empty() { "-".into() } else { value.into_owned() }
}
