//! The fields of the commands' JSON as Markdown, for docs/json.md.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::{OUTPUTS, all};

/// Returns what each command prints, and the fields of every type.
pub(in crate::cli) fn reference() -> String {
    let schema = all(false);
    let definitions = schema.get("$defs").and_then(Value::as_object).cloned().unwrap_or_default();
    let mut text = String::from("## Documents\n\n");
    for output in OUTPUTS {
        let Some(document) = definitions.get(output.command) else { continue };
        let _ = writeln!(text, "### `amigrate {}`\n", output.command);
        match document.get("anyOf").and_then(Value::as_array) {
            Some(several) => text += &several.iter().map(fields).collect::<Vec<_>>().join("or\n\n"),
            None => text += &fields(document),
        }
    }
    text += "## Types\n\n";
    for (name, definition) in &definitions {
        if OUTPUTS.iter().all(|output| output.command != name) {
            let _ = writeln!(text, "### {name}\n");
            if let Some(about) = description(definition) {
                let _ = writeln!(text, "{about}\n");
            }
            text += &fields(definition);
        }
    }
    text
}

/// A table of an object's fields; what another schema allows, in words.
fn fields(schema: &Value) -> String {
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else {
        return format!("{}\n\n", kind(schema));
    };
    let required = schema.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
    let mut table = "| field | type | always | meaning |\n|---|---|---|---|\n".to_owned();
    for (name, field) in properties {
        let always = if required.iter().any(|r| r == name) { "yes" } else { "" };
        let about = description(field).unwrap_or_default();
        let _ = writeln!(table, "| `{name}` | {} | {always} | {about} |", kind(field));
    }
    table + "\n"
}

/// The description in one line.
fn description(schema: &Value) -> Option<String> {
    let text = schema.get("description")?.as_str()?;
    Some(text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|"))
}

/// A schema's type in words.
fn kind(schema: &Value) -> String {
    let Some(schema) = schema.as_object() else { return "any".into() };
    if let Some(name) = schema.get("$ref").and_then(Value::as_str).and_then(|r| r.strip_prefix("#/$defs/")) {
        return format!("[{name}](#{})", name.to_lowercase().replace(' ', "-"));
    }
    if let Some(words) = schema.get("enum").and_then(Value::as_array) {
        return choices(words);
    }
    if let Some(word) = schema.get("const") {
        return format!("`{word}`");
    }
    for several in ["anyOf", "oneOf", "allOf"] {
        if let Some(kinds) = schema.get(several).and_then(Value::as_array) {
            let kinds: Vec<String> = kinds.iter().filter(|of| of["type"] != "null").map(kind).collect();
            return kinds.join(" or ");
        }
    }
    match schema.get("type") {
        Some(Value::String(name)) => named(name, schema),
        Some(Value::Array(names)) => {
            let names = names.iter().filter_map(Value::as_str).filter(|name| *name != "null");
            names.map(|name| named(name, schema)).collect::<Vec<_>>().join(" or ")
        }
        _ => "any".into(),
    }
}

fn choices(words: &[Value]) -> String {
    words.iter().filter(|word| !word.is_null()).map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

fn named(name: &str, schema: &Map<String, Value>) -> String {
    match name {
        "array" => format!("list of {}", schema.get("items").map_or_else(|| "any".into(), kind)),
        "object" => match schema.get("additionalProperties") {
            Some(values @ Value::Object(_)) => format!("object of {}", kind(values)),
            _ => "object".into(),
        },
        other => other.to_owned(),
    }
}
