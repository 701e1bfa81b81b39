//! The images that are to be deregistered: found, looked at, and refused where they may not be.

use std::io::{self, Read as _};

use jiff::Timestamp;

use crate::{
    cli::{
        connection::Connection,
        exit::{CommandError, OrUsage},
        jobs,
        records::{DeregistrationRecord, DeregistrationResult, UsageRecord},
        regions,
        setup::Setup,
    },
    domain::{
        Account, Failure, Image, ImageId, ImageName, ImageState, Partition, Region,
        image_usage::ImageUsage,
        text::{clean, count},
    },
    driver::RECENT,
    engine::{Command, Job, JobId, Origin},
    store::Loaded,
};

/// One image that was named.
#[derive(Debug)]
pub(super) struct Target {
    /// What was named: an id or a name.
    named: String,
    region: Region,
    pub(super) image: Option<Image>,
    /// Who uses it; not queried for one that is refused.
    pub(super) usage: Option<ImageUsage>,
    /// Copies under way here that read it.
    copying: Vec<JobId>,
    /// Why it is not deregistered.
    pub(super) refusal: Option<Failure>,
}

impl Target {
    fn new(named: &str, region: &Region) -> Self {
        let (named, region) = (named.to_owned(), region.clone());
        Self { named, region, image: None, usage: None, copying: Vec::new(), refusal: None }
    }

    /// Makes the target of an image that was looked at already.
    pub(super) fn of_image(image: Image) -> Self {
        let bare = Self::new(image.id.as_str(), &image.region);
        Self { image: Some(image), ..bare }
    }

    /// Returns its record, without what became of its snapshots.
    pub(super) fn record(&self, result: DeregistrationResult) -> DeregistrationRecord {
        let image = self.image.as_ref();
        DeregistrationRecord {
            image_id: image.map_or_else(|| self.named.clone(), |image| image.id.to_string()),
            region: self.region.to_string(),
            name: image.map(|image| image.name.to_string()).unwrap_or_default(),
            result,
            message: None,
            usage: image.zip(self.usage.as_ref()).map(|(image, usage)| UsageRecord::new(image, usage, &self.copying)),
            deleted_snapshot_ids: Vec::new(),
            kept_snapshots: Vec::new(),
        }
    }
}

/// Finds the images, looks at them, and decides which are refused. Nothing is changed.
pub(super) async fn find(
    setup: &Setup,
    connection: &Connection,
    arguments: &[String],
) -> Result<Vec<Target>, CommandError> {
    let named = named(arguments)?;
    let region = region(setup, connection).await?;
    let mut targets: Vec<Target> = Vec::new();
    for name in &named {
        let mut target = Target::new(name, &region);
        match look_up(connection, &region, name).await? {
            Ok(image) if targets.iter().any(|t| t.image.as_ref().is_some_and(|known| known.id == image.id)) => continue,
            Ok(image) => target.image = Some(image),
            Err(failure) => target.refusal = Some(failure),
        }
        targets.push(target);
    }
    let account = connection.session.account().await?;
    let loaded = jobs::open_store(setup)?.load(&connection.account, Timestamp::now() - RECENT)?;
    for target in &mut targets {
        let Some(image) = &target.image else { continue };
        target.copying = copying(&loaded, image);
        target.refusal = refusal(image, &account, &loaded, &target.copying);
    }
    let wanted = |target: &&Target| target.refusal.is_none();
    let images: Vec<Image> = targets.iter().filter(wanted).filter_map(|target| target.image.clone()).collect();
    let mut usage = connection.session.image_usage_with_reports(&region, &images).await;
    for target in &mut targets {
        let at = usage.iter().position(|usage| target.image.as_ref().is_some_and(|image| image.id == usage.image));
        target.usage = at.map(|at| usage.swap_remove(at));
    }
    Ok(targets)
}

/// Returns what the arguments name; `-` stands for the words of standard input.
fn named(arguments: &[String]) -> Result<Vec<String>, CommandError> {
    let mut named: Vec<String> = Vec::new();
    for argument in arguments {
        if argument != "-" {
            named.push(argument.clone());
            continue;
        }
        let mut text = String::new();
        let read = io::stdin().read_to_string(&mut text);
        read.map_err(|error| Failure::new("read the images from standard input", error.to_string()))?;
        let before = named.len();
        named.extend(text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned));
        if named.len() == before {
            let failure = Failure::new("read the images from standard input", "there is nothing on it");
            return Err(CommandError::usage(failure));
        }
    }
    Ok(named)
}

