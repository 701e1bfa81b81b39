//! `CopyImage`.

use jiff::Timestamp;

use crate::{
    domain::{AccountId, Image, ImageId, ImageState, Region, Snapshot, SnapshotId, SnapshotState, image::Tag},
    sim::{
        api::{
            copy_call::CopyCall,
            destination::{check_way, not_time_based},
            validation::{check_image_id, images_not_found, too_many_tags, unavailable},
        },
        api_error::ApiError,
        world::{
            kms_keys::{KeyAccess, KeyUse},
            locations::Location,
            state::{RegionState, SeenImage, Token, World},
            timeline::{Actor, CreatedImage, CreatedSnapshot, Stages, TimeBased, Transfer, ms_between},
        },
    },
};

/// A copy that EC2 accepts, with what follows from the request.
struct Accepted {
    source: Image,
    image_tags: Vec<Tag>,
    encrypted: bool,
    /// ARN; `None` also if there is no such key.
    key: Option<String>,
    /// EC2 may not use a key of the source or the copy, as it finds out while the copy runs.
    fails: bool,
    location: Location,
    time_based: Option<TimeBased>,
}

impl World {
    /// Carries out `CopyImage` in the destination region and returns the new image's id.
    pub(crate) fn copy_image(&mut self, to: &Region, call: CopyCall, now: Timestamp) -> Result<ImageId, ApiError> {
        let state = self.enabled(to)?;
        let fingerprint = format!("{call:?}");
        let known = |token: &Token| self.limits.token_life_ms.is_none_or(|ms| ms_between(token.used, now) < ms);
        if let Some(token) = call.token.as_ref().and_then(|t| state.tokens.get(t)).filter(|t| known(t)) {
            return if token.fingerprint == fingerprint {
                Ok(token.image.clone())
            } else {
                Err(ApiError::new(
                    "IdempotentParameterMismatch",
                    "The client token you have provided is associated with a resource that differs in its parameters from this request.",
                ))
            };
        }
        let accepted = self.accept(state, &call, now)?;
        let id = self.start_copy(to, &call, accepted, now)?;
        if let Some(token) = call.token {
            let used = Token { fingerprint, image: id.clone(), used: now };
            self.enabled_mut(to)?.tokens.insert(token, used);
        }
        if call.by == Actor::Request {
            self.copies_made += 1;
        }
        Ok(id)
    }

    /// Applies EC2's rules.
    fn accept(&self, state: &RegionState, call: &CopyCall, now: Timestamp) -> Result<Accepted, ApiError> {
        let to = &state.region;
        call.check()?;
        let location = state.destination(call)?;
        let source = self.source(call, now)?;
        check_way(&source, &location, to)?;
        let image_tags = image_tags(call, &source.image, source.image.owner_id == self.account);
        if image_tags.len() > 50 {
            return Err(too_many_tags());
        }
        let encrypted = encryption(state, call, &source)? || state.location_encrypts(&location);
        if self.limits.unique_names && state.own_name_taken(&self.account, &call.name, now) {
            return Err(duplicate_name(state, &call.name));
        }
        if state.pending_copies(now) >= self.limits.pending_copies {
            return Err(ApiError::new(
                "ResourceLimitExceeded",
                format!(
                    "Your account has reached the limit of {} concurrent image copies in {to}.",
                    self.limits.pending_copies
                ),
            ));
        }
        let quota = self.limits.time_based_mib_per_second;
        let time_based =
            call.minutes.map(|minutes| state.time_based(minutes, &source.image, quota, now)).transpose()?;
        if time_based.is_some() && source.location != Location::Region {
            return Err(not_time_based());
        }
        // EC2 checks the key when the copy runs: a bad key fails the copy later, not this request.
        let named = call.key.as_deref();
        let shared = || {
            let shared = self.shared_key(to, named?, KeyUse::Encrypt, &[], now)?;
            (shared.access != KeyAccess::No).then(|| named.map(str::to_owned)).flatten()
        };
        let key = if encrypted { state.key_arn(named, &self.account).or_else(shared) } else { None };
        let fails = (encrypted && key.as_deref().is_none_or(|arn| !self.key_encrypts(to, arn, now)))
            || !self.decrypts(&source.image, now);
        Ok(Accepted { source: source.image, image_tags, encrypted, key, fails, location, time_based })
    }

