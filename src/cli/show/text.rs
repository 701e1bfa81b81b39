//! An image for a person: its attributes, then a paragraph for each kind of thing that belongs to it.

use std::{
    fmt::Write as _,
    io::{self, Write as _},
};

use crate::{
    cli::{
        exit::CommandError,
        output::Record as _,
        records::{ImageDocument, ImageRecord, PermissionRecord},
    },
    domain::text::clean,
    term::sgr::{BOLD, RESET},
};

/// Columns of attribute names.
const NAMES: usize = 26;

pub(super) fn print(document: &ImageDocument, color: bool) -> Result<(), CommandError> {
    let text = text(document, color);
    let mut out = io::stdout();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(|error| CommandError::write(&error))
}

fn text(document: &ImageDocument, color: bool) -> String {
    let mut text = String::new();
    for column in ImageRecord::columns() {
        let value = (column.value)(&document.image);
        // The paragraphs below tell these.
        if !value.is_empty() && !matches!(column.name, "snapshot_ids" | "tags") {
            let value = clean(&value);
            _ = writeln!(text, "{:NAMES$}{value}", column.name);
        }
    }
    if let Some(state) = &document.image_block_public_access_state {
        _ = writeln!(text, "{:NAMES$}{}", "block_public_access", clean(state));
    }
    let mut paragraph = |heading: &str, lines: Vec<String>| {
        if lines.is_empty() {
            return;
        }
        let (bold, reset) = if color { (BOLD, RESET) } else { ("", "") };
        _ = writeln!(text, "\n{bold}{heading}{reset}");
        for line in lines {
            _ = writeln!(text, "  {}", clean(&line));
        }
    };
    paragraph("tags", document.image.tags().map(|(key, value)| format!("{key} = {value}")).collect());
    paragraph("block devices", document.image.devices().collect());
    paragraph("snapshots", snapshots(document));
    if let Some(permissions) = &document.launch_permissions {
        paragraph("launch permissions", vec![who(permissions, "nobody but the owner")]);
    }
    let ancestors = document.ancestry.iter().flatten().map(|ancestor| {
        let place = ancestor.region.as_deref().map(|region| format!(" in {region}")).unwrap_or_default();
        let owner = ancestor.image_owner_alias.as_deref().map(|alias| format!(", {alias}")).unwrap_or_default();
        format!("{}{place}{owner}", ancestor.image_id)
    });
    paragraph("made from", ancestors.collect());
    paragraph("copies", lines(&document.copies));
    paragraph("jobs", lines(&document.jobs));
    text
}

fn snapshots(document: &ImageDocument) -> Vec<String> {
    let of = |snapshot: &crate::cli::records::SnapshotRecord| {
        let key = match (&snapshot.kms_key_id, snapshot.encrypted) {
            (Some(key), _) => format!("encrypted with {key}"),
            (None, true) => "encrypted".into(),
            (None, false) => "not encrypted".into(),
        };
        let volumes = snapshot.create_volume_permissions.as_ref();
        let volumes = volumes.map(|permissions| format!("; volumes by {}", who(permissions, "nobody but the owner")));
        format!("{}: {key}{}", snapshot.snapshot_id, volumes.unwrap_or_default())
    };
    document.snapshots.iter().flatten().map(of).collect()
}

fn who(permissions: &[PermissionRecord], nobody: &str) -> String {
    if permissions.is_empty() {
        return nobody.into();
    }
    permissions.iter().map(PermissionRecord::word).collect::<Vec<_>>().join(", ")
}

/// The shown columns of records, two spaces between them.
fn lines<R: crate::cli::output::Record>(records: &[R]) -> Vec<String> {
    let columns = || R::columns().iter().filter(|column| column.default);
    let line = |record: &R| {
        let fields = columns().map(|column| (column.value)(record)).filter(|field| !field.is_empty());
        fields.collect::<Vec<_>>().join("  ")
    };
    records.iter().map(line).collect()
}
