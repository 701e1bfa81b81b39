//! An image for a person: its attributes, then a paragraph for each kind of thing that belongs to it.

use crate::cli::{
    exit::CommandError,
    output::{OutputOptions, Page, Record as _},
    records::{ImageDocument, ImageRecord, PermissionRecord, SnapshotRecord},
};

/// Columns of attribute names.
const NAMES: usize = 26;

pub(super) fn print(document: &ImageDocument, output: OutputOptions) -> Result<(), CommandError> {
    page(document, output).print()
}

fn page(document: &ImageDocument, output: OutputOptions) -> Page {
    let mut page = Page::new(output, NAMES);
    for column in ImageRecord::columns() {
        // The paragraphs below tell these.
        if !matches!(column.name, "snapshot_ids" | "tags") {
            page.entry(column.name, &(column.value)(&document.image));
        }
    }
    page.entry("block_public_access", document.image_block_public_access_state.as_deref().unwrap_or_default());
    page.paragraph("tags", document.image.tags().map(|(key, value)| format!("{key} = {value}")));
    page.paragraph("block devices", document.image.devices());
    page.paragraph("snapshots", document.snapshots.iter().flatten().map(snapshot));
    page.paragraph("launch permissions", document.launch_permissions.as_deref().map(|all| who(all, NOBODY)));
    let ancestors = document.ancestry.iter().flatten().map(|ancestor| {
        let place = ancestor.region.as_deref().map(|region| format!(" in {region}")).unwrap_or_default();
        let owner = ancestor.image_owner_alias.as_deref().map(|alias| format!(", {alias}")).unwrap_or_default();
        format!("{}{place}{owner}", ancestor.image_id)
    });
    page.paragraph("made from", ancestors);
    page.records("copies", &document.copies);
    page.records("jobs", &document.jobs);
    page
}

const NOBODY: &str = "nobody but the owner";

fn snapshot(snapshot: &SnapshotRecord) -> String {
    let key = match (&snapshot.kms_key_id, snapshot.encrypted) {
        (Some(key), _) => format!("encrypted with {key}"),
        (None, true) => "encrypted".into(),
        (None, false) => "not encrypted".into(),
    };
    let volumes = snapshot.create_volume_permissions.as_ref();
    let volumes = volumes.map(|permissions| format!("; volumes by {}", who(permissions, NOBODY)));
    format!("{}: {key}{}", snapshot.snapshot_id, volumes.unwrap_or_default())
}

fn who(permissions: &[PermissionRecord], nobody: &str) -> String {
    if permissions.is_empty() {
        return nobody.into();
    }
    permissions.iter().map(PermissionRecord::word).collect::<Vec<_>>().join(", ")
}
