//! The images to copy, from ids, names, `latest:PATTERN` and standard input.

use std::{
    io::{self, IsTerminal, Read},
    sync::Arc,
};

use crate::{
    aws::Session,
    cli::{exit::CommandError, regions::nearest},
    domain::{Failure, Image, ImageId, ImageQuery, ImageState, OwnerFilter, Region, text::clean},
};

/// What begins a word for the newest image with a name.
const LATEST: &str = "latest:";
/// At most so many ids are listed.
const LISTED: usize = 10;

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

/// Looks images up, in the order of the words, each once.
///
/// # Errors
/// The first that is not there, or is not clear.
pub(super) async fn find(
    session: &Session,
    region: &Region,
    words: &[String],
) -> Result<Vec<Arc<Image>>, CommandError> {
    let ids: Vec<ImageId> = words.iter().filter_map(|word| ImageId::new(word).ok()).collect();
    let known = session.describe_images(region, &ids).await?;
    let mut found: Vec<Arc<Image>> = Vec::new();
    for word in words {
        let image = match (ImageId::new(word), word.strip_prefix(LATEST)) {
            (Ok(id), _) => match known.iter().find(|image| image.id == id) {
                Some(image) => image.clone(),
                None => return Err(unknown_id(session, region, &id).await.into()),
            },
            (Err(_), Some(pattern)) => latest(session, region, pattern).await?,
            (Err(_), None) => named(session, region, word).await?,
        };
        if !found.iter().any(|known| known.id == image.id) {
            found.push(Arc::new(image));
        }
    }
    Ok(found)
}

async fn unknown_id(session: &Session, region: &Region, id: &ImageId) -> Failure {
    let failure = Failure::new(format!("copy {id}"), format!("there is no such image in {region}"));
    // The mistake matters more than that nothing similar can be named.
    let own = own_images(session, region, None).await.unwrap_or_default();
    match nearest(id.as_str(), own.iter().map(|image| image.id.as_str())) {
        Some(near) => failure.hint(format!("Did you mean {near}? If it is in another region, name that with --from.")),
        None => failure.hint("If it is in another region, name that with --from."),
    }
}

/// Returns the newest available image of one's own whose name matches.
async fn latest(session: &Session, region: &Region, pattern: &str) -> Result<Image, CommandError> {
    let what = format!("copy {LATEST}{}", clean(pattern));
    if pattern.is_empty() {
        let failure = Failure::new(what, "there is no pattern after the colon");
        return Err(CommandError::usage(failure.hint("Write a name with `*` and `?`, such as latest:web-*.")));
    }
    let images = own_images(session, region, Some(pattern.to_owned())).await?;
    let available = images.into_iter().filter(|image| image.state == ImageState::Available);
    let newest = available.max_by(|a, b| (a.created, &a.id).cmp(&(b.created, &b.id)));
    newest.ok_or_else(|| {
        Failure::new(what, format!("no available image of one's own in {region} has such a name"))
            .hint("`*` stands for any characters, `?` for one.")
            .into()
    })
}

/// Returns the image of one's own that has this name.
async fn named(session: &Session, region: &Region, name: &str) -> Result<Image, CommandError> {
    let what = || format!("copy \"{}\"", clean(name));
    let mut images = own_images(session, region, Some(name.to_owned())).await?;
    images.retain(|image| *image.name == *name);
    if images.len() > 1 {
        images.sort_by(|a, b| (b.created, &b.id).cmp(&(a.created, &a.id)));
        let ids: Vec<&str> = images.iter().take(LISTED).map(|image| image.id.as_str()).collect();
        let more = images.len().saturating_sub(LISTED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let why = format!("{} images in {region} have this name: {}{more}", images.len(), ids.join(", "));
        let hint = "Name one by its id, or write latest:NAME for the newest; the newest is listed first.";
        return Err(CommandError::usage(Failure::new(what(), why).hint(hint)));
    }
    match images.pop() {
        Some(image) => Ok(image),
        None => Err(match shared_of_name(session, region, name).await {
            Some(shared) => CommandError::usage(only_shared(what(), region, &shared)),
            None => unknown_name(session, region, name, what()).await.into(),
        }),
    }
}

/// Looks for images of this name that others share with the account: they may give theirs any name.
async fn shared_of_name(session: &Session, region: &Region, name: &str) -> Option<Vec<Image>> {
    let query = ImageQuery { whose: OwnerFilter::Shared, name: Some(name.to_owned()) };
    // The mistake matters more than that these can be named.
    let mut images = all_pages(session, region, &query).await.unwrap_or_default();
    images.retain(|image| *image.name == *name);
    (!images.is_empty()).then_some(images)
}

fn only_shared(what: String, region: &Region, shared: &[Image]) -> Failure {
    let listed: Vec<String> =
        shared.iter().take(LISTED).map(|image| format!("{} of account {}", image.id, image.owner_id)).collect();
    let why = format!("no image of one's own in {region} has this name, but others share: {}", listed.join(", "));
    Failure::new(what, why).hint("If that is the one, name it by its id.")
}

async fn unknown_name(session: &Session, region: &Region, name: &str, what: String) -> Failure {
    let failure = Failure::new(what, format!("no image in {region} has this id or name"));
    if name.contains(['*', '?']) {
        return failure.hint(format!("For the newest image of a pattern write {LATEST}{}.", clean(name)));
    }
    let own = own_images(session, region, None).await.unwrap_or_default();
    match nearest(name, own.iter().map(|image| &*image.name)) {
        Some(near) => failure
            .hint(format!("Did you mean \"{}\"? If it is in another region, name that with --from.", clean(near))),
        None => failure.hint("If it is in another region, name that with --from."),
    }
}

async fn own_images(session: &Session, region: &Region, name: Option<String>) -> Result<Vec<Image>, Failure> {
    all_pages(session, region, &ImageQuery { whose: OwnerFilter::Mine, name }).await
}

async fn all_pages(session: &Session, region: &Region, query: &ImageQuery) -> Result<Vec<Image>, Failure> {
    let (mut images, mut token) = (Vec::new(), None);
    loop {
        let page = session.image_page(region, query, token).await?;
        images.extend(page.images);
        token = page.next;
        if token.is_none() {
            return Ok(images);
        }
    }
}
