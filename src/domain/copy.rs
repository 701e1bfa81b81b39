//! The request for one copy: validated, complete and immutable.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::domain::{
    completion::CompletionDuration,
    failure::Failure,
    ids::{ImageId, SnapshotId},
    image::Tag,
    kms_key::KmsKeyRef,
    placement::Placement,
    post_copy::PostCopyStep,
    region::Region,
    typed_texts::TypedTexts,
};

/// Name of a new image: 3 to 128 letters, digits and `( ) [ ] space . / - ' @ _`.
/// Source: EC2 API reference, `CopyImage`, `Name`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ImageName(Box<str>);

impl ImageName {
    /// Checks length and characters.
    pub fn new(name: &str) -> Result<Self, Failure> {
        let what = || "use this name".to_owned();
        if let Some(c) = name.chars().find(|c| !(c.is_ascii_alphanumeric() || "()[] ./-'@_".contains(*c))) {
            let shown: String = if c.is_control() { format!("U+{:04X}", u32::from(c)) } else { c.to_string() };
            return Err(Failure::new(
                what(),
                format!("`{shown}` is not allowed; letters, digits and ( ) [ ] . / - ' @ _ and space are"),
            ));
        }
        match name.len() {
            0..=2 => Err(Failure::new(what(), "a name has at least 3 characters")),
            3..=128 => Ok(Self(name.into())),
            n => Err(Failure::new(what(), format!("a name has at most 128 characters, this has {n}"))),
        }
    }

