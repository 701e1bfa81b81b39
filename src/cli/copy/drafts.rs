//! Turns the request into a checked plan: presets and options into drafts, images looked up, mistakes named by their options.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use jiff::Timestamp;
use uuid::Uuid;

use super::{
    access::{Shares, ToShare},
    arguments::CopyArgs,
    known::Known,
    plan_entry::PlanEntry,
    plan_file::{self, PlanText},
    sources, words,
};
use crate::{
    cli::{
        connection::Connection,
        exit::{CommandError, ExitStatus},
        output::report,
        regions::{self, nearest},
        setup::Setup,
    },
    config::PresetFile,
    domain::{
        ClientToken, CopyRequest, Failure, Image, ImageId, ImageState, Region, RoleArn,
        draft::{Draft, Field},
        plan::{CheckContext, Plan},
        preset::Preset,
        text::{clean, thousands},
    },
};

/// What is requested, before anything is looked up.
#[derive(Clone)]
pub(super) struct Asked {
    preset: Option<Preset>,
    entries: Vec<PlanEntry>,
    /// Number of each entry in the plan file.
    places: Vec<usize>,
    /// The text of the plan file that it comes from, if any.
    file: Option<PlanText>,
}

impl Asked {
    /// Reads arguments, standard input, plan file and preset.
    ///
    /// # Errors
    /// Wrong usage.
    pub(super) fn read(setup: &Setup, args: &CopyArgs) -> Result<Self, CommandError> {
        let preset = args.preset.as_deref().map(|name| preset(setup, name)).transpose()?;
        let (file, entries) = match &args.from_file {
            Some(path) => {
                let plan = plan_file::read(path)?;
                (Some(plan.text), plan.copies)
            }
            None => {
                words::check(args, &args.images)?;
                (None, vec![args.entry(sources::words(&args.images)?)?])
            }
        };
        let asked = Self { preset, places: (0..entries.len()).collect(), entries, file };
        for (n, entry) in asked.entries.iter().enumerate() {
            let known = |preset: &Preset| preset.destinations.as_ref().is_some_and(|regions| !regions.is_empty());
            let lacks = if entry.images.is_empty() {
                Some(("no image is named", "Write images = [\"ami-...\"]."))
            } else if entry.to.is_empty() && !asked.preset.as_ref().is_some_and(known) {
                let hint = if asked.is_file() {
                    "Write to = [\"eu-west-1\"]."
                } else {
                    "Name regions with --to eu-west-1,eu-west-2."
                };
                Some(("no region to copy to is named", hint))
            } else {
                None
            };
            if let Some((why, hint)) = lacks {
                return Err(CommandError::usage(Failure::new(asked.what(n, "copy"), why).hint(hint)));
            }
        }
        Ok(asked)
    }

    /// Returns true if roles request the copies, or some of them.
    pub(super) fn has_roles(&self) -> bool {
        let of_preset = || self.preset.as_ref().is_some_and(Preset::has_roles);
        self.entries.iter().any(|entry| entry.role_arn.is_some()) || of_preset()
    }

    /// Returns what is asked of each role, in the order of entries and regions; without a role of what has none.
    pub(super) fn by_role(&self) -> Vec<(Option<RoleArn>, Self)> {
        let preset = self.preset.clone().unwrap_or_default();
        let of_preset = preset.destinations.clone().unwrap_or_default();
        // The regions of each entry, with the roles that copy there.
        let roles_of = |entry: &PlanEntry| -> Vec<(Region, Vec<Option<RoleArn>>)> {
            let named = if entry.to.is_empty() { &of_preset } else { &entry.to };
            let roles = |region: &Region| match &entry.role_arn {
                Some(role) => vec![Some(role.clone())],
                None => preset.roles_for(region).into_iter().map(Option::<&RoleArn>::cloned).collect(),
            };
            named.iter().map(|region| (region.clone(), roles(region))).collect()
        };
        let mut all: Vec<Option<RoleArn>> = Vec::new();
        for (_, roles) in self.entries.iter().flat_map(roles_of) {
            for role in roles {
                if !all.contains(&role) {
                    all.push(role);
                }
            }
        }
        let part = |role: Option<RoleArn>| {
            let mut asked = self.clone();
            for entry in &mut asked.entries {
                let (its, others): (Vec<_>, Vec<_>) =
                    roles_of(entry).into_iter().partition(|(_, roles)| roles.contains(&role));
                // Keys for regions that nothing is copied to stay: they are mistakes.
                entry.kms_key_ids.retain(|region, _| others.iter().all(|(other, _)| other != region));
                entry.to = its.into_iter().map(|(region, _)| region).collect();
                entry.role_arn = None;
            }
            asked.places = (0..asked.entries.len()).filter(|n| !asked.entries[*n].to.is_empty()).collect();
            asked.entries.retain(|entry| !entry.to.is_empty());
            let (destinations, role_arn, role_arns) = (None, None, None);
            asked.preset = Some(Preset { destinations, role_arn, role_arns, ..preset.clone() });
            (role, asked)
        };
        all.into_iter().map(part).collect()
    }

