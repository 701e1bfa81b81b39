//! What is common to the copies to start, and what happens to them.

use std::collections::BTreeSet;

use super::places;
use crate::{
    domain::{
        Region,
        copy::{CopyRequest, Encryption},
        placement::Placement,
        post_copy::PostCopyStep,
        text::{clean, count},
    },
    engine::JobTags,
    labels,
};

/// Returns what is common to the copies to start, and what happens to them: names and encryption, then tags and what is done afterwards,
/// then the rest. `job_tags` is true if new images get amigrate's tags.
pub fn summary(copies: &[CopyRequest], job_tags: bool) -> Vec<String> {
    described(copies, job_tags, Detail { tags: 3, tag: 40, description: 98 })
}

/// The same with every tag and the whole description.
pub fn full_summary(copies: &[CopyRequest], job_tags: bool) -> Vec<String> {
    described(copies, job_tags, Detail { tags: usize::MAX, tag: usize::MAX, description: usize::MAX })
}

/// How much is said of texts that may be long.
#[derive(Debug, Clone, Copy)]
struct Detail {
    /// The most tags.
    tags: usize,
    /// The most characters of a tag.
    tag: usize,
    /// The most characters of a description.
    description: usize,
}

fn described(copies: &[CopyRequest], job_tags: bool, detail: Detail) -> Vec<String> {
    let Some(first) = copies.first() else { return Vec::new() };
    let names: BTreeSet<&str> = copies.iter().map(|copy| copy.name.as_str()).collect();
    let names = format!("{}{}", clean(first.name.as_str()), others(names.len().saturating_sub(1)));
    let mut lines = vec![
        format!("Name {names}; {}.", encryptions(copies)),
        format!("{}; {}.", tags(copies, job_tags, detail), after(copies)),
    ];
    let seldom = seldom(copies, detail).join("; ");
    let mut rest = seldom.chars();
    lines.extend(rest.next().map(|first| format!("{}{}.", first.to_uppercase(), rest.as_str())));
    lines
}

/// `, and 3 others`, or nothing.
fn others(n: usize) -> String {
    if n > 0 { format!(" and {}", count(n, "other", "others")) } else { String::new() }
}

/// How the copies are encrypted; where that differs, in which regions.
fn encryptions(copies: &[CopyRequest]) -> String {
    let mut kinds: Vec<(&Encryption, BTreeSet<&Region>)> = Vec::new();
    for copy in copies {
        match kinds.iter_mut().find(|(kind, _)| *kind == &copy.encryption) {
            Some((_, regions)) => _ = regions.insert(&copy.destination),
            None => kinds.push((&copy.encryption, BTreeSet::from([&copy.destination]))),
        }
    }
    if let [(kind, _)] = kinds[..] {
        return encryption(kind);
    }
    let shown: Vec<String> = kinds
        .iter()
        .take(3)
        .map(|(kind, regions)| {
            let regions: Vec<Region> = regions.iter().map(|region| (*region).clone()).collect();
            format!("{}: {}", places(&regions), encryption(kind))
        })
        .collect();
    format!("{}{}", shown.join(", "), others(kinds.len().saturating_sub(3)))
}

/// The tags of the new images: the user's by name, whether the source's are copied, and amigrate's own.
fn tags(copies: &[CopyRequest], job_tags: bool, detail: Detail) -> String {
    let mut parts: Vec<String> = Vec::new();
    match same(copies, |copy| &copy.image_tags) {
        None => parts.push("not the same for all copies".into()),
        Some(tags) => {
            parts.extend(
                tags.iter().take(detail.tags).map(|tag| start_of(&format!("{}={}", tag.key, tag.value), detail.tag)),
            );
            let more = tags.len().saturating_sub(detail.tags);
            parts.extend((more > 0).then(|| format!("{more} more")));
        }
    }
    match same(copies, |copy| &copy.copy_tags) {
        Some(true) => parts.push("the source's".into()),
        Some(false) => {}
        None => parts.push("the source's on some copies".into()),
    }
    if job_tags {
        parts.push(format!("{} and {}", JobTags::JOB, JobTags::BATCH));
    }
    if parts.is_empty() { "No tags".into() } else { format!("Tags: {}", parts.join(", ")) }
}

