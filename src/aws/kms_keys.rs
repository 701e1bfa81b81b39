//! KMS keys for copies. Listing them never fails, because a key can always be typed.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_kms::types::{KeyMetadata, KeySpec, KeyState, KeyUsageType};
use futures_util::{StreamExt, stream};

use super::session::Session;
use crate::domain::{Failure, KeyChoice, KmsKeyRef, Region, kms_key::KeyList, review::checks::KeyVerdict};

/// Concurrent `DescribeKey` calls; KMS allows many more, but shares them with everything in the account.
const MAX_CONCURRENT: usize = 8;
/// Maximum number of keys to check; others are listed unchecked.
const LOOKED_AT: usize = 200;
/// Prefix of the aliases of AWS's own keys.
const AWS_ALIAS: &str = "alias/aws/";
/// Alias of AWS's own key for EBS.
const EBS_ALIAS: &str = "alias/aws/ebs";

/// An alias and the key it refers to, if any.
type Alias = (String, Option<String>);

impl Session {
    /// Returns the keys of a region and its default. A failure is in `problem`.
    pub async fn key_list(&self, region: &Region) -> KeyList {
        let (aliases, keys, default_key, encrypts) =
            tokio::join!(self.aliases(region), self.keys(region), self.default_key(region), self.encrypts(region));
        let mut list = KeyList {
            default_key: default_key.unwrap_or_default(),
            encrypts_by_default: encrypts.unwrap_or_default(),
            ..KeyList::default()
        };
        let aliases = take(aliases, &mut list.problem);
        let keys = take(keys, &mut list.problem);
        list.choices = self.choices(region, &aliases, keys).await;
        list
    }

    async fn choices(&self, region: &Region, aliases: &[Alias], mut keys: BTreeMap<String, String>) -> Vec<KeyChoice> {
        // Of AWS's own keys, only EBS's can encrypt snapshots. It is not checked, because DescribeKey may create it.
        let aws: BTreeSet<&String> =
            aliases.iter().filter(|(name, _)| name.starts_with(AWS_ALIAS)).filter_map(|(_, id)| id.as_ref()).collect();
        keys.retain(|id, _| !aws.contains(id));
        let named = aliases.iter().filter(|(name, _)| !name.starts_with(AWS_ALIAS));
        let ids: BTreeSet<String> =
            named.clone().filter_map(|(_, id)| id.clone()).chain(keys.keys().cloned()).collect();
        let verdicts: BTreeMap<String, Verdict> = stream::iter(ids.into_iter().take(LOOKED_AT))
            .map(|id| async move {
                let verdict = self.verdict(region, &id).await;
                (id, verdict)
            })
            .buffer_unordered(MAX_CONCURRENT)
            .collect()
            .await;
        let choice = |name: &str, id: &str| {
            let key = KmsKeyRef::new(name).ok()?;
            let (usable, note) = verdicts.get(id).cloned().unwrap_or_default();
            Some(KeyChoice { key, key_id: id.to_owned(), note, usable })
        };
        let mut choices: Vec<KeyChoice> = named.clone().filter_map(|(name, id)| choice(name, id.as_deref()?)).collect();
        for (_, id) in named {
            id.as_ref().map(|id| keys.remove(id));
        }
        choices.extend(keys.iter().filter_map(|(id, arn)| choice(if arn.is_empty() { id } else { arn }, id)));
        if let Some((_, id)) = aliases.iter().find(|(name, _)| name == EBS_ALIAS)
            && let Ok(key) = KmsKeyRef::new(EBS_ALIAS)
        {
            let key_id = id.clone().unwrap_or_default();
            choices.push(KeyChoice { key, key_id, note: "the AWS managed key for EBS".into(), usable: Some(true) });
        }
        choices.sort_by(|a, b| a.key.as_str().cmp(b.key.as_str()));
        choices
    }

    async fn verdict(&self, region: &Region, id: &str) -> Verdict {
        match self.describe_key(region, id).await {
            Ok(Some(key)) => match unusable(&key) {
                Some(why) => (Some(false), why),
                None => (Some(true), key.description.unwrap_or_default()),
            },
            Ok(None) | Err(_) => (None, String::new()),
        }
    }

    async fn describe_key(&self, region: &Region, id: &str) -> Result<Option<KeyMetadata>, Failure> {
        let call = self.kms(region).describe_key().key_id(id);
        let what = format!("look at key {id} in {region}");
        Ok(self.call(&what, "kms:DescribeKey", call.send()).await?.key_metadata)
    }