    fn is_file(&self) -> bool {
        self.file.is_some()
    }

    /// Returns what a failure is about: an entry of the plan file, if there is one.
    fn what(&self, entry: usize, what: &str) -> String {
        let place = self.places.get(entry).copied().unwrap_or(entry);
        if self.is_file() { format!("{what}, entry {} of the plan", place + 1) } else { what.to_owned() }
    }

    /// Returns the images that `--share-from` shares.
    ///
    /// # Errors
    /// Wrong usage for one that is not named by its id: names are looked up among images that are shared already.
    pub(super) fn to_share(&self, connection: &Connection) -> Result<Vec<ToShare>, CommandError> {
        let home = connection.session.home_region();
        let entry = |(n, entry): (usize, &PlanEntry)| {
            let id = |word: &String| {
                ImageId::new(word).map_err(|_| {
                    let what = self.what(n, &format!("share \"{}\"", clean(word)));
                    let failure = Failure::new(what, "with --share-from images are named by their ids");
                    CommandError::usage(failure.hint("`amigrate list --profile PROFILE` prints those of their owner."))
                })
            };
            let images = entry.images.iter().map(id).collect::<Result<_, _>>()?;
            Ok(ToShare { region: entry.from.clone().unwrap_or_else(|| home.clone()), images })
        };
        self.entries.iter().enumerate().map(entry).collect()
    }

    /// Looks up regions and images. `shares` has the images instead, as their owner sees them.
    ///
    /// # Errors
    /// Unknown regions and images.
    pub(super) async fn drafts(
        &self,
        setup: &Setup,
        connection: &Connection,
        shares: Option<&Shares>,
    ) -> Result<Vec<Draft>, CommandError> {
        let session = &connection.session;
        let account = connection.account.account();
        let mut drafts = Vec::with_capacity(self.entries.len());
        for (n, entry) in self.entries.iter().enumerate() {
            let from = entry.from.as_ref().unwrap_or(session.home_region());
            let mut named: Vec<Region> = entry.to.clone();
            named.extend(entry.kms_key_ids.keys().cloned());
            named.push(from.clone());
            let checked = regions::check_named(&named, session, setup).await;
            checked.map_err(|(region, error)| self.at_its_place(n, region.as_ref(), error))?;
            let images = match shares {
                Some(shares) => {
                    let is_named = |image: &&Arc<Image>| entry.images.iter().any(|word| word == image.id.as_str());
                    shares.images().filter(is_named).cloned().collect()
                }
                None => sources::find(setup, connection, entry.from.as_ref(), &entry.images).await?,
            };
            let mut draft = Draft { account: account.clone(), ..setup.config.copy.draft(images) };
            if let Some(preset) = &self.preset {
                preset.clone().apply(&mut draft);
            }
            entry.apply(&mut draft);
            drafts.push(draft);
        }
        Ok(drafts)
    }

    /// Names the place of a wrong region in the plan file.
    fn at_its_place(&self, entry: usize, region: Option<&Region>, error: CommandError) -> CommandError {
        let place = || self.file.as_ref()?.place(*self.places.get(entry)?, region?.as_str());
        match (error, place()) {
            (CommandError::Failure(failure, status), Some(place)) => {
                let what = format!("{place}: {}", failure.what);
                CommandError::Failure(Box::new(Failure { what, ..*failure }), status)
            }
            (error, _) => error,
        }
    }

