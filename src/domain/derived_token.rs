//! Client tokens derived from what is requested, so that hosts that ask for the same copy send the same token, and EC2 makes one
//! image.

use std::collections::BTreeSet;

use crate::domain::{
    account::AccountId,
    copy::{ClientToken, CopyRequest, Encryption},
    ids::ImageId,
    image::Tag,
    placement::Placement,
};

/// The key of the tag of a copy's job: its value is the client token, so that no two images made here have the same.
pub const JOB_TAG: &str = "amigrate:job";
/// The keys of sync's tags.
pub const SYNC_TAGS: [&str; 5] =
    ["amigrate:sync", "amigrate:sync-policy", "amigrate:sync-created", "amigrate:sync-keep", "amigrate:sync-name"];

/// Derives the token of a copy from the account, the parameters of its `CopyImage`, and the earlier copies of its source that are
/// in the destination and of no use any more, such as failed ones: EC2 would answer their token with them.
///
/// What is done afterwards does not count, nor does the batch: they are not parts of what EC2 makes. Sync's own tags do not count either, so
/// that sync and a person who ask for the same copy at the same moment get one image: EC2 refuses the second request, as one with other
/// parameters.
pub fn derive<'a>(
    account: &AccountId,
    copy: &CopyRequest,
    ended: impl IntoIterator<Item = &'a ImageId>,
) -> ClientToken {
    let mut digest = Digest::new();
    for text in [
        account.as_str(),
        copy.source.as_str(),
        copy.source_region.as_str(),
        copy.destination.as_str(),
        copy.name.as_str(),
        copy.description.as_str(),
        if copy.copy_tags { "tags" } else { "" },
    ] {
        digest.text(text);
    }
    match &copy.encryption {
        Encryption::Keep => digest.texts(["keep", ""]),
        Encryption::Encrypt { key } => digest.texts(["encrypt", key.as_ref().map_or("", |key| key.as_str())]),
    }
    match &copy.placement {
        Placement::Region => digest.texts(["region", ""]),
        Placement::Outpost(arn) => digest.texts(["outpost", arn.as_str()]),
        Placement::Zone(name) => digest.texts(["zone", name.as_str()]),
        Placement::ZoneId(id) => digest.texts(["zone-id", id.as_str()]),
    }
    digest.text(&copy.completion.map_or_else(String::new, |duration| duration.minutes().to_string()));
    let image_tags = copy.image_tags.iter().filter(|tag| !SYNC_TAGS.contains(&&*tag.key));
    digest.tags(image_tags);
    digest.tags(&copy.snapshot_tags);
    let ended: BTreeSet<&ImageId> = ended.into_iter().collect();
    digest.texts(ended.into_iter().map(ImageId::as_str));
    ClientToken::derived(digest.0)
}

/// Derives the token that follows one that was used. Nothing else counts, such as the image that it made: a host that was only refused the
/// token does not know that, and is to derive the same.
pub fn after(used: &ClientToken) -> ClientToken {
    let mut digest = Digest::new();
    digest.text(used.as_str());
    ClientToken::derived(digest.0)
}

/// Derives one token from those of copies that are requested together.
pub fn of_all<'a>(tokens: impl IntoIterator<Item = &'a ClientToken>) -> ClientToken {
    let mut digest = Digest::new();
    digest.texts(tokens.into_iter().map(ClientToken::as_str));
    ClientToken::derived(digest.0)
}

/// Derives a short name of texts, for a tag.
pub fn short<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    let mut digest = Digest::new();
    digest.texts(texts);
    let mut text = format!("{:032x}", digest.0);
    text.truncate(16);
    text
}

/// FNV-1a of 128 bits: the same on every machine and in every version. Nothing is proven by it, so it need not withstand attacks.
/// Source: draft-eastlake-fnv.
struct Digest(u128);

impl Digest {
    fn new() -> Self {
        Self(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d)
    }