    /// Returns the name of an existing image, with characters that are not allowed replaced.
    pub fn nearest(name: &str) -> Self {
        let fits = |c: char| if c.is_ascii_alphanumeric() || "()[] ./-'@_".contains(c) { c } else { '_' };
        let name: String = name.chars().map(fits).take(128).collect();
        Self(format!("{name:_<3}").into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ImageName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl TryFrom<String> for ImageName {
    type Error = Failure;
    fn try_from(name: String) -> Result<Self, Failure> {
        Self::new(&name)
    }
}

impl From<ImageName> for String {
    fn from(name: ImageName) -> Self {
        name.0.into()
    }
}

/// Description of a new image: up to 255 characters, may be empty.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Description(Box<str>);

impl Description {
    /// Maximum number of characters.
    pub const MAX: usize = 255;

    /// Checks the length, and that there are no control characters.
    pub fn new(text: &str) -> Result<Self, Failure> {
        let what = "use this description";
        let n = text.chars().count();
        if n > Self::MAX {
            return Err(Failure::new(
                what,
                format!("a description has at most {} characters, this has {n}", Self::MAX),
            ));
        }
        if text.chars().any(char::is_control) {
            return Err(Failure::new(what, "a description has no line breaks or control characters"));
        }
        Ok(Self(text.into()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Description {
    type Error = Failure;
    fn try_from(text: String) -> Result<Self, Failure> {
        Self::new(&text)
    }
}

impl From<Description> for String {
    fn from(text: Description) -> Self {
        text.0.into()
    }
}

/// How the new snapshots are encrypted. Encryption cannot be removed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Encryption {
    /// As the source. The account must be allowed to use the key of an encrypted source.
    Keep,
    /// With a key of the destination.
    Encrypt {
        /// `None` is the destination's default key for EBS.
        key: Option<KmsKeyRef>,
    },
}

/// Client token, by which EC2 recognises a repeated request: up to 128 ASCII characters. Whoever has it can repeat the request, so
/// it is in no log.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ClientToken(Box<str>);

/// How random tokens begin.
const RANDOM: &str = "amigrate-";
/// How tokens begin that were derived from what is requested.
const DERIVED: &str = "amigrate-same-";

impl fmt::Debug for ClientToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientToken(..)")
    }
}

impl ClientToken {
    pub fn from_random(bits: u128) -> Self {
        Self(format!("{RANDOM}{bits:032x}").into())
    }

    /// Creates a token from a digest of what is requested: whoever asks for the same sends the same. See [`crate::domain::derived_token`].
    pub fn derived(digest: u128) -> Self {
        Self(format!("{DERIVED}{digest:032x}").into())
    }

    /// Returns true if other hosts may send the same token.
    pub fn is_derived(&self) -> bool {
        self.0.starts_with(DERIVED)
    }

    /// Checks a token given by the user: 1 to 128 visible ASCII characters.
    /// Source: EC2 API reference, `CopyImage`, `ClientToken`; "Ensuring idempotency".
    pub fn given(text: &str) -> Result<Self, Failure> {
        match text.len() {
            1..=128 if text.bytes().all(|b| b.is_ascii_graphic()) => Ok(Self(text.into())),
            1..=128 => Err(Failure::new("use this client token", "only visible ASCII characters are allowed")),
            n => Err(Failure::new("use this client token", format!("it has 1 to 128 characters, this has {n}"))),
        }
    }

    /// Creates a substitute for the unknown token of a copy that others started. It is never sent. `number` makes it unique, because
    /// the same image may be found again after it seemed to be gone.
    pub fn of_image(image: &ImageId, number: u64) -> Self {
        Self(format!("elsewhere-{image}-{number}").into())
    }

    /// Returns what a log has in its place: a token of the same kind with this number, which no request ever had.
    #[must_use]
    pub fn stand_in(&self, number: u64) -> Self {
        if self.is_derived() { Self::derived(number.into()) } else { Self::from_random(number.into()) }
    }

    /// Returns how many tokens after a seed this one was made, if it was not long after it.
    pub fn since_seed(&self, seed: u128) -> Option<u64> {
        let bits = u128::from_str_radix(self.0.strip_prefix(RANDOM)?, 16).ok()?;
        u64::try_from(bits.wrapping_sub(seed)).ok().filter(|number| u32::try_from(*number).is_ok())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Parameters of one `CopyImage` request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CopyRequest {
    /// The image to copy.
    pub source: ImageId,
    /// Name of the source, for display.
    pub source_name: String,
    pub source_region: Region,
    /// The request is sent to this region.
    pub destination: Region,
    /// Name of the new image.
    pub name: ImageName,
    /// Description of the new image.
    pub description: Description,
    pub encryption: Encryption,
    /// Copy the source's tags (`CopyImageTags`).
    pub copy_tags: bool,
    /// The source's tags that go along: so, or among `image_tags` where EC2's copying would not do.
    #[serde(default)]
    pub source_tags: Vec<Tag>,
    /// Sizes of the source's snapshots in GiB, in the order of its devices; empty for instance store.
    pub volumes: Vec<u32>,
    /// The source's snapshots in the order of its devices, empty if unknown. They distinguish the copy's snapshots from look-alikes.
    #[serde(default)]
    pub source_snapshots: Vec<SnapshotId>,
    /// Tags of the new image, besides the source's or instead of them (`TagSpecification`).
    #[serde(default)]
    pub image_tags: Vec<Tag>,
    /// Tags of the new snapshots (`TagSpecification`).
    #[serde(default)]
    pub snapshot_tags: Vec<Tag>,
    #[serde(default)]
    pub placement: Placement,
    /// For a time-based copy.
    #[serde(default)]
    pub completion: Option<CompletionDuration>,
    /// What is done once the copy is available, in this order.
    #[serde(default)]
    pub post_copy: Vec<PostCopyStep>,
    /// Identifies the copy, and is the value of its `amigrate:job` tag; the same for every attempt.
    pub token: ClientToken,
    /// A client token given by the user, sent in place of `token`.
    #[serde(default)]
    pub given_token: Option<ClientToken>,
    #[serde(default)]
    pub expected: Expected,
    /// What was typed where name, description and tags have placeholders.
    #[serde(default, skip_serializing_if = "TypedTexts::is_empty")]
    pub templates: Arc<TypedTexts>,
}

/// What is known of the result besides what is requested: what came out is compared with it. Copies that earlier versions stored
/// have none of it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Expected {
    /// The source's devices with snapshots, each with its size in GiB; empty if unknown.
    pub devices: Vec<(Arc<str>, u32)>,
    /// The source is encrypted, as every copy of it is then.
    pub encrypted: bool,
    /// ARN of the key, as the review resolved it: an alias or the default key may be another one later.
    pub key_arn: Option<Box<str>>,
}

impl CopyRequest {
    /// Returns the request for a copy as its source is, with no other option than the name.
    pub fn bare(source: (ImageId, Region), destination: Region, name: ImageName, token: ClientToken) -> Self {
        let (source, source_region) = source;
        Self {
            source,
            source_name: String::new(),
            source_region,
            destination,
            name,
            description: Description::default(),
            encryption: Encryption::Keep,
            copy_tags: false,
            source_tags: Vec::new(),
            volumes: Vec::new(),
            source_snapshots: Vec::new(),
            image_tags: Vec::new(),
            snapshot_tags: Vec::new(),
            placement: Placement::Region,
            completion: None,
            post_copy: Vec::new(),
            token,
            given_token: None,
            expected: Expected::default(),
            templates: Arc::default(),
        }
    }

    /// Returns the client token that is sent.
    pub fn client_token(&self) -> &ClientToken {
        self.given_token.as_ref().unwrap_or(&self.token)
    }

    /// Returns the total size, GiB.
    pub fn size_gib(&self) -> u64 {
        self.volumes.iter().copied().map(u64::from).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_ec2s_rule() {
        for good in ["abc", "web (v1) [a] x./-'@_", &"a".repeat(128)] {
            assert!(ImageName::new(good).is_ok(), "{good}");
        }
        for bad in ["", "ab", "naïve", "a{b}c", "tab\there", &"a".repeat(129)] {
            assert!(ImageName::new(bad).is_err(), "{bad}");
        }
    }
}