    /// Checks the drafts, and makes one plan of them.
    ///
    /// # Errors
    /// Wrong usage, after every mistake was reported.
    pub(super) fn plan(&self, setup: &Setup, drafts: &[Draft], known: &Known) -> Result<Plan, CommandError> {
        let used_tokens = known.used_tokens();
        let context = CheckContext {
            max_copies: setup.config.copy.max_copies,
            used_tokens: &used_tokens,
            job_tags: setup.config.copy.own_tags(),
            // By `access::check`.
            asks_for_keys: true,
            ..CheckContext::at(Timestamp::now())
        };
        let mut all = Plan::default();
        let mut mistakes: Vec<Failure> = Vec::new();
        // Of each copy the entry that asks for it.
        let mut entries: Vec<usize> = Vec::new();
        for (n, draft) in drafts.iter().enumerate() {
            let plan = draft.check_in(&context, || ClientToken::from_random(Uuid::new_v4().as_u128()));
            let is_available = |source: &&Arc<Image>| source.state == ImageState::Available;
            let available = draft.sources.iter().filter(is_available).count();
            let some_available = (1..draft.sources.len()).contains(&available);
            mistakes.extend(plan.mistakes.iter().map(|mistake| {
                let failure = self.mistake(n, &mistake.field, &mistake.text);
                match mistake.field {
                    Field::Sources if some_available => {
                        failure.hint("`amigrate list --match state:available` lists those that can be copied.")
                    }
                    _ => failure,
                }
            }));
            mistakes.extend(self.zone_mistake(n, draft));
            mistakes.extend(self.key_mistakes(n, draft));
            entries.extend(plan.copies.iter().map(|_| n));
            all.copies.extend(plan.copies);
            for warning in plan.warnings {
                if !all.warnings.contains(&warning) {
                    all.warnings.push(warning);
                }
            }
        }
        let most = context.max_copies;
        if all.copies.len() > most {
            let why = format!(
                "{} copies at once are more than {} (setting copy.max_copies)",
                thousands(all.copies.len()),
                thousands(most)
            );
            mistakes.push(Failure::new("copy", why).hint("Split them."));
        }
        mistakes.extend(doubles(&all.copies, &entries));
        let Some(last) = mistakes.pop() else { return Ok(all) };
        mistakes.iter().for_each(report);
        Err(CommandError::Failure(Box::new(last), ExitStatus::Usage))
    }

    fn mistake(&self, entry: usize, field: &Field, text: &str) -> Failure {
        let what = self.what(entry, &format!("use {}", option(field, self.is_file())));
        // A sentence of the form, and a fragment here.
        let mut why: String = text.trim_end_matches('.').to_owned();
        let second = why.chars().nth(1).is_some_and(|c| c.is_lowercase() || c == ' ');
        if let Some(first) = why.get_mut(..1).filter(|_| second) {
            first.make_ascii_lowercase();
        }
        Failure::new(what, why)
    }

    /// Keys for regions that nothing is copied to.
    fn key_mistakes(&self, n: usize, draft: &Draft) -> Vec<Failure> {
        let keys = self.entries.get(n).map(|entry| entry.kms_key_ids.keys());
        let unused = keys.into_iter().flatten().filter(|region| !draft.destinations.contains(region));
        let known: Vec<&str> = draft.destinations.iter().map(Region::as_str).collect();
        let mistake = |region: &Region| {
            let why = format!("{region} is not among the destinations ({})", known.join(", "));
            self.mistake(n, &Field::KeyFor(region.clone()), &why)
        };
        unused.map(mistake).collect()
    }

    /// A name where an id belongs, or the other way round: EC2 has a parameter for each.
    fn zone_mistake(&self, n: usize, draft: &Draft) -> Option<Failure> {
        use crate::domain::draft::PlacementDraft;
        let PlacementDraft::LocalZone(zone) = &draft.placement else { return None };
        let entry = self.entries.get(n)?;
        let ends_as_id = zone.rsplit('-').next().is_some_and(|end| end.starts_with("az"));
        let (given, right) = if entry.destination_availability_zone_id.is_some() && !ends_as_id {
            ("--destination-availability-zone-id", "--destination-availability-zone")
        } else if entry.destination_availability_zone.is_some() && ends_as_id && !self.is_file() {
            ("--destination-availability-zone", "--destination-availability-zone-id")
        } else {
            return None;
        };
        let why = format!("`{}` belongs to {right}", clean(zone));
        Some(Failure::new(self.what(n, &format!("use {given}")), why))
    }
}

