//! Tags of the copies: the form's own, and those of the sources that go along.

use std::collections::HashSet;

use jiff::civil::Date;

use super::messages::Messages;
use crate::domain::{
    draft::{Draft, Field, SourceTags},
    image::{Image, Tag},
    region::Region,
    tag_line::{MAX_TAGS, TagLine},
};

/// The checked tag lines of a draft, each with its field.
pub(super) struct OwnTags {
    /// How many tags amigrate adds by itself.
    job_tags: usize,
    image: Vec<(Field, TagLine)>,
    snapshot: Vec<(Field, TagLine)>,
}

/// What goes along with the copies of one source.
pub(super) struct Along<'a> {
    /// EC2 copies the source's tags (`CopyImageTags`).
    pub(super) copied: bool,
    /// Tags of the source that are sent.
    sent: Vec<&'a Tag>,
}

impl Along<'_> {
    /// The source's tags that its copies get, by whichever way.
    pub(super) fn of_source(&self, source: &Image) -> Vec<Tag> {
        if self.copied {
            return user_tags(source).cloned().collect();
        }
        self.sent.iter().map(|&tag| tag.clone()).collect()
    }
}

impl OwnTags {
    pub(super) fn read(draft: &Draft, job_tags: usize, mistakes: &mut Messages) -> Self {
        Self {
            job_tags,
            image: read_lines(&draft.image_tags, Field::ImageTag, job_tags, mistakes),
            snapshot: read_lines(&draft.snapshot_tags, Field::SnapshotTag, job_tags, mistakes),
        }
    }

    /// Returns what goes along with all copies of a source, and checks that there is room for it.
    ///
    /// Tags are sent where EC2's own copying would not do: job tags must not go along, because they would identify the wrong
    /// image, and what EC2 does with a key that is both copied and sent is not documented.
    pub(super) fn along<'a>(&self, source: &'a Image, choice: &SourceTags, mistakes: &mut Messages) -> Along<'a> {
        let goes = |t: &&Tag| match choice {
            SourceTags::All => true,
            SourceTags::None => false,
            SourceTags::Picked(keys) => keys.contains(&t.key),
        };
        let tags: Vec<&Tag> = user_tags(source).filter(|t| goes(t) && !self.overrides(&t.key)).collect();
        let count = tags.len() + self.image.len() + self.job_tags;
        if !tags.is_empty() && count > MAX_TAGS {
            mistakes.add(
                Field::SourceTags,
                format!(
                    "A copy of {} would have {count} tags ({} of its own, {} given here{}); EC2 allows {MAX_TAGS}.",
                    source.id,
                    tags.len(),
                    self.image.len(),
                    if self.job_tags > 0 { format!(", {} of amigrate", self.job_tags) } else { String::new() }
                ),
            );
        }
        let special = |t: &Tag| is_job_tag(&t.key) || self.overrides(&t.key);
        if *choice == SourceTags::All && !source.tags.iter().any(special) {
            return Along { copied: true, sent: Vec::new() };
        }
        Along { copied: false, sent: tags }
    }

    /// Returns the tags that are sent for a new image.
    pub(super) fn of_image(
        &self,
        along: &Along<'_>,
        source: &Image,
        (destination, today): (&Region, Date),
        mistakes: &mut Messages,
    ) -> Vec<Tag> {
        let mut tags = Vec::with_capacity(along.sent.len() + self.image.len());
        tags.extend(along.sent.iter().map(|&tag| tag.clone()));
        expand(&self.image, source, destination, today, mistakes, &mut tags);
        tags
    }

    pub(super) fn of_snapshots(
        &self,
        source: &Image,
        destination: &Region,
        today: Date,
        mistakes: &mut Messages,
    ) -> Vec<Tag> {
        let mut tags = Vec::new();
        if !source.instance_store() {
            expand(&self.snapshot, source, destination, today, mistakes, &mut tags);
        }
        tags
    }

    fn overrides(&self, key: &str) -> bool {
        self.image.iter().any(|(_, line)| line.key() == key)
    }
}

fn read_lines(
    texts: &[String],
    field: fn(usize) -> Field,
    job_tags: usize,
    mistakes: &mut Messages,
) -> Vec<(Field, TagLine)> {
    let mut lines = Vec::new();
    let mut keys = HashSet::new();
    for (n, text) in texts.iter().enumerate() {
        let Some(line) = mistakes.check(field(n), TagLine::parse(text)).flatten() else { continue };
        if !keys.insert(line.key().to_owned()) {
            mistakes.add(field(n), format!("The key `{}` is given twice.", line.key()));
        } else if lines.len() + job_tags >= MAX_TAGS {
            let most = MAX_TAGS - job_tags;
            let own = if job_tags > 0 { format!(", {job_tags} of which are amigrate's") } else { String::new() };
            mistakes.add(field(n), format!("More than {most} tags: EC2 allows {MAX_TAGS}{own}."));
        } else {
            lines.push((field(n), line));
        }
    }
    lines
}

fn expand(
    lines: &[(Field, TagLine)],
    source: &Image,
    destination: &Region,
    today: Date,
    mistakes: &mut Messages,
    into: &mut Vec<Tag>,
) {
    for (field, line) in lines {
        match line.tag(source, destination, today) {
            Ok(tag) => into.push(tag),
            Err(failure) => _ = mistakes.check::<()>(field.clone(), Err(failure)),
        }
    }
}

/// Returns true for tags that identify a job's images. On a copy of a copy they would identify the wrong one.
fn is_job_tag(key: &str) -> bool {
    key.starts_with("amigrate:")
}

/// Returns the tags that `CopyImageTags` would copy, without job tags. AWS's own count for no limit.
pub(super) fn user_tags(source: &Image) -> impl Iterator<Item = &Tag> {
    source.tags.iter().filter(|t| !is_job_tag(&t.key) && !t.key.starts_with("aws:"))
}
