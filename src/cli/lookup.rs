//! Images of one region by their ids, names, and `latest:PATTERN`.

use crate::{
    aws::Session,
    cli::{exit::CommandError, regions::nearest},
    domain::{Failure, Image, ImageId, ImageQuery, ImageState, OwnerFilter, Region, text::clean},
};

/// What begins a word for the newest image with a name.
const LATEST: &str = "latest:";
/// Limit of the ids that are listed.
const LISTED: usize = 10;

/// Where images are looked up, and what for.
pub(super) struct Lookup<'a> {
    pub(super) session: &'a Session,
    pub(super) region: &'a Region,
    /// What is to be done with them, for failures.
    pub(super) verb: &'static str,
    /// The option that names another region.
    pub(super) option: &'static str,
}

impl Lookup<'_> {
    /// Returns the image of a name, or the newest of `latest:PATTERN`.
    ///
    /// # Errors
    /// If there is none, or several have this name.
    pub(super) async fn named(&self, word: &str) -> Result<Image, CommandError> {
        match word.strip_prefix(LATEST) {
            Some(pattern) => self.latest(pattern).await,
            None => self.of_name(word).await,
        }
    }

    /// Returns the mistake of an id that is not in the region; the image may be elsewhere.
    pub(super) async fn unknown_id(&self, id: &ImageId, elsewhere: Option<&Image>) -> CommandError {
        CommandError::usage(self.why_unknown(id, elsewhere).await)
    }

    async fn why_unknown(&self, id: &ImageId, elsewhere: Option<&Image>) -> Failure {
        let Self { region, option, .. } = self;
        let failure = Failure::new(format!("{} {id}", self.verb), format!("there is no such image in {region}"));
        if let Some(image) = elsewhere {
            return failure.hint(format!("It is in {0}: write {option} {0}.", image.region));
        }
        if !id.is_complete() {
            return Failure { why: format!("it is {}", ImageId::INCOMPLETE), ..failure };
        }
        let other = format!("If it is in another region, name that with {option}.");
        // The mistake matters more than that nothing similar can be named.
        let own = self.own(None).await.unwrap_or_default();
        failure.hint(match nearest(id.as_str(), own.iter().map(|image| image.id.as_str())) {
            Some(near) => format!("Did you mean {near}? {other}"),
            None => other,
        })
    }

    /// Returns the newest available image of the account whose name matches.
    async fn latest(&self, pattern: &str) -> Result<Image, CommandError> {
        let what = format!("{} {LATEST}{}", self.verb, clean(pattern));
        if pattern.is_empty() {
            let failure = Failure::new(what, "there is no pattern after the colon");
            return Err(CommandError::usage(failure.hint("Write a name with `*` and `?`, such as latest:web-*.")));
        }
        let images = self.own(Some(pattern.to_owned())).await?;
        let available = images.into_iter().filter(|image| image.state == ImageState::Available);
        let newest = available.max_by(|a, b| (a.created, &a.id).cmp(&(b.created, &b.id)));
        newest.ok_or_else(|| {
            Failure::new(what, format!("no available image of yours in {} has such a name", self.region))
                .hint("`*` stands for any characters, `?` for one.")
                .into()
        })
    }

    /// Returns the image of the account that has this name.
    async fn of_name(&self, name: &str) -> Result<Image, CommandError> {
        let region = self.region;
        let what = || format!("{} \"{}\"", self.verb, clean(name));
        let mut images = self.own(Some(name.to_owned())).await?;
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
            None => Err(match self.shared_of_name(name).await {
                Some(shared) => CommandError::usage(only_shared(what(), region, &shared)),
                None => self.unknown_name(name, what()).await.into(),
            }),
        }
    }

    /// Looks for images of this name that others share with the account: they may give theirs any name.
    async fn shared_of_name(&self, name: &str) -> Option<Vec<Image>> {
        let query = ImageQuery { whose: OwnerFilter::Shared, name: Some(name.to_owned()), ..ImageQuery::default() };
        // The mistake matters more than that these can be named.
        let mut images = self.session.all_images(self.region, &query).await.unwrap_or_default();
        images.retain(|image| *image.name == *name);
        (!images.is_empty()).then_some(images)
    }

    async fn unknown_name(&self, name: &str, what: String) -> Failure {
        let failure = Failure::new(what, format!("no image in {} has this id or name", self.region));
        if name.contains(['*', '?']) {
            return failure.hint(format!("For the newest image of a pattern write {LATEST}{}.", clean(name)));
        }
        let other = format!("If it is in another region, name that with {}.", self.option);
        let own = self.own(None).await.unwrap_or_default();
        failure.hint(match nearest(name, own.iter().map(|image| &*image.name)) {
            Some(near) => format!("Did you mean \"{}\"? {other}", clean(near)),
            None => other,
        })
    }

    async fn own(&self, name: Option<String>) -> Result<Vec<Image>, Failure> {
        self.session.all_images(self.region, &ImageQuery { name, ..ImageQuery::default() }).await
    }
}

fn only_shared(what: String, region: &Region, shared: &[Image]) -> Failure {
    let listed: Vec<String> =
        shared.iter().take(LISTED).map(|image| format!("{} of account {}", image.id, image.owner_id)).collect();
    let why = format!("no image of yours in {region} has this name, but others share: {}", listed.join(", "));
    Failure::new(what, why).hint("If that is the one, name it by its id.")
}