    /// Returns whether a key can encrypt snapshots. `key` is an id, ARN or alias.
    pub(super) async fn key_verdict(&self, region: &Region, key: &str) -> Result<KeyVerdict, Failure> {
        match self.describe_key(region, key).await {
            Ok(Some(found)) => Ok(match unusable(&found) {
                Some(why) => KeyVerdict::Unusable { why },
                None => KeyVerdict::Usable { arn: found.arn.unwrap_or(found.key_id) },
            }),
            Ok(None) => Ok(KeyVerdict::NotFound),
            Err(failure) if failure.is("NotFoundException") => Ok(KeyVerdict::NotFound),
            Err(failure) => Err(failure),
        }
    }

    /// Returns the id of the account's own key for EBS, without creating it.
    pub(super) async fn ebs_key(&self, region: &Region) -> Result<Option<String>, Failure> {
        Ok(self.aliases(region).await?.into_iter().find(|(name, _)| name == EBS_ALIAS).and_then(|(_, id)| id))
    }

    async fn aliases(&self, region: &Region) -> Result<Vec<Alias>, Failure> {
        let what = format!("list key aliases in {region}");
        let mut found = Vec::new();
        let mut marker = None;
        loop {
            let call = self.kms(region).list_aliases().limit(100).set_marker(marker);
            let answer = self.call(&what, "kms:ListAliases", call.send()).await?;
            found.extend(
                answer.aliases().iter().filter_map(|a| Some((a.alias_name()?.to_owned(), a.target_key_id.clone()))),
            );
            marker = answer.next_marker.filter(|m| answer.truncated && !m.is_empty());
            if marker.is_none() {
                return Ok(found);
            }
        }
    }

    /// Returns ids with their ARNs.
    async fn keys(&self, region: &Region) -> Result<BTreeMap<String, String>, Failure> {
        let what = format!("list keys in {region}");
        let mut found = BTreeMap::new();
        let mut marker = None;
        loop {
            let call = self.kms(region).list_keys().limit(1000).set_marker(marker);
            let answer = self.call(&what, "kms:ListKeys", call.send()).await?;
            found.extend(
                answer
                    .keys()
                    .iter()
                    .filter_map(|k| Some((k.key_id()?.to_owned(), k.key_arn.clone().unwrap_or_default()))),
            );
            marker = answer.next_marker.filter(|m| answer.truncated && !m.is_empty());
            if marker.is_none() {
                return Ok(found);
            }
        }
    }

    pub(super) async fn default_key(&self, region: &Region) -> Result<Option<String>, Failure> {
        let what = format!("ask for the default key of {region}");
        let call = self.ec2(region).get_ebs_default_kms_key_id();
        let answer = self.call(&what, "ec2:GetEbsDefaultKmsKeyId", call.send()).await?;
        Ok(answer.kms_key_id.filter(|key| !key.is_empty()))
    }

    pub(super) async fn encrypts(&self, region: &Region) -> Result<bool, Failure> {
        let what = format!("ask whether {region} encrypts by default");
        let call = self.ec2(region).get_ebs_encryption_by_default();
        let answer = self.call(&what, "ec2:GetEbsEncryptionByDefault", call.send()).await?;
        Ok(answer.ebs_encryption_by_default.unwrap_or_default())
    }
}

/// Whether a key is usable, if known, and a note.
type Verdict = (Option<bool>, String);

/// Returns the result, or the default with the problem noted.
fn take<T: Default>(part: Result<T, Failure>, problem: &mut Option<Failure>) -> T {
    part.unwrap_or_else(|failure| {
        let words = "You may type a key's id, alias or ARN all the same.";
        let hint = if failure.hint.is_empty() { words.to_owned() } else { format!("{words} {}", failure.hint) };
        problem.get_or_insert(failure.hint(hint));
        T::default()
    })
}

/// Returns why a key cannot encrypt snapshots, or `None` if it can.
fn unusable(key: &KeyMetadata) -> Option<String> {
    let spec = key.key_spec().is_none_or(|spec| *spec == KeySpec::SymmetricDefault);
    let usage = key.key_usage().is_none_or(|usage| *usage == KeyUsageType::EncryptDecrypt);
    match key.key_state() {
        _ if !spec || !usage => {
            let spec = key.key_spec().map_or("unknown", KeySpec::as_str);
            let usage = key.key_usage().map_or("unknown", KeyUsageType::as_str);
            Some(format!("it is a key of {spec} for {usage}"))
        }
        Some(KeyState::Enabled) => None,
        None if key.enabled() => None,
        Some(KeyState::PendingDeletion) => Some("it is about to be deleted".into()),
        Some(KeyState::Disabled) => Some("it is disabled".into()),
        state => Some(format!("its state is {}", state.map_or("not enabled", KeyState::as_str))),
    }
}

