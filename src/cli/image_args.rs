//! Images that words name: by id, by name, or `latest:PATTERN`.

use super::{
    connection::Connection,
    exit::CommandError,
    lookup::Lookup,
    one_image,
    regions::{self, Selection},
    setup::Setup,
};
use crate::domain::{Image, ImageId};

/// Finds the images of these words, in their order. Without --region an id is looked for in every enabled region, a name in the
/// home region. `verb` is what is to be done with them.
///
/// # Errors
/// Wrong usage if there is no such image, unless a region could not be asked.
pub(super) async fn find(
    setup: &Setup,
    connection: &Connection,
    verb: &'static str,
    words: &[String],
) -> Result<Vec<Image>, CommandError> {
    let mut ids: Vec<ImageId> = Vec::new();
    for id in words.iter().filter_map(|word| ImageId::new(word).ok()) {
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    let what = match ids.as_slice() {
        [id] => format!("{verb} {id}"),
        _ => format!("{verb} images"),
    };
    let by_id = one_image::find(setup, connection, &what, &ids).await?;
    let mut found = Vec::with_capacity(words.len());
    for word in words {
        match by_id.iter().find(|image| image.id.as_str() == word) {
            Some(image) => found.push(image.clone()),
            None => found.push(named(setup, connection, verb, word).await?),
        }
    }
    Ok(found)
}

async fn named(setup: &Setup, connection: &Connection, verb: &'static str, name: &str) -> Result<Image, CommandError> {
    let session = &connection.session;
    let region = setup.named_region.as_ref().unwrap_or(session.home_region());
    regions::resolve(&Selection::Named(vec![region.clone()]), session, setup).await?;
    Lookup { session, region, verb, option: "--region" }.named(name).await
}
