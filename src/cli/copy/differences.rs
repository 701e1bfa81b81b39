//! How a copy that is there, or under way, differs from what is requested.

use crate::{
    domain::{
        CopyRequest, Encryption, Image, ImageState, LaunchPermission, PostCopyStep,
        image::Tag,
        review::Existing,
        sync::{CREATED_TAG, KEEP_TAG},
        text::clean,
    },
    labels,
};

/// Why a copy is not quite, or not at all, the requested one. Each reads after "it is".
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Differences {
    /// With these it is another one.
    pub(super) essential: Vec<String>,
    /// Good to know.
    pub(super) others: Vec<String>,
}

impl Differences {
    /// Returns what another request for this copy did not ask for, or asked for otherwise.
    pub(super) fn of_request(known: &CopyRequest, asked: &CopyRequest) -> Self {
        let mut found = Self::default();
        if (&known.source, &known.source_region) != (&asked.source, &asked.source_region) {
            found.essential.push(format!("of another image, {}", known.source));
        }
        found.essential.extend(encryption(&known.encryption, &asked.encryption));
        if known.placement != asked.placement {
            found.essential.push(ELSEWHERE.into());
        }
        if asked.copy_tags && !known.copy_tags {
            found.others.push("without its source's tags".into());
        }
        found.others.extend(tags("tag", &known.image_tags, &asked.image_tags));
        found.others.extend(tags("snapshot tag", &known.snapshot_tags, &asked.snapshot_tags));
        let missing = asked.post_copy.iter().filter(|step| !known.post_copy.iter().any(|other| covers(other, step)));
        found.essential.extend(missing.map(|step| without(step, asked)));
        found
    }

    /// Returns what an image that is there is not. Who may use it is not known.
    pub(super) fn of_image(image: &Image, existing: &Existing, asked: &CopyRequest) -> Self {
        let mut found = Self::default();
        if !existing.same_source {
            found.essential.push("of another image".into());
        }
        // A pending image does not show it.
        let plain = image.state == ImageState::Available && !image.instance_store() && !image.encrypted();
        let asks = matches!(asked.encryption, Encryption::Encrypt { .. });
        if existing.same_encryption == Some(false) || asks && plain {
            found.essential.push(match (&asked.encryption, image.encrypted()) {
                (_, false) => "not encrypted".into(),
                (Encryption::Encrypt { .. }, true) => "encrypted with another key".into(),
                (Encryption::Keep, true) => "encrypted otherwise".into(),
            });
        }
        if existing.same_placement == Some(false) {
            found.essential.push(ELSEWHERE.into());
        }
        found.others.extend(tags("tag", &image.tags, &asked.image_tags));
        found.add_steps(image, asked);
        found
    }

    /// Adds the post-copy steps that were not carried out.
    pub(super) fn add_steps(&mut self, image: &Image, asked: &CopyRequest) {
        if image.state != ImageState::Available {
            let left = "without the requested post-copy steps, which is left to whoever started it";
            self.others.extend((!asked.post_copy.is_empty()).then(|| left.to_owned()));
            return;
        }
        let protected = image.deregistration_protection.as_deref().is_some_and(|state| state.starts_with("enabled"));
        for step in &asked.post_copy {
            match step {
                PostCopyStep::Deprecation(_) if image.deprecated.is_some() => {}
                PostCopyStep::DeregistrationProtection { .. } if protected => {}
                PostCopyStep::LaunchPermissions(who) if image.public || !who.contains(&LaunchPermission::Public) => {
                    self.add_unknown("shared");
                }
                PostCopyStep::CopyLaunchPermissions | PostCopyStep::SnapshotPermissions(_) => {
                    self.add_unknown("shared");
                }
                PostCopyStep::SourceTag => self.add_unknown("named by a tag of its source"),
                step => self.essential.push(without(step, asked)),
            }
        }
    }

    fn add_unknown(&mut self, what: &str) {
        let text = format!("perhaps not {what} as requested");
        if !self.others.contains(&text) {
            self.others.push(text);
        }
    }

    /// Returns all of them.
    pub(super) fn all(&self) -> Vec<String> {
        self.essential.iter().chain(&self.others).cloned().collect()
    }

    /// Returns all of them as a list in a sentence; `None` if there are none.
    pub(super) fn text(&self) -> Option<String> {
        let all = self.all();
        let (last, first) = all.split_last()?;
        Some(if first.is_empty() { last.clone() } else { format!("{} and {last}", first.join(", ")) })
    }
}

const ELSEWHERE: &str = "not in the same Outpost or zone";

fn encryption(known: &Encryption, asked: &Encryption) -> Option<String> {
    match (known, asked) {
        (Encryption::Keep, Encryption::Encrypt { .. }) => Some("not encrypted as requested".into()),
        (Encryption::Encrypt { .. }, Encryption::Keep) => Some("encrypted".into()),
        (Encryption::Encrypt { key: known }, Encryption::Encrypt { key: asked }) if known != asked => {
            let key =
                known.as_ref().map_or("the region's default key".into(), |key| format!("key {}", clean(key.as_str())));
            Some(format!("encrypted with {key}"))
        }
        _ => None,
    }
}