/// Returns the region, which must have been named somewhere, and be one of the account's.
async fn region(setup: &Setup, connection: &Connection) -> Result<Region, CommandError> {
    let session = &connection.session;
    let region = session.home_region().clone();
    if !session.region_was_given() {
        let failure = Failure::new("deregister images", "no region is named").hint("Name it with --region.");
        return Err(CommandError::usage(failure));
    }
    let arn = session.account().await?.arn;
    let partition = arn.split(':').nth(1).and_then(Partition::parse);
    if let Some(partition) = partition.filter(|partition| *partition != region.partition()) {
        let why = format!(
            "the region belongs to the partition {}, the credentials to {}",
            region.partition().as_str(),
            partition.as_str()
        );
        return Err(CommandError::usage(Failure::new(format!("deregister images in {region}"), why)));
    }
    regions::resolve(&regions::Selection::Named(vec![region.clone()]), session, setup).await?;
    Ok(region)
}

/// Returns the image of an id, or of a name that only one of the account's images has; or why it is none of the account's.
async fn look_up(
    connection: &Connection,
    region: &Region,
    named: &str,
) -> Result<Result<Image, Failure>, CommandError> {
    let session = &connection.session;
    let what = || format!("deregister {} in {region}", clean(named));
    let exists = |image: &Image| image.state != ImageState::Deregistered;
    if named.starts_with("ami-") {
        let id = ImageId::new(named).or_usage()?;
        let found = session.describe_images(region, &[id]).await?.into_iter().find(exists);
        let unknown =
            || Failure::new(what(), "there is no such image").hint("Is it in another region? --region names it.");
        return Ok(found.ok_or_else(unknown));
    }
    let name = ImageName::new(named).or_usage()?;
    let mut found: Vec<Image> = session.images_named(region, &name).await?.into_iter().filter(exists).collect();
    Ok(match found.len() {
        0 => Err(Failure::new(what(), "none of your images there has this name").hint("An image id works as well.")),
        1 => Ok(found.remove(0)),
        n => {
            let ids: Vec<String> = found.iter().map(|image| image.id.to_string()).collect();
            let why = format!("{} have this name: {}", count(n, "image", "images"), ids.join(", "));
            Err(Failure::new(what(), why).hint("Name the one by its id."))
        }
    })
}

/// Returns the copies under way here that read the image.
pub(in crate::cli) fn copying(loaded: &Loaded, image: &Image) -> Vec<JobId> {
    let reads = |job: &&Job| {
        let request = &job.request;
        job.origin == Origin::Here
            && !job.state.ended()
            && !job.is_being_removed()
            && (&request.source, &request.source_region) == (&image.id, &image.region)
    };
    loaded.jobs.iter().filter(reads).map(|job| job.id).collect()
}

/// Returns why an image may not be deregistered.
fn refusal(image: &Image, account: &Account, loaded: &Loaded, copying: &[JobId]) -> Option<Failure> {
    let refused = |why: String| Failure::new(format!("deregister {} in {}", image.id, image.region), why);
    if image.owner_id != account.id {
        let owner = image.image_owner_alias.as_deref().unwrap_or(image.owner_id.as_str());
        return Some(refused(format!("it belongs to {}, not to {}", clean(owner), account.id)));
    }
    if image.state == ImageState::Pending {
        let hint = format!("If it is a copy, `amigrate cancel {}` cancels it.", image.id);
        return Some(refused("it is still pending".into()).hint(hint));
    }
    if let Some(protection) = image.deregistration_protection.as_deref().filter(|p| p.starts_with("enabled")) {
        let cooldown = if protection == "enabled-with-cooldown" {
            "; for 24 hours after that EC2 still refuses to deregister it"
        } else {
            ""
        };
        let hint = format!(
            "`aws ec2 disable-image-deregistration-protection --region {} --image-id {}` ends that{cooldown}.",
            image.region, image.id
        );
        return Some(refused("it is protected from being deregistered".into()).hint(hint));
    }
    let requested = loaded.commands.iter().any(|(_, command)| {
        let Command::Copy(requests) = command else { return false };
        requests.iter().any(|r| (&r.source, &r.source_region) == (&image.id, &image.region))
    });
    if copying.is_empty() && !requested {
        return None;
    }
    let jobs: Vec<String> = copying.iter().map(ToString::to_string).collect();
    let which = if jobs.is_empty() { "one that was just requested".into() } else { jobs.join(", ") };
    let hint = "`amigrate wait` waits for them, `amigrate cancel` cancels them.";
    Some(refused(format!("copies of it are under way ({which})")).hint(hint))
}