/// The first characters of a text.
fn start_of(text: &str, characters: usize) -> String {
    let whole = clean(text);
    let start: String = whole.chars().take(characters).collect();
    let more = if start.len() < whole.len() { "..." } else { "" };
    format!("{start}{more}")
}

/// What is done afterwards.
fn after(copies: &[CopyRequest]) -> String {
    /// More than there are kinds of steps.
    const SHOWN: usize = 8;
    let mut steps: Vec<String> = Vec::new();
    for copy in copies {
        for step in &copy.post_copy {
            let text = match step {
                PostCopyStep::SourceTag => "tag copied-to:REGION on the source".into(),
                _ => labels::step(step, &copy.destination),
            };
            if !steps.contains(&text) {
                steps.push(text);
            }
        }
    }
    let more = others(steps.len().saturating_sub(SHOWN));
    steps.truncate(SHOWN);
    if steps.is_empty() { "nothing afterwards".into() } else { format!("{}{more}", steps.join(", ")) }
}

/// Description, tags of the snapshots, place and client token.
fn seldom(copies: &[CopyRequest], detail: Detail) -> Vec<String> {
    let mut parts = Vec::new();
    match same(copies, |copy| &copy.description) {
        Some(text) if text.as_str().is_empty() => {}
        Some(text) => {
            parts.push(format!("description \"{}\"", start_of(text.as_str(), detail.description)));
        }
        None => parts.push("descriptions differ".into()),
    }
    match same(copies, |copy| &copy.snapshot_tags) {
        Some(tags) if tags.is_empty() => {}
        Some(tags) => parts.push(format!("{} on the snapshots", count(tags.len(), "tag", "tags"))),
        None => parts.push("tags on the snapshots differ".into()),
    }
    match same(copies, |copy| &copy.placement) {
        Some(Placement::Region) => {}
        Some(Placement::Outpost(arn)) => parts.push(format!("on the Outpost {}", clean(arn.as_str()))),
        Some(Placement::Zone(zone) | Placement::ZoneId(zone)) => {
            parts.push(format!("in the zone {}", clean(zone.as_str())));
        }
        None => parts.push("some on an Outpost or in a zone".into()),
    }
    let tokens = copies.iter().filter_map(|copy| copy.given_token.as_ref());
    parts.extend(tokens.take(1).map(|token| format!("client token {}", clean(token.as_str()))));
    parts
}

fn encryption(encryption: &Encryption) -> String {
    match encryption {
        Encryption::Keep => "encryption as the source's or the region's default".into(),
        Encryption::Encrypt { key: None } => "encrypted with the region's default key".into(),
        Encryption::Encrypt { key: Some(key) } => format!("encrypted with {}", clean(key.as_str())),
    }
}

/// Returns what is the same for all copies.
fn same<T: PartialEq>(copies: &[CopyRequest], of: impl Fn(&CopyRequest) -> &T) -> Option<&T> {
    let first = of(copies.first()?);
    copies.iter().all(|copy| of(copy) == first).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tags_of_new_images_are_named() {
        const SHORT: Detail = Detail { tags: 3, tag: 40, description: 98 };
        let name = crate::domain::copy::ImageName::new("web").unwrap();
        let token = crate::domain::copy::ClientToken::from_random(1);
        let (from, to) = (Region::new("us-east-1").unwrap(), Region::new("eu-west-1").unwrap());
        let mut copy = CopyRequest::bare((crate::domain::ImageId::new("ami-1").unwrap(), from), to, name, token);
        copy.copy_tags = false;
        assert_eq!(tags(std::slice::from_ref(&copy), false, SHORT), "No tags");
        let tag = |n: u32| crate::domain::image::Tag { key: format!("Team{n}").into(), value: "web".repeat(20).into() };
        copy.image_tags = (1..=4).map(tag).collect();
        copy.copy_tags = true;
        let value = "web".repeat(20);
        let shown: Vec<String> = (1..=3).map(|n| format!("Team{n}={}...", &value[..34])).collect();
        assert_eq!(
            tags(std::slice::from_ref(&copy), true, SHORT),
            format!("Tags: {}, 1 more, the source's, amigrate:job and amigrate:batch", shown.join(", "))
        );
        let full = full_summary(&[copy], true).join(" ");
        assert!(full.contains(&format!("Team4={value}")), "{full}");
    }
}