fn tags(what: &str, known: &[Tag], asked: &[Tag]) -> Vec<String> {
    let difference = |tag: &Tag| match known.iter().find(|other| other.key == tag.key) {
        None => Some(format!("without {what} {}", clean(&tag.key))),
        Some(other) if other.value != tag.value => Some(format!("with another value of {what} {}", clean(&tag.key))),
        Some(_) => None,
    };
    // What sync notes beside is no matter of the copy.
    let noted = |tag: &&Tag| [CREATED_TAG, KEEP_TAG].contains(&&*tag.key);
    asked.iter().filter(|tag| !noted(tag)).filter_map(difference).collect()
}

/// Returns true if a step does all that another one does. A number of days makes another time whenever it is requested.
fn covers(known: &PostCopyStep, asked: &PostCopyStep) -> bool {
    match (known, asked) {
        (PostCopyStep::Deprecation(_), PostCopyStep::Deprecation(_))
        | (PostCopyStep::DeregistrationProtection { .. }, PostCopyStep::DeregistrationProtection { .. }) => true,
        (PostCopyStep::LaunchPermissions(known), PostCopyStep::LaunchPermissions(asked)) => {
            asked.iter().all(|who| known.contains(who))
        }
        (PostCopyStep::SnapshotPermissions(known), PostCopyStep::SnapshotPermissions(asked)) => {
            asked.iter().all(|who| known.contains(who))
        }
        (known, asked) => known == asked,
    }
}

fn without(step: &PostCopyStep, asked: &CopyRequest) -> String {
    match step {
        PostCopyStep::Deprecation(_) => "without a time of deprecation".into(),
        PostCopyStep::CopyLaunchPermissions => "without its source's launch permissions".into(),
        step => format!("without {}", labels::step(step, &asked.destination)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        cli::follow::samples::job,
        domain::{AccountId, KmsKeyRef, Region},
    };

    fn asked() -> CopyRequest {
        job(1).request
    }

    fn steps() -> Vec<PostCopyStep> {
        let account = AccountId::new("210987654321").unwrap();
        vec![
            PostCopyStep::LaunchPermissions(vec![LaunchPermission::Account(account)]),
            PostCopyStep::Deprecation(jiff::Timestamp::UNIX_EPOCH),
            PostCopyStep::DeregistrationProtection { cooldown: false },
        ]
    }

    #[test]
    fn a_request_that_asks_for_less_is_another_one() {
        let known = asked();
        assert_eq!(Differences::of_request(&known, &known).text(), None);
        let asked = CopyRequest {
            encryption: Encryption::Encrypt { key: None },
            image_tags: vec![Tag { key: "Owner".into(), value: "me".into() }],
            post_copy: steps(),
            ..asked()
        };
        let found = Differences::of_request(&known, &asked);
        assert_eq!(
            found.text().unwrap(),
            "not encrypted as requested, without launch permission for 210987654321, without a time of deprecation, \
             without deregistration protection and without tag Owner"
        );
        assert_eq!(Differences::of_request(&asked, &known).text().unwrap(), "encrypted", "more steps do not matter");
        let key = Encryption::Encrypt { key: Some(KmsKeyRef::new("alias/one").unwrap()) };
        let with_key = CopyRequest { encryption: key, ..asked.clone() };
        assert_eq!(Differences::of_request(&with_key, &asked).essential, ["encrypted with key alias/one"]);
        let later = PostCopyStep::Deprecation(jiff::Timestamp::UNIX_EPOCH + jiff::SignedDuration::from_hours(1));
        let later = CopyRequest { post_copy: [&steps()[..1], &[later], &steps()[2..]].concat(), ..asked.clone() };
        assert_eq!(Differences::of_request(&asked, &later), Differences::default());
    }

    #[test]
    fn steps_of_an_image_are_known_once_it_is_available() {
        let asked = CopyRequest { post_copy: steps(), ..asked() };
        let account = AccountId::new("123456789012").unwrap();
        let mut image = Image::bare(asked.source.clone(), Region::new("eu-west-1").unwrap(), account);
        let found = |image: &Image| {
            let mut found = Differences::default();
            found.add_steps(image, &asked);
            found
        };
        assert_eq!(found(&image).essential, ["without a time of deprecation", "without deregistration protection"]);
        assert_eq!(found(&image).others, ["perhaps not shared as requested"]);
        image.deprecated = Some(jiff::Timestamp::UNIX_EPOCH);
        image.deregistration_protection = Some("enabled-without-cooldown".into());
        assert_eq!(found(&image).essential, [""; 0]);
        image.state = ImageState::Pending;
        assert_eq!((found(&image).essential.len(), found(&image).others.len()), (0, 1));
    }
}
