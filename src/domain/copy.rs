//! One copy as it is asked for: validated, complete, never changed afterwards.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::{
    failure::Failure,
    ids::{ImageId, SnapshotId},
    image::Tag,
    kms_key::KmsKeyRef,
    region::Region,
};

/// A new image's name: 3 to 128 of letters, digits and `( ) [ ] space . / - ' @ _`.
/// Source: EC2 API reference, `CopyImage`, `Name`. AWS has the last word.
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

    /// The name of an image that somebody else made, with what does not fit the rule replaced.
    pub fn nearest(name: &str) -> Self {
        let fits = |c: char| if c.is_ascii_alphanumeric() || "()[] ./-'@_".contains(c) { c } else { '_' };
        let name: String = name.chars().map(fits).take(128).collect();
        Self(format!("{name:_<3}").into())
    }

    /// The name.
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

/// A new image's description: up to 255 characters, may be empty.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Description(Box<str>);

impl Description {
    /// The most characters EC2 takes.
    pub const MAX: usize = 255;

    /// Checks the length, and that nothing in it steers a terminal.
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

    /// The text.
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

/// How the new snapshots are encrypted. There is no way to take encryption off.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Encryption {
    /// As the source; an encrypted source needs a key its account may use.
    Keep,
    /// With a key of the destination, or with its default key.
    Encrypt {
        /// None: the destination's default for EBS.
        key: Option<KmsKeyRef>,
    },
}

/// What makes a second sending of a copy the same copy: up to 128 ASCII characters, kept with the request for ever.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ClientToken(Box<str>);

impl ClientToken {
    /// From random bits, which only the runtime has.
    pub fn from_random(bits: u128) -> Self {
        Self(format!("amigrate-{bits:032x}").into())
    }

    /// Stands for a copy started elsewhere, whose token nobody here knows. It is never sent. `number` makes it this finding's
    /// own: the same image may be found again after it was thought gone.
    pub fn of_image(image: &ImageId, number: u64) -> Self {
        Self(format!("elsewhere-{image}-{number}").into())
    }

    /// The token.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// One `CopyImage`, ready to send to its destination.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CopyRequest {
    /// The image to copy.
    pub source: ImageId,
    /// Its name, for people.
    pub source_name: String,
    /// Where it is.
    pub source_region: Region,
    /// Where the copy goes; the call is sent there.
    pub destination: Region,
    /// The new image's name.
    pub name: ImageName,
    /// The new image's description.
    pub description: Description,
    /// Keep or encrypt.
    pub encryption: Encryption,
    /// Whether the source's own tags are copied (`CopyImageTags`).
    pub copy_tags: bool,
    /// The source's volumes in GiB, in the order of its devices; empty for instance store.
    pub volumes: Vec<u32>,
    /// The source's snapshots, in the order of its devices: by these a snapshot of the copy is told from a look-alike. Empty
    /// where they are not known.
    #[serde(default)]
    pub source_snapshots: Vec<SnapshotId>,
    /// Tags the person wants on the new image beside, or instead of, the source's (`TagSpecification`).
    #[serde(default)]
    pub image_tags: Vec<Tag>,
    /// Repeated on every sending.
    pub token: ClientToken,
}

impl CopyRequest {
    /// GiB in all.
    pub fn size_gib(&self) -> u64 {
        self.volumes.iter().copied().map(u64::from).sum()
    }

    /// The same copy as an AWS CLI command, quoted for a POSIX shell. The token is left out: who runs the line means a copy of his own.
    pub fn aws_cli(&self) -> String {
        let mut words = vec![
            "aws".to_owned(),
            "ec2".into(),
            "copy-image".into(),
            "--region".into(),
            self.destination.to_string(),
            "--source-region".into(),
            self.source_region.to_string(),
            "--source-image-id".into(),
            self.source.to_string(),
            "--name".into(),
            self.name.to_string(),
        ];
        if !self.description.as_str().is_empty() {
            words.extend(["--description".into(), self.description.as_str().to_owned()]);
        }
        if let Encryption::Encrypt { key } = &self.encryption {
            words.push("--encrypted".into());
            if let Some(key) = key {
                words.extend(["--kms-key-id".into(), key.to_string()]);
            }
        }
        if self.copy_tags {
            words.push("--copy-image-tags".into());
        }
        if !self.image_tags.is_empty() {
            let tags: Vec<_> =
                self.image_tags.iter().map(|t| serde_json::json!({"Key": *t.key, "Value": *t.value})).collect();
            let specification = serde_json::json!([{"ResourceType": "image", "Tags": tags}]);
            words.extend(["--tag-specifications".into(), specification.to_string()]);
        }
        // A NUL is the only thing that cannot be quoted, and no validated field holds one.
        shlex::try_join(words.iter().map(String::as_str)).unwrap_or_default()
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

    #[test]
    fn the_cli_line_survives_a_shell() {
        let request = CopyRequest {
            source: ImageId::new("ami-1").unwrap(),
            source_name: "x".into(),
            source_region: Region::new("us-east-1").unwrap(),
            destination: Region::new("eu-west-1").unwrap(),
            name: ImageName::new("it's (mine)").unwrap(),
            description: Description::new("$HOME `id` \"q\" \\").unwrap(),
            encryption: Encryption::Encrypt { key: Some(KmsKeyRef::new("alias/web").unwrap()) },
            copy_tags: true,
            volumes: vec![8, 100],
            source_snapshots: Vec::new(),
            image_tags: Vec::new(),
            token: ClientToken::from_random(7),
        };
        let words = shlex::split(&request.aws_cli()).unwrap();
        assert_eq!(words[10], "it's (mine)");
        assert_eq!(words[12], "$HOME `id` \"q\" \\");
        assert!(words.ends_with(&["--kms-key-id".into(), "alias/web".into(), "--copy-image-tags".into()]));
        assert_eq!(request.size_gib(), 108);
    }
}
