//! `amigrate schema`: the JSON schema of the commands' output, made from the types that are printed.

mod markdown;

use std::io;

use schemars::{JsonSchema, Schema, SchemaGenerator, generate::SchemaSettings, json_schema};

use super::{
    config::{FileRecord, SettingRecord},
    exit::{CommandError, ExitStatus},
    map::MapDocument,
    output::{Format, OutputOptions, Record, print_document},
    policy::PolicyDocument,
    records::{
        AccountsDocument, AuditRecord, CheckDocument, CopyDocument, CopyRecord, DeregistrationRecord,
        DestinationRecord, DiffDocument, FailureRecord, FamilyRecord, IdentityRecord, ImageDocument, ImageRecord,
        JobRecord, LineageRecord, OrphanRecord, RecycleBinRecord, RequestedDocument, RequestedRecord, StorageDocument,
        StorageRecord, SyncRecord, UsedByDocument, VerificationRecord,
    },
    regions::nearest,
};
use crate::domain::Failure;
pub(super) use markdown::reference;

/// Arguments of `amigrate schema`.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "Examples:
  amigrate schema list                    the document of `amigrate list --output json`
  amigrate schema list --output jsonl     a line of `amigrate list --output jsonl`
  amigrate schema config show")]
pub(super) struct SchemaArgs {
    /// The command, such as `list` or `config show`; all of them otherwise, as definitions
    #[arg(value_name = "COMMAND", num_args = 0..=2)]
    command: Vec<String>,
}

/// The JSON of a command.
struct Output {
    command: &'static str,
    /// Of `--output json`.
    document: fn(&mut SchemaGenerator) -> Schema,
    /// Of each line of `--output jsonl`.
    line: fn(&mut SchemaGenerator) -> Schema,
}

/// Every command that prints JSON.
const OUTPUTS: &[Output] = &[
    records::<ImageRecord>("list"),
    document::<ImageDocument>("show"),
    records::<FamilyRecord>("coverage"),
    records::<VerificationRecord>("verify"),
    document::<DiffDocument>("diff"),
    records::<LineageRecord>("lineage"),
    document::<UsedByDocument>("used-by"),
    Output { command: "copy", document: copied, line: copied_line },
    records::<JobRecord>("jobs"),
    records::<JobRecord>("watch"),
    Output { command: "wait", document: waited, line: waited_line },
    records::<JobRecord>("cancel"),
    records::<JobRecord>("retry"),
    records::<DeregistrationRecord>("deregister"),
    Output { command: "sync", document: planned, line: SchemaGenerator::subschema_for::<SyncRecord> },
    records::<OrphanRecord>("orphans"),
    records::<RecycleBinRecord>("recycle-bin"),
    Output {
        command: "storage",
        document: SchemaGenerator::subschema_for::<StorageDocument>,
        line: SchemaGenerator::subschema_for::<StorageRecord>,
    },
    document::<MapDocument>("map"),
    document::<IdentityRecord>("whoami"),
    records::<AuditRecord>("audit"),
    document::<PolicyDocument>("policy"),
    records::<FileRecord>("config path"),
    records::<SettingRecord>("config show"),
];

/// A command that prints records, and what failed meanwhile.
const fn records<R: Record>(command: &'static str) -> Output {
    Output { command, document: listing::<R>, line: SchemaGenerator::subschema_for::<R> }
}

/// A command that prints one document, in one line for JSON lines.
const fn document<T: JsonSchema>(command: &'static str) -> Output {
    Output { command, document: SchemaGenerator::subschema_for::<T>, line: SchemaGenerator::subschema_for::<T> }
}

fn listing<R: Record>(generator: &mut SchemaGenerator) -> Schema {
    let (records, failure) = (generator.subschema_for::<R>(), generator.subschema_for::<FailureRecord>());
    let mut schema = json_schema!({ "type": "object", "required": [R::LIST] });
    let lists = [(R::LIST, records), ("failures", failure)];
    let properties =
        lists.map(|(name, item)| (name.to_owned(), json_schema!({ "type": "array", "items": item }).into()));
    schema.insert("properties".into(), serde_json::Value::Object(properties.into_iter().collect()));
    schema
}

/// What was made; with `--check` the review, with `--dry-run` or `--detach` what was requested; in several accounts that of each.
fn copied(generator: &mut SchemaGenerator) -> Schema {
    let made = generator.subschema_for::<CopyDocument>();
    let (check, requested) =
        (generator.subschema_for::<CheckDocument>(), generator.subschema_for::<RequestedDocument>());
    json_schema!({ "anyOf": [made, check, requested, generator.subschema_for::<AccountsDocument>()] })
}

