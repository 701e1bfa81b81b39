//! What is waited for, in words.

use std::collections::BTreeSet;

use crate::tui::{
    catalogue::ListState,
    model::{Connection, Model, PendingReply, Reconnect, StorageWork, SyncWork},
};

/// Everything that was requested and has not been answered; not what nobody requested.
pub fn awaited(model: &Model) -> BTreeSet<String> {
    let mut awaited: BTreeSet<String> =
        model.pending.values().filter(|pending| !pending.is_quiet()).map(words).collect();
    let connects = matches!(model.connection, Connection::Connecting(_));
    if connects || matches!(model.reconnect, Some(Reconnect::Running(_))) {
        awaited.insert("the credentials".into());
    }
    let lists = model.catalogue.listings();
    let open = lists.filter(|(_, list)| matches!(list.state, ListState::Waiting | ListState::Loading(_)));
    awaited.extend(open.map(|(region, _)| format!("the images of {region}")));
    if model.requested.len() > 0 {
        awaited.insert("the queue".into());
    }
    awaited
}

fn words(pending: &PendingReply) -> String {
    match pending {
        PendingReply::Account => "the account".into(),
        PendingReply::Regions => "the regions".into(),
        PendingReply::Images { region, .. }
        | PendingReply::FirstPage(region)
        | PendingReply::KnownImages { region, .. } => {
            format!("the images of {region}")
        }
        PendingReply::Keys(region) => format!("the KMS keys of {region}"),
        PendingReply::Check(_) | PendingReply::PublicAccess(_) => "the checks".into(),
        PendingReply::Profiles | PendingReply::ProfileNames => "the profiles".into(),
        PendingReply::History => "the history".into(),
        PendingReply::Audit(_) => "the log of changes".into(),
        PendingReply::ImageDetails(_) => "the image's details".into(),
        PendingReply::Comparison(_) => "the images to compare".into(),
        PendingReply::Lineage(_) => "the lineage".into(),
        PendingReply::UsedBy(_) => "who uses the image".into(),
        PendingReply::UsageReport(_) => "the usage report".into(),
        PendingReply::Usage => "who uses the images".into(),
        PendingReply::Storage(StorageWork::FindOrphans) => "the orphaned snapshots".into(),
        PendingReply::Storage(StorageWork::ReadBins) => "the Recycle Bin".into(),
        PendingReply::Sync { work: SyncWork::Plan, .. } => "the plan".into(),
        PendingReply::Sync { work: SyncWork::Apply, .. } => "what comes of the plan".into(),
        PendingReply::Storage(StorageWork::ReadHeld) => "the storage".into(),
        PendingReply::Access(owner) => format!("what account {owner} gives"),
        PendingReply::Storage(StorageWork::Delete(_)) => "the deletion of snapshots".into(),
        PendingReply::Storage(StorageWork::Restore(_)) => "what is restored".into(),
        PendingReply::Source(_) => "the source image".into(),
        PendingReply::Forms(_) => "the presets".into(),
        PendingReply::Filters(_) => "the saved filters".into(),
        PendingReply::Export { path, .. } => format!("{}", path.display()),
    }
}