    fn source(&self, call: &CopyCall, now: Timestamp) -> Result<SeenImage, ApiError> {
        let region = Region::new(&call.source_region)
            .ok()
            .filter(|r| self.region_state(r).is_some())
            .ok_or_else(|| ApiError::new("InvalidParameterValue", format!("Invalid region: {}", call.source_region)))?;
        let state = self.enabled(&region)?;
        check_image_id(&call.source)?;
        let seen = self.image(state, &call.source, now).ok_or_else(|| images_not_found(&[&call.source]))?;
        let own = seen.image.owner_id == self.account;
        if !own && (!seen.image.product_codes.is_empty() || !seen.snapshots_readable) {
            return Err(ApiError::new(
                "InvalidRequest",
                "You do not have permission to access the storage of this ami",
            ));
        }
        if seen.image.state != ImageState::Available {
            return Err(unavailable(&call.source));
        }
        Ok(seen)
    }

    fn start_copy(
        &mut self,
        to: &Region,
        call: &CopyCall,
        accepted: Accepted,
        now: Timestamp,
    ) -> Result<ImageId, ApiError> {
        let (latencies, timeline) = (self.latencies, self.timeline(now));
        let Accepted { source, image_tags, encrypted, key, fails, location, time_based } = accepted;
        let id = ImageId::new(&self.new_id("ami-")).map_err(|_| internal_error())?;
        let mut image = source.clone();
        let mut snapshots = Vec::new();
        let mut ended = latencies.snapshots_after_ms;
        let minutes = time_based.as_ref().map(|t| t.minutes);
        let transfer = minutes.map_or(Transfer::Standard, |minutes| Transfer::TimeBased { minutes });
        for ebs in image.block_devices.iter_mut().filter_map(|d| d.ebs.as_mut()) {
            let Some(from) = ebs.snapshot_id.take() else { continue };
            let snapshot_id = SnapshotId::new(&self.new_id("snap-")).map_err(|_| internal_error())?;
            ebs.snapshot_id = Some(snapshot_id.clone());
            ebs.encrypted = Some(encrypted);
            let size = ebs.volume_size.unwrap_or(8);
            let stages = self.stages(fails, size, time_based.as_ref());
            ended = ended.max(stages.ended);
            snapshots.push(CreatedSnapshot {
                snapshot: Snapshot {
                    id: snapshot_id,
                    state: if fails { SnapshotState::Error } else { SnapshotState::Completed },
                    progress: Some(if fails { 0 } else { 100 }),
                    volume_size: size,
                    volume_id: Some(Snapshot::VOLUME_OF_COPIES.into()),
                    started: Some(now),
                    completed: None,
                    state_message: fails.then(|| "Given key ID is not accessible".into()),
                    description: description(&id, &source.id, &from, now).into(),
                    encrypted,
                    kms_key_id: key.as_deref().map(Into::into),
                    tags: call.snapshot_tags.clone(),
                },
                image: Some(id.clone()),
                timeline,
                stages,
                created_by: call.by,
                token: call.token.clone(),
                location: location.clone(),
                transfer: Some(transfer),
            });
        }
        set_attributes(&mut image, &id, to, call, &self.account, now);
        image.tags = image_tags;
        // Without snapshots, the bundle in S3 is copied.
        let ended = if snapshots.is_empty() { latencies.base_ms } else { ended } + latencies.finalize_ms;
        let state = self.enabled_mut(to)?;
        state.created_snapshots.extend(snapshots.into_iter().map(|s| (s.snapshot.id.clone(), s)));
        let (token, created_by) = (call.token.clone(), call.by);
        let listed = latencies.snapshots_after_ms;
        let created = CreatedImage { image, timeline, listed, ended, fails, token, created_by, location, time_based };
        state.created_images.insert(id.clone(), created);
        Ok(id)
    }

    /// Returns true if the account may encrypt with the key of this ARN, its own or another account's.
    fn key_encrypts(&self, region: &Region, arn: &str, now: Timestamp) -> bool {
        let shared = || {
            let shared = self.shared_key(region, arn, KeyUse::Encrypt, &[], now);
            shared.is_some_and(|shared| shared.access == KeyAccess::Yes && shared.key.usable())
        };
        self.enabled(region).is_ok_and(|state| state.usable(arn)) || shared()
    }