fn copied_line(generator: &mut SchemaGenerator) -> Schema {
    let (copy, requested) = (generator.subschema_for::<CopyRecord>(), generator.subschema_for::<RequestedRecord>());
    json_schema!({ "anyOf": [copy, requested, generator.subschema_for::<DestinationRecord>()] })
}

/// Actions, and without `--apply` the digest of what they change.
fn planned(generator: &mut SchemaGenerator) -> Schema {
    let mut schema = listing::<SyncRecord>(generator);
    let digest = "Identifies the copies to make and the images to retire, for `--expect-plan`; only without `--apply`.";
    if let Some(properties) = schema.get_mut("properties").and_then(serde_json::Value::as_object_mut) {
        properties.insert("digest".into(), json_schema!({ "type": "string", "description": digest }).into());
    }
    schema
}

/// Copies, or images that were waited for by their ids.
fn waited(generator: &mut SchemaGenerator) -> Schema {
    let (copies, images) = (listing::<JobRecord>(generator), listing::<ImageRecord>(generator));
    json_schema!({ "anyOf": [copies, images] })
}

fn waited_line(generator: &mut SchemaGenerator) -> Schema {
    let (copy, image) = (generator.subschema_for::<JobRecord>(), generator.subschema_for::<ImageRecord>());
    json_schema!({ "anyOf": [copy, image] })
}

/// A generator of what is written, in the draft of 2020-12.
fn generator() -> SchemaGenerator {
    SchemaSettings::draft2020_12().for_serialize().into_generator()
}

pub(super) fn run(output: OutputOptions, args: &SchemaArgs) -> Result<ExitStatus, CommandError> {
    let lines = output.format == Format::Jsonl;
    let schema = if args.command.is_empty() { all(lines) } else { one(&args.command.join(" "), lines)? };
    print_document(Format::Json, &schema, io::stdout())?;
    Ok(ExitStatus::Done)
}

fn of(output: &Output, lines: bool, generator: &mut SchemaGenerator) -> Schema {
    if lines { (output.line)(generator) } else { (output.document)(generator) }
}

fn one(command: &str, lines: bool) -> Result<Schema, CommandError> {
    let Some(output) = OUTPUTS.iter().find(|output| output.command == command) else {
        let names = || OUTPUTS.iter().map(|output| output.command);
        let failure = Failure::new(format!("print the schema of `{command}`"), "no command of this name prints JSON");
        return Err(CommandError::usage(match nearest(command, names()) {
            Some(near) => failure.hint(format!("Did you mean `{near}`?")),
            None => failure.hint(format!("There are {}.", names().collect::<Vec<_>>().join(", "))),
        }));
    };
    let mut generator = generator();
    let schema = of(output, lines, &mut generator);
    Ok(whole(&format!("amigrate {command}"), &schema, &mut generator))
}

/// Every command's schema, as definitions named after the commands.
fn all(lines: bool) -> Schema {
    let mut generator = generator();
    let commands: Vec<(String, Schema)> =
        OUTPUTS.iter().map(|output| (output.command.to_owned(), of(output, lines, &mut generator))).collect();
    let mut schema = whole("amigrate", &json_schema!({}), &mut generator);
    if let Some(definitions) = schema.ensure_object().entry("$defs").or_insert(serde_json::json!({})).as_object_mut() {
        definitions.extend(commands.into_iter().map(|(name, schema)| (name, schema.into())));
    }
    schema
}

/// A schema with a title and the definitions that it refers to.
fn whole(title: &str, schema: &Schema, generator: &mut SchemaGenerator) -> Schema {
    let mut whole = json_schema!({ "$schema": "https://json-schema.org/draft/2020-12/schema", "title": title });
    let object = whole.ensure_object();
    object.extend(schema.as_object().cloned().unwrap_or_default());
    let definitions = generator.take_definitions(true);
    if !definitions.is_empty() {
        object.insert("$defs".into(), definitions.into());
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reference_has_a_definition() {
        for lines in [false, true] {
            let schema = serde_json::to_string(&all(lines)).unwrap();
            let value: serde_json::Value = serde_json::from_str(&schema).unwrap();
            let named: Vec<&str> = schema.split("\"#/$defs/").skip(1).filter_map(|s| s.split('"').next()).collect();
            assert!(!named.is_empty());
            for name in named {
                assert!(value["$defs"].get(name).is_some(), "{name}");
            }
            for output in OUTPUTS {
                assert!(value["$defs"].get(output.command).is_some(), "{}", output.command);
                assert!(one(output.command, lines).is_ok());
            }
        }
    }
}
