//! THE table of the form's sections and fields. Order, labels, kinds and the form's help all come from it.

use std::collections::BTreeSet;

use crate::domain::draft::{Draft, Field, PlacementDraft};

/// A part of the form that can be folded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Section {
    Where,
    What,
    Encryption,
    Tags,
    Timing,
    Afterwards,
}

impl Section {
    pub const ALL: [Self; 6] = [Self::Where, Self::What, Self::Encryption, Self::Tags, Self::Timing, Self::Afterwards];

    pub fn title(self) -> &'static str {
        match self {
            Self::Where => "Where",
            Self::What => "What",
            Self::Encryption => "Encryption",
            Self::Tags => "Tags",
            Self::Timing => "Timing",
            Self::Afterwards => "Afterwards",
        }
    }
}

/// How a field is edited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A text is typed.
    Text,
    /// Space turns to the next value.
    Choice,
    /// Enter opens a picker.
    Picker,
    /// A text is typed, or Enter opens a picker.
    TextOrPicker,
}

impl Kind {
    pub fn is_text(self) -> bool {
        matches!(self, Self::Text | Self::TextOrPicker)
    }
}

/// Fields of one sort.
#[derive(Debug)]
pub struct FieldSpec {
    pub section: Section,
    pub label: &'static str,
    pub kind: Kind,
    /// Shown instead of an empty text.
    pub placeholder: &'static str,
    pub help: &'static str,
    /// The fields of this sort that a draft has now.
    fields: fn(&Draft) -> Vec<Field>,
}

/// What can have the focus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Item {
    Section(Section),
    Field(Field, Kind),
    StartButton,
}

/// One item with its row of the table.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) item: Item,
    pub(super) spec: Option<&'static FieldSpec>,
}

const fn spec(
    section: Section,
    label: &'static str,
    kind: Kind,
    fields: fn(&Draft) -> Vec<Field>,
    placeholder: &'static str,
    help: &'static str,
) -> FieldSpec {
    FieldSpec { section, label, kind, placeholder, help, fields }
}

use Field as F;
use Section as S;

/// Every field, in the order of the form.
#[rustfmt::skip]
pub const FIELDS: [FieldSpec; 20] = [
    spec(S::Where, "Destinations", Kind::Picker, |_| vec![F::Destinations], "",
        "The regions to copy to. The source's own region is allowed, for example to encrypt."),
    spec(S::Where, "Stored in", Kind::Choice, |d| when(has_placement(d), F::Placement), "",
        "The region, an Outpost or a Local Zone of it; for a single destination. Outposts and Local Zones cannot be combined with a completion time."),
    spec(S::Where, "Outpost, zone", Kind::Text, |d| when(d.placement != PlacementDraft::Region, F::Placement), "(an ARN, or a zone's name or id)",
        "The Outpost's ARN (arn:aws:outposts:REGION:ACCOUNT:outpost/op-...), or the zone's name (us-west-2-lax-1a) or id (usw2-lax1-az1)."),
    spec(S::What, "Name", Kind::Text, |_| vec![F::Name], "",
        "The name of the new images, 3 to 128 characters. {name} {region} {source_id} {date} are filled in."),
    spec(S::What, "Description", Kind::Text, |_| vec![F::Description], "",
        "Up to 255 characters. {source_region} and {source_description} are filled in too."),
    spec(S::What, "Client token", Kind::Text, |d| when(is_single(d) || !d.client_token.is_empty(), F::ClientToken), "(random)",
        "EC2 recognises a repeated request by it. For a single copy; a retry takes a new token."),
    spec(S::Encryption, "Encrypt", Kind::Choice, |_| vec![F::Encryption], "",
        "Encrypt the copies. A copy of an encrypted image is always encrypted."),
    spec(S::Encryption, "KMS key", Kind::TextOrPicker, |d| when(d.encrypts(), F::Key), "(the region's default key)",
        "For all destinations: a key id, alias/NAME, a key ARN or an alias ARN; a picker lists the keys."),
    spec(S::Encryption, "", Kind::TextOrPicker, keys_by_region, "(key for all)",
        "A region's own key, instead of the key for all destinations."),
    spec(S::Tags, "Source's tags", Kind::Picker, |_| vec![F::SourceTags], "",
        "Which of the source's own tags the copies get: all, none, or those chosen."),
    spec(S::Tags, "Image tags", Kind::Text, |d| (0..=d.image_tags.len()).map(F::ImageTag).collect(), "(add KEY=VALUE)",
        "Tags of the new images, one KEY=VALUE a line; values may have {source_id} {source_region} {name} {date}. Several lines can be pasted. An empty line is removed."),
    spec(S::Tags, "Snapshot tags", Kind::Text, |d| (0..=d.snapshot_tags.len()).map(F::SnapshotTag).collect(), "(add KEY=VALUE)",
        "Tags of the new snapshots, in the same way."),
    spec(S::Timing, "Complete within", Kind::Picker, |_| vec![F::Completion], "",
        "A time-based copy completes within this time, for a fee. Without it, EC2 copies as fast as it can and CopyImage itself is free."),
    spec(S::Afterwards, "Permissions", Kind::Choice, |_| vec![F::CopyPermissions], "",
        "Give each copy the launch permissions of its source; public is never taken over."),
    spec(S::Afterwards, "Share with", Kind::Text, |_| vec![F::ShareWith], "(nobody: account ids, organization and OU ARNs)",
        "Who may launch the copies: account ids, and ARNs of organizations and organizational units, separated by spaces or commas. Copies under the default key for EBS cannot be shared."),
    spec(S::Afterwards, "Snapshots too", Kind::Choice, |_| vec![F::ShareSnapshots], "",
        "Let those accounts create volumes of the snapshots. EC2 knows accounts only there, no organizations."),
    spec(S::Afterwards, "Public", Kind::Choice, |_| vec![F::Public], "",
        "Everyone with an AWS account may launch the copies and read what is on them. Encrypted copies cannot be public."),
    spec(S::Afterwards, "Deprecate", Kind::Text, |_| vec![F::Deprecation], "(never: 90d, 2027-01-31, 2027-01-31T12:00Z)",
        "When the copies are deprecated: after a number of days, or at a date, up to 10 years ahead."),
    spec(S::Afterwards, "Protection", Kind::Choice, |_| vec![F::Protection], "",
        "Protect the copies from being deregistered; with cooldown, protection ends only 24 hours after it is turned off."),
    spec(S::Afterwards, "Tag the source", Kind::Choice, |_| vec![F::TagSource], "",
        "Tag each source image with copied-to:REGION and the copy's id; counts against its 50 tags."),
];