    /// Returns the stages of a snapshot of `size` GiB.
    fn stages(&mut self, fails: bool, size: u32, time_based: Option<&TimeBased>) -> Stages {
        let latencies = self.latencies;
        let transfer = i64::from(size) * 1_024 * 1_000 / i64::from(latencies.mib_per_second.max(1));
        let jitter = self.ids.i64(-8..=8);
        let zero = latencies.snapshots_after_ms + latencies.unknown_ms;
        let almost = match time_based {
            Some(time_based) => (time_based.ms - latencies.almost_ms - latencies.finalize_ms).max(zero),
            None => zero + (latencies.base_ms + transfer) * (100 + jitter) / 100,
        };
        let ended = if fails { zero + latencies.finalize_ms } else { almost + latencies.almost_ms };
        Stages { listed: latencies.snapshots_after_ms, zero, almost, ended }
    }

    pub(crate) fn new_id(&mut self, prefix: &str) -> String {
        format!("{prefix}0{:016x}", self.ids.u64(..))
    }
}

/// Turns the source into the new image, except for its disks.
fn set_attributes(image: &mut Image, id: &ImageId, to: &Region, call: &CopyCall, account: &AccountId, now: Timestamp) {
    image.source_image_id = Some(std::mem::replace(&mut image.id, id.clone()));
    image.source_region = Some(std::mem::replace(&mut image.region, to.clone()));
    image.source_instance = None;
    image.name = call.name.as_str().into();
    image.description = call.description.as_str().into();
    image.owner_id = account.clone();
    image.created = Some(now);
    image.public = false;
    image.image_owner_alias = None;
    image.deprecated = None;
    image.last_launched = None;
    image.deregistration_protection = Some("disabled".into());
}

/// Returns true if the new snapshots are encrypted.
fn encryption(state: &RegionState, call: &CopyCall, source: &SeenImage) -> Result<bool, ApiError> {
    if call.key.is_some() && call.encrypted != Some(true) {
        return Err(ApiError::new(
            "InvalidParameterDependency",
            "The parameter KmsKeyId requires the parameter Encrypted to be set.",
        ));
    }
    if source.image.instance_store() {
        return match call.encrypted {
            Some(true) => Err(ApiError::new(
                "InvalidParameterCombination",
                "The parameter Encrypted cannot be used with instance store-backed images.",
            )),
            _ => Ok(false),
        };
    }
    if source.image.encrypted() && call.encrypted == Some(false) {
        return Err(ApiError::new(
            "InvalidParameterCombination",
            "You cannot create an unencrypted copy of an image with encrypted snapshots.",
        ));
    }
    Ok(source.image.encrypted() || call.encrypted == Some(true) || state.encrypts_by_default)
}

pub(crate) fn internal_error() -> ApiError {
    ApiError::with_status(500, "InternalError", "An internal error has occurred")
}

fn image_tags(call: &CopyCall, source: &Image, own: bool) -> Vec<Tag> {
    let mut tags: Vec<Tag> = if call.copy_tags && own {
        source.tags.iter().filter(|t| !t.key.starts_with("aws:")).cloned().collect()
    } else {
        Vec::new()
    };
    tags.retain(|t| call.image_tags.iter().all(|new| new.key != t.key));
    tags.extend(call.image_tags.iter().cloned());
    tags.sort();
    tags
}

/// Returns the description EC2 gives a copy's snapshot; the milliseconds have thousands separators.
fn description(id: &ImageId, source: &ImageId, snapshot: &SnapshotId, now: Timestamp) -> String {
    let stamp = usize::try_from(now.as_millisecond()).unwrap_or_default();
    let stamp = crate::domain::text::thousands(stamp);
    format!(
        "Copied for DestinationAmi {id} from SourceAmi {source} for SourceSnapshot {snapshot}. Task created on {stamp}."
    )
}

pub(crate) fn duplicate_name(state: &RegionState, name: &str) -> ApiError {
    let id = state.image_named(name).map_or_else(String::new, |id| id.to_string());
    ApiError::new("InvalidAMIName.Duplicate", format!("AMI name {name} is already in use by AMI {id}"))
}