/// Returns the entries of a plan file for these drafts, whose copies this role requests.
pub(super) fn entries_of(drafts: &[Draft], role: Option<&RoleArn>) -> Vec<PlanEntry> {
    drafts.iter().map(|draft| PlanEntry { role_arn: role.cloned(), ..PlanEntry::of(draft) }).collect()
}

/// Returns a stored preset.
///
/// # Errors
/// Wrong usage if there is none of this name, or the file cannot be read.
pub(in crate::cli) fn preset(setup: &Setup, name: &str) -> Result<Preset, CommandError> {
    let what = format!("use the preset `{}`", clean(name));
    let Some(file) = PresetFile::beside(setup.config_file.as_deref()) else {
        return Err(CommandError::usage(Failure::new(what, "there is no place for presets: no home directory")));
    };
    let mut presets = file.read().map_err(CommandError::usage)?;
    presets.remove(name).ok_or_else(|| {
        let failure = Failure::new(what, format!("there is none of this name in {}", file.path().display()));
        let near = nearest(name, presets.keys().map(String::as_str));
        CommandError::usage(match near {
            Some(near) => failure.hint(format!("Did you mean `{}`?", clean(near))),
            None if presets.is_empty() => failure.hint("The copy form of the screen stores presets with Ctrl-t."),
            None => {
                let names: Vec<_> = presets.keys().map(|name| clean(name).into_owned()).collect();
                failure.hint(format!("There are: {}.", names.join(", ")))
            }
        })
    })
}

/// Returns mistakes about copies that several entries ask for. Within one entry the draft's own check finds them.
fn doubles(copies: &[CopyRequest], entries: &[usize]) -> Vec<Failure> {
    let (mut seen, mut names, mut found) = (HashSet::new(), HashMap::new(), Vec::new());
    let mut tokens = HashMap::new();
    for (copy, entry) in copies.iter().zip(entries) {
        let (source, region, name) = (&copy.source, &copy.destination, clean(copy.name.as_str()));
        if !seen.insert((source, region)) {
            found.push(Failure::new(format!("copy {source} to {region}"), "it is requested twice"));
        } else if let Some((other, _)) =
            names.insert((region, &copy.name), (source, entry)).filter(|(_, other)| *other != entry)
        {
            let why = format!("{other} and {source} would both be named \"{name}\" there");
            let hint = "Put {source_id} into the name.";
            found.push(Failure::new(format!("copy {source} to {region}"), why).hint(hint));
        } else if let Some(token) = &copy.given_token
            && let Some(other) = tokens.insert((region, token), source)
        {
            let why = format!("its client token \"{}\" is that of the copy of {other} there", clean(token.as_str()));
            found.push(Failure::new(format!("copy {source} to {region}"), why).hint("Give each a token of its own."));
        }
    }
    found
}

/// Returns the option, or the key of a plan file, that a field of the form is.
fn option(field: &Field, file: bool) -> String {
    let (option, key) = match field {
        Field::Sources => return "these images".into(),
        Field::Destinations => ("--to", "to"),
        Field::Name => ("--name", "name"),
        Field::Description => ("--description", "description"),
        Field::Encryption => ("--encrypted", "encrypted"),
        Field::Key => ("--kms-key-id", "kms_key_id"),
        Field::KeyFor(region) if file => return format!("kms_key_ids.{region}"),
        Field::KeyFor(region) => return format!("--kms-key-id {region}=..."),
        Field::SourceTags => ("--copy-image-tags", "copy_image_tags"),
        Field::ImageTag(_) => ("--tag", "tags"),
        Field::SnapshotTag(_) => ("--snapshot-tag", "snapshot_tags"),
        Field::Placement => ("the destination's Outpost or zone", "the destination's Outpost or zone"),
        Field::Completion => {
            ("--snapshot-copy-completion-duration-minutes", "snapshot_copy_completion_duration_minutes")
        }
        Field::ClientToken => ("--client-token", "client_token"),
        Field::CopyPermissions => ("--copy-launch-permissions", "copy_launch_permissions"),
        Field::ShareWith => ("--share-with", "share_with"),
        Field::Public => ("--public", "public"),
        Field::ShareSnapshots => ("--share-snapshots", "share_snapshots"),
        Field::Deprecation => ("--deprecate-at", "deprecate_at"),
        Field::Protection => ("--protect", "protect"),
        Field::TagSource => ("--tag-source", "tag_source"),
    };
    if file { key.into() } else { option.into() }
}