fn when(so: bool, field: Field) -> Vec<Field> {
    if so { vec![field] } else { Vec::new() }
}

fn is_single(draft: &Draft) -> bool {
    draft.sources.len() == 1 && draft.destinations.len() <= 1
}

fn has_placement(draft: &Draft) -> bool {
    draft.destinations.len() == 1 || draft.placement != PlacementDraft::Region
}

fn keys_by_region(draft: &Draft) -> Vec<Field> {
    let own = |r: &&crate::domain::Region| draft.destinations.len() > 1 || draft.keys.contains_key(*r);
    draft.destinations.iter().filter(|_| draft.encrypts()).filter(own).cloned().map(F::KeyFor).collect()
}

/// The section of a field; `None` for the sources, which are above all sections.
pub(super) fn section_of(field: &Field) -> Option<Section> {
    Some(match field {
        F::Sources => return None,
        F::Destinations | F::Placement => S::Where,
        F::Name | F::Description | F::ClientToken => S::What,
        F::Encryption | F::Key | F::KeyFor(_) => S::Encryption,
        F::SourceTags | F::ImageTag(_) | F::SnapshotTag(_) => S::Tags,
        F::Completion => S::Timing,
        F::CopyPermissions
        | F::ShareWith
        | F::Public
        | F::ShareSnapshots
        | F::Deprecation
        | F::Protection
        | F::TagSource => S::Afterwards,
    })
}

/// The rows of a draft: each of these sections, followed by its fields if it is open, and the button.
pub(super) fn rows(draft: &Draft, sections: &[Section], open: &BTreeSet<Section>) -> Vec<Row> {
    let mut rows = Vec::new();
    for &section in sections {
        rows.push(Row { item: Item::Section(section), spec: None });
        for spec in FIELDS.iter().filter(|s| s.section == section && open.contains(&section)) {
            let fields = (spec.fields)(draft).into_iter();
            rows.extend(fields.map(|field| Row { item: Item::Field(field, spec.kind), spec: Some(spec) }));
        }
    }
    rows.push(Row { item: Item::StartButton, spec: None });
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_field_is_in_the_section_that_the_table_says() {
        let draft = Draft { encrypt: true, placement: PlacementDraft::Outpost(String::new()), ..Draft::default() };
        for spec in &FIELDS {
            for field in (spec.fields)(&draft) {
                assert_eq!(section_of(&field), Some(spec.section), "{field:?}");
            }
        }
        assert!(rows(&draft, &Section::ALL, &Section::ALL.into()).len() > FIELDS.len());
        assert_eq!(rows(&draft, &Section::ALL, &BTreeSet::new()).len(), Section::ALL.len() + 1);
    }
}