    fn bytes(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u128::from(*byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b);
        }
    }

    /// Adds a text with its length, so that no two lists of texts are the same bytes.
    fn text(&mut self, text: &str) {
        self.bytes(&(text.len() as u64).to_le_bytes());
        self.bytes(text.as_bytes());
    }

    fn texts<'a>(&mut self, texts: impl IntoIterator<Item = &'a str>) {
        let texts: Vec<&str> = texts.into_iter().collect();
        self.bytes(&(texts.len() as u64).to_le_bytes());
        for text in texts {
            self.text(text);
        }
    }

    /// Adds tags, whose order means nothing.
    fn tags<'a>(&mut self, tags: impl IntoIterator<Item = &'a Tag>) {
        let tags: BTreeSet<&Tag> = tags.into_iter().collect();
        self.texts(tags.into_iter().flat_map(|tag| [&*tag.key, &*tag.value]));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        completion::CompletionDuration,
        copy::{Description, ImageName},
        kms_key::KmsKeyRef,
        placement::ZoneName,
        post_copy::PostCopyStep,
        region::Region,
    };

    fn templates() -> crate::domain::typed_texts::TypedTexts {
        crate::domain::typed_texts::TypedTexts { name: Some("{name}".into()), ..Default::default() }
    }

    fn copy() -> CopyRequest {
        CopyRequest {
            source_name: "web".into(),
            copy_tags: true,
            volumes: vec![8],
            image_tags: vec![tag("a", "1"), tag("b", "2")],
            ..CopyRequest::bare(
                (ImageId::new("ami-1").unwrap(), Region::new("us-east-1").unwrap()),
                Region::new("eu-west-1").unwrap(),
                ImageName::new("web").unwrap(),
                ClientToken::from_random(1),
            )
        }
    }

    fn tag(key: &str, value: &str) -> Tag {
        Tag { key: key.into(), value: value.into() }
    }

    fn token(copy: &CopyRequest) -> ClientToken {
        derive(&AccountId::new("123456789012").unwrap(), copy, [])
    }

    #[test]
    fn the_digest_is_fnv_1a() {
        let mut digest = Digest::new();
        digest.bytes(b"foobar");
        assert_eq!(digest.0, 0x343e_1662_793c_64bf_6f0d_3597_ba44_6f18);
    }

    /// Another version must derive the same token, or two versions make two copies.
    #[test]
    fn a_token_stays_the_same_from_version_to_version() {
        assert_eq!(token(&copy()).as_str(), "amigrate-same-bae1221d07156c1f693c369b3e1e507e");
        assert!(token(&copy()).is_derived() && !ClientToken::from_random(1).is_derived());
    }

    #[test]
    fn every_parameter_counts_and_nothing_else() {
        let same = [
            CopyRequest { token: ClientToken::from_random(2), source_name: "other".into(), ..copy() },
            CopyRequest { image_tags: vec![tag("b", "2"), tag("a", "1")], ..copy() },
            CopyRequest { templates: std::sync::Arc::new(templates()), ..copy() },
            CopyRequest { image_tags: [copy().image_tags, vec![tag("amigrate:sync", "x")]].concat(), ..copy() },
            CopyRequest { image_tags: [vec![tag("amigrate:sync-policy", "x")], copy().image_tags].concat(), ..copy() },
            CopyRequest { image_tags: [vec![tag("amigrate:sync-keep", "3")], copy().image_tags].concat(), ..copy() },
            CopyRequest { post_copy: vec![PostCopyStep::SourceTag], volumes: Vec::new(), ..copy() },
        ];
        assert!(same.iter().all(|copy| token(copy) == token(&self::copy())));
        let zone = || ZoneName::new("us-west-2-lax-1a").unwrap();
        let key = KmsKeyRef::new("alias/web").unwrap();
        let others = [
            CopyRequest { source: ImageId::new("ami-2").unwrap(), ..copy() },
            CopyRequest { source_region: Region::new("us-east-2").unwrap(), ..copy() },
            CopyRequest { destination: Region::new("eu-west-2").unwrap(), ..copy() },
            CopyRequest { name: ImageName::new("web-2").unwrap(), ..copy() },
            CopyRequest { description: Description::new("web").unwrap(), ..copy() },
            CopyRequest { encryption: Encryption::Encrypt { key: None }, ..copy() },
            CopyRequest { encryption: Encryption::Encrypt { key: Some(key) }, ..copy() },
            CopyRequest { copy_tags: false, ..copy() },
            CopyRequest { image_tags: vec![tag("a", "1b2")], ..copy() },
            CopyRequest { snapshot_tags: vec![tag("a", "1")], ..copy() },
            CopyRequest { placement: Placement::Zone(zone()), ..copy() },
            CopyRequest { placement: Placement::ZoneId(zone()), ..copy() },
            CopyRequest { completion: CompletionDuration::from_minutes(15).ok(), ..copy() },
        ];
        let mut tokens: BTreeSet<ClientToken> = others.iter().map(token).collect();
        tokens.insert(token(&copy()));
        tokens.insert(derive(&AccountId::new("210987654321").unwrap(), &copy(), []));
        let ended = [ImageId::new("ami-8").unwrap(), ImageId::new("ami-9").unwrap()];
        tokens.insert(derive(&AccountId::new("123456789012").unwrap(), &copy(), &ended));
        tokens.insert(after(&token(&copy())));
        tokens.insert(after(&after(&token(&copy()))));
        assert_eq!(tokens.len(), others.len() + 5);
        let backwards = ended.iter().rev();
        let account = AccountId::new("123456789012").unwrap();
        assert_eq!(derive(&account, &copy(), backwards), derive(&account, &copy(), &ended));
    }
}
