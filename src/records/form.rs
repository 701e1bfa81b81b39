//! The forms of records: lines of CSV, and JSON that is exact and cannot steer a terminal.

use serde::Serialize;

use super::record::{Column, Record};
use crate::domain::{
    Failure,
    text::{clean, harmless},
};

/// The columns that are written where none are named.
pub fn default_columns<R: Record>() -> Vec<&'static Column<R>> {
    R::columns().iter().filter(|column| column.default).collect()
}

/// The heading of CSV.
///
/// # Errors
/// Those of the CSV writer.
pub fn csv_heading<R: Record>(columns: &[&'static Column<R>]) -> Result<Vec<u8>, Failure> {
    csv_line(columns.iter().map(|column| column.name.into()))
}

/// A record as a line of CSV.
///
/// # Errors
/// Those of the CSV writer.
pub fn csv_record<R: Record>(columns: &[&'static Column<R>], record: &R) -> Result<Vec<u8>, Failure> {
    csv_line(columns.iter().map(|column| clean(&(column.value)(record)).into_owned()))
}

/// The start of a JSON document of records.
pub fn json_start<R: Record>() -> String {
    format!("{{\n  \"{}\": [", R::LIST)
}

/// An entry of the document; `first` of the first one.
///
/// # Errors
/// A value that is no JSON.
pub fn json_entry<R: Record>(record: &R, first: bool) -> Result<String, Failure> {
    Ok(format!("{}\n    {}", if first { "" } else { "," }, indented(record, 4)?))
}

/// The end of the document, with more members; `any` if it has an entry.
///
/// # Errors
/// A value that is no JSON.
pub fn json_end<M: Serialize>(any: bool, more: &[(&str, M)]) -> Result<String, Failure> {
    let mut text = if any { "\n  ]" } else { "]" }.to_owned();
    for (name, value) in more {
        text.extend([",\n  \"", name, "\": ", &indented(value, 2)?]);
    }
    text.push_str("\n}\n");
    Ok(text)
}

/// JSON on one line.
///
/// # Errors
/// A value that is no JSON.
pub fn json_line(value: &impl Serialize) -> Result<String, Failure> {
    Ok(escaped(serde_json::to_string(value).map_err(|e| json_failure(&e))?))
}

/// JSON whose lines after the first are indented.
///
/// # Errors
/// A value that is no JSON.
pub fn indented(value: &impl Serialize, spaces: usize) -> Result<String, Failure> {
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

fn csv_line(fields: impl Iterator<Item = String>) -> Result<Vec<u8>, Failure> {
    let mut writer = csv::WriterBuilder::new().buffer_capacity(1 << 10).from_writer(Vec::new());
    writer.write_record(fields.map(String::into_bytes)).map_err(|e| csv_failure(&e))?;
    writer.into_inner().map_err(|error| csv_failure(&error.into_error().into()))
}

fn json_failure(error: &serde_json::Error) -> Failure {
    Failure::new("write the output as JSON", error.to_string())
}

fn csv_failure(error: &csv::Error) -> Failure {
    Failure::new("write the output as CSV", error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_says_exactly_what_a_terminal_must_not_get() {
        let hostile = "esc\u{1b}[2J del\u{7f} c1\u{9b} bidi\u{202e}\u{2066}\u{200f}\u{61c} tag\u{e0041} 日本";
        let text = indented(&[hostile], 0).unwrap();
        assert!(text.chars().all(|c| c == '\n' || harmless(c)), "{text:?}");
        assert!(text.contains(r"\u009b") && text.contains(r"\udb40\udc41") && text.contains("日本"), "{text}");
        assert_eq!(serde_json::from_str::<Vec<String>>(&text).unwrap(), [hostile]);
    }

    #[test]
    fn csv_quotes_what_it_must() {
        let line = csv_line(["a,b", "c \"d\"", ""].map(String::from).into_iter()).unwrap();
        assert_eq!(String::from_utf8(line).unwrap(), "\"a,b\",\"c \"\"d\"\"\",\n");
    }
}