#[cfg(test)]
mod tests {
    use crate::aws::testing::{CannedResponse, eu, scripted};

    const ALIASES: &str = r#"{"Truncated":false,"Aliases":[
        {"AliasName":"alias/web","TargetKeyId":"00000000-0000-0000-0000-000000000001"},
        {"AliasName":"alias/old","TargetKeyId":"00000000-0000-0000-0000-000000000002"},
        {"AliasName":"alias/aws/ebs","TargetKeyId":"00000000-0000-0000-0000-000000000003"},
        {"AliasName":"alias/aws/s3","TargetKeyId":"00000000-0000-0000-0000-000000000004"}]}"#;
    const KEYS: [&str; 2] = [
        r#"{"Truncated":true,"NextMarker":"m","Keys":[{"KeyId":"00000000-0000-0000-0000-000000000001"},
        {"KeyId":"00000000-0000-0000-0000-000000000002"},{"KeyId":"00000000-0000-0000-0000-000000000003"}]}"#,
        r#"{"Truncated":false,"Keys":[{"KeyId":"00000000-0000-0000-0000-000000000004"},
        {"KeyId":"00000000-0000-0000-0000-000000000005","KeyArn":"arn:aws:kms:eu-west-1:123456789012:key/00000000-0000-0000-0000-000000000005"}]}"#,
    ];

    fn described(id: &str) -> String {
        let (state, spec) = match id.chars().last() {
            Some('2') => ("Disabled", "SYMMETRIC_DEFAULT"),
            Some('5') => ("Enabled", "RSA_2048"),
            _ => ("Enabled", "SYMMETRIC_DEFAULT"),
        };
        format!(
            r#"{{"KeyMetadata":{{"KeyId":"{id}","Enabled":true,"Description":"d","KeyState":"{state}","KeySpec":"{spec}","KeyUsage":"ENCRYPT_DECRYPT"}}}}"#
        )
    }

    #[tokio::test(start_paused = true)]
    async fn choices_are_checked_and_ebs_own_key_is_left_alone() {
        let (session, asked) = scripted(|_, asked| match asked.action.as_str() {
            "ListAliases" => CannedResponse::ok(ALIASES),
            "ListKeys" => CannedResponse::ok(KEYS[usize::from(asked.body.contains("Marker"))]),
            "DescribeKey" => {
                let id = asked.body.split('"').nth(3).unwrap();
                CannedResponse::ok(&described(id))
            }
            "GetEbsDefaultKmsKeyId" => CannedResponse::ok("<R><kmsKeyId>alias/aws/ebs</kmsKeyId></R>"),
            _ => CannedResponse::ok("<R><ebsEncryptionByDefault>true</ebsEncryptionByDefault></R>"),
        });
        let list = session.key_list(&eu()).await;
        assert_eq!(list.problem, None);
        assert_eq!((list.default_key.as_deref(), list.encrypts_by_default), (Some("alias/aws/ebs"), true));
        let shown: Vec<_> = list.choices.iter().map(|c| (c.key.as_str(), c.usable, c.note.as_str())).collect();
        let arn = "arn:aws:kms:eu-west-1:123456789012:key/00000000-0000-0000-0000-000000000005";
        assert_eq!(
            shown,
            [
                ("alias/aws/ebs", Some(true), "the AWS managed key for EBS"),
                ("alias/old", Some(false), "it is disabled"),
                ("alias/web", Some(true), "d"),
                (arn, Some(false), "it is a key of RSA_2048 for ENCRYPT_DECRYPT"),
            ]
        );
        let looked_at: Vec<_> = asked.of("DescribeKey").into_iter().map(|a| a.body).collect();
        assert_eq!(looked_at.len(), 3, "{looked_at:?}");
        assert!(!looked_at.iter().any(|body| body.contains("alias/aws") || body.contains("0003")), "{looked_at:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn denied_listing_leaves_free_text_and_server_faults_hurt_nothing() {
        let (session, _) = scripted(|_, asked| match asked.action.as_str() {
            "ListAliases" | "ListKeys" => CannedResponse::new(
                400,
                r#"{"__type":"AccessDeniedException","message":"User: u is not authorized to perform: kms:ListAliases on resource: *"}"#,
            ),
            _ => CannedResponse::new(500, "<!doctype html><title>500</title>"),
        });
        let list = session.key_list(&eu()).await;
        let problem = list.problem.unwrap();
        assert!(problem.hint.starts_with("You may type a key's id, alias or ARN all the same."), "{problem:?}");
        assert!(problem.hint.contains("`kms:ListAliases`"), "{problem:?}");
        assert_eq!((list.choices.len(), list.default_key, list.encrypts_by_default), (0, None, false));
    }
}
