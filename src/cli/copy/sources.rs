//! The images to copy, from ids, names, `latest:PATTERN` and standard input.

use std::{
    io::{self, IsTerminal, Read},
    sync::Arc,
};

use crate::{
    cli::{connection::Connection, exit::CommandError, lookup::Lookup, one_image, regions::Selection, setup::Setup},
    domain::{Failure, Image, ImageId, Region},
};

/// Returns the words for images, with those of standard input in place of `-`.
///
/// # Errors
/// If nothing is on standard input, or it is a terminal.
pub(super) fn words(images: &[String]) -> Result<Vec<String>, CommandError> {
    let mut words = Vec::new();
    for word in images {
        if word == "-" {
            words.extend(read_words()?);
        } else {
            words.push(word.clone());
        }
    }
    Ok(words)
}

fn read_words() -> Result<Vec<String>, CommandError> {
    let what = "read image ids from standard input";
    let refused = |why: String| {
        let hint = "Give ids, one a line: `amigrate list --output ids | amigrate copy - --to REGION`.";
        CommandError::usage(Failure::new(what, why).hint(hint))
    };
    if io::stdin().is_terminal() {
        return Err(refused("it is a terminal".into()));
    }
    let mut text = String::new();
    io::stdin().read_to_string(&mut text).map_err(|e| refused(e.to_string()))?;
    let words: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
    if words.is_empty() { Err(refused("there is nothing on it".into())) } else { Ok(words) }
}

/// Looks images up, in the order of the words, each once. Where no region was named, ids that are not in the home region are looked
/// for in every enabled one.
///
/// # Errors
/// The first that is not there, or is not clear.
pub(super) async fn find(
    setup: &Setup,
    connection: &Connection,
    from: Option<&Region>,
    words: &[String],
) -> Result<Vec<Arc<Image>>, CommandError> {
    let session = &connection.session;
    let region = from.unwrap_or(session.home_region());
    let lookup = Lookup { session, region, verb: "copy", option: "--from" };
    let ids: Vec<ImageId> = words.iter().filter_map(|word| ImageId::new(word).ok()).collect();
    let mut known = session.describe_images(region, &ids).await?;
    let missing: Vec<ImageId> = ids.into_iter().filter(|id| known.iter().all(|image| image.id != *id)).collect();
    if let Some(first) = missing.first() {
        let elsewhere = one_image::find_in(setup, connection, &Selection::All, "copy images", &missing).await;
        if from.or(setup.named_region.as_ref()).is_none() {
            known.extend(elsewhere?);
        } else {
            // The region was named, so that another one is not taken instead.
            let there = elsewhere.ok().and_then(|images| images.into_iter().find(|image| image.id == *first));
            return Err(lookup.unknown_id(first, there.as_ref()).await);
        }
    }
    let mut found: Vec<Arc<Image>> = Vec::new();
    for word in words {
        let image = match ImageId::new(word) {
            Ok(id) => known.iter().find(|image| image.id == id).cloned(),
            Err(_) => Some(lookup.named(word).await?),
        };
        // All ids are known by now.
        let Some(image) = image else { continue };
        if !found.iter().any(|known| known.id == image.id) {
            found.push(Arc::new(image));
        }
    }
    Ok(found)
}
