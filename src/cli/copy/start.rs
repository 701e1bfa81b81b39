//! Starting copies: they are given to the queue, and followed until EC2 has answered, or until they have ended.

use std::{
    collections::BTreeSet,
    io::{self, BufRead, IsTerminal, Write},
    iter::Sum,
    time::Duration,
};

use super::{
    check::{Checked, Skipped},
    known::Known,
    options::CopyOptions,
};
use crate::{
    cli::{
        confirm,
        connection::Connection,
        drive::in_background,
        exit::{CommandError, ExitStatus},
        follow::{self, Ending, FollowOptions, Followed, Signals, Until},
        one_image,
        queue::OpenQueue,
        records::SkippedRecord,
        selection::Selection,
        setup::Setup,
    },
    config,
    domain::{
        ClientToken, CopyRequest, Failure, FailureKind, Image, ImageId, ImageState,
        review::{CheckAnswer, CheckRequest, becomes_public, outlook::Confirmation},
        text::{clean, count, thousands},
    },
    driver::{StoreHandle, StoreLocation},
    engine::{BatchId, Command, Job, JobState},
};

/// How much is started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Amount {
    copies: usize,
    gib: u64,
    public: bool,
}

impl Amount {
    pub(super) fn of_checked(checked: &Checked) -> Self {
        let outlook = &checked.table.outlook;
        Self { copies: outlook.copies, gib: outlook.gib, public: outlook.confirmation.public }
    }

    pub(super) fn of_copies(copies: &[CopyRequest]) -> Self {
        let gib = copies.iter().map(CopyRequest::size_gib).sum();
        Self { copies: copies.len(), gib, public: copies.iter().any(becomes_public) }
    }

    /// Returns what must be typed before it is started.
    fn confirmation(self, limits: &config::Copy) -> Confirmation {
        let large = self.copies > limits.confirm_copies || self.gib > limits.confirm_gib;
        Confirmation { number: (large && self.copies > 0).then_some(self.copies), public: self.public }
    }
}

impl Sum for Amount {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::default(), |sum, one| Self {
            copies: sum.copies + one.copies,
            gib: sum.gib + one.gib,
            public: sum.public || one.public,
        })
    }
}

/// Lets a person confirm many, large or public copies. `first` is what is done before they start, a line each.
///
/// # Errors
/// Wrong usage without a terminal, and if it is not confirmed.
pub(super) fn confirm(setup: &Setup, yes: bool, amount: Amount, first: &[String]) -> Result<(), CommandError> {
    let limits = &setup.config.copy;
    let needed = amount.confirmation(limits);
    if !needed.is_needed() || yes {
        return Ok(());
    }
    let gib = thousands(usize::try_from(amount.gib).unwrap_or(usize::MAX));
    let what = format!("start {}, {gib} GiB", count(amount.copies, "copy", "copies"));
    let mut why = Vec::new();
    if needed.number.is_some() {
        why.push(format!(
            "more than {} or {} GiB at once are to be confirmed",
            count(limits.confirm_copies, "copy", "copies"),
            thousands(usize::try_from(limits.confirm_gib).unwrap_or(usize::MAX)),
        ));
    }
    if needed.public {
        why.push("everyone will be able to launch these images".to_owned());
    }
    let why = why.join(", and ");
    let hint = "Add --yes to start them without a question.";
    // Standard input may have been read for ids.
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return Err(CommandError::usage(Failure::new(what, why).hint(hint)));
    }
    let words = needed.words().join(" ");
    let mut err = io::stderr();
    for line in first {
        _ = writeln!(err, "{}", clean(line));
    }
    _ = write!(err, "{}\nType {words} to {what}: ", clean(&why)).and_then(|()| err.flush());
    let mut line = String::new();
    _ = io::stdin().lock().read_line(&mut line);
    if needed.accepts(&line) { Ok(()) } else { Err(Failure::new(what, "it was not confirmed").into()) }
}

/// Lets a person confirm that another account shares images, which these lines list, before copies of them start.
///
/// # Errors
/// Wrong usage without a terminal, and if it is not confirmed.
pub(super) fn confirm_sharing(
    setup: &Setup,
    yes: bool,
    images: usize,
    amount: Amount,
    lines: &[String],
) -> Result<(), CommandError> {
    if amount.confirmation(&setup.config.copy).is_needed() {
        return confirm(setup, yes, amount, lines);
    }
    let (images, copies) = (count(images, "image", "images"), count(amount.copies, "copy", "copies"));
    confirm::confirm(&format!("share {images} and start {copies}"), lines, yes)
}

/// Stores the request, and leaves it to a process in the background. Returns its batch.
///
/// # Errors
/// If it cannot be stored, or no process can be started.
pub(super) async fn detached(
    setup: &Setup,
    connection: &Connection,
    copies: Vec<CopyRequest>,
) -> Result<Option<BatchId>, CommandError> {
    let location = StoreLocation::Dir(setup.store_dir()?);
    let now = jiff::Timestamp::now();
    let store = location.open(now, |_| {})?;
    let batch = batch(&copies);
    let (account, command) = (connection.account.clone(), Command::Copy(copies));
    store.with(move |store| store.add_command(&account, &command, now)).await?;
    in_background(setup, &connection.account).await?;
    Ok(batch)
}

/// The batch that these copies are requested as.
pub(super) fn batch(copies: &[CopyRequest]) -> Option<BatchId> {
    BatchId::of_copies(copies)
}

/// Gives copies to the queue, and follows them and those under way before.
///
/// # Errors
/// If there is no store, or the request is rejected.
pub(super) async fn run(
    setup: &Setup,
    connection: &Connection,
    copies: Vec<CopyRequest>,
    before: Vec<ClientToken>,
    copying: &CopyOptions,
    signals: &mut Signals,
) -> Result<(Followed, StoreHandle), CommandError> {
    let mut queue = OpenQueue::open(setup, connection, setup.driver_settings())?;
    let store = queue.store.clone();
    let tokens: BTreeSet<ClientToken> = copies.iter().map(|copy| copy.token.clone()).chain(before).collect();
    if !copies.is_empty() {
        queue.send(Command::Copy(copies));
    }
    let progress: Box<dyn follow::Progress> =
        if copying.wait { follow::on_stderr(setup.output) } else { Box::new(follow::Silent) };
    let until = if copying.wait { Until::Ended } else { Until::Answered };
    let options = FollowOptions { until, timeout: copying.timeout, progress, to_background: true };
    let followed = follow::follow(setup, queue, Selection::Tokens(tokens), options, signals).await?;
    Ok((followed, store))
}

/// Takes the copies out of the result that another host has made under the same token, but with another batch, for example. They are
/// looked up, and removed from the list of jobs. A signal ends that: the others stay what they are, copies that have failed.
pub(super) async fn skip_mismatches(
    connection: &Connection,
    followed: &mut Followed,
    store: &StoreHandle,
    known: &Known,
    signals: &mut Signals,
) -> Vec<Skipped> {
    followed.jobs.retain(|job| !known.had_ended(job));
    if matches!(followed.ending, Ending::Signalled(_)) {
        return Vec::new();
    }
    let mismatched = |job: &Job| {
        job.request.token.is_derived()
            && matches!(&job.state, JobState::Failed { failure, .. } if failure.kind == FailureKind::TokenMismatch)
    };
    let (mut skipped, mut ids) = (Vec::new(), BTreeSet::new());
    for job in followed.jobs.iter().filter(|job| mismatched(job)) {
        match signals.unless(made_elsewhere(connection, &job.request)).await {
            Ok(Some(record)) => {
                skipped.push(record);
                ids.insert(job.id);
            }
            Ok(None) => {}
            Err(signal) => {
                followed.ending = Ending::Signalled(signal);
                break;
            }
        }
    }
    if !ids.is_empty() {
        followed.jobs.retain(|job| !ids.contains(&job.id));
        let (account, command) = (connection.account.clone(), Command::Dismiss(ids.into_iter().collect()));
        let dismissed = store.with(move |store| store.add_command(&account, &command, jiff::Timestamp::now())).await;
        if let Err(failure) = dismissed {
            tracing::warn!(%failure, "skipped copies stay in the list of jobs");
        }
    }
    skipped
}

/// Looks for the copy that another host has made.
async fn made_elsewhere(connection: &Connection, copy: &CopyRequest) -> Option<Skipped> {
    /// EC2 is eventually consistent.
    const TRIES: u32 = 10;
    let request = CheckRequest::CopiesOf { region: copy.destination.clone(), sources: vec![copy.source.clone()] };
    for n in 0..TRIES {
        if n > 0 {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        let Ok(CheckAnswer::Images(images)) = connection.session.check(&request).await else { continue };
        let is_pending_or_available = |state| matches!(state, ImageState::Pending | ImageState::Available);
        let made = |image: &&Image| {
            let same = image.is_copy_of(&copy.source, &copy.source_region) && *image.name == *copy.name.as_str();
            same && is_pending_or_available(image.state)
        };
        if let Some(image) = images.iter().find(made) {
            let (region, name, state) = (&copy.destination, clean(&image.name), image.state.as_str());
            let reason = format!("{region}: \"{name}\" was just copied elsewhere: {} is {state}.", image.id);
            let record = SkippedRecord {
                image_id: Some(image.id.to_string()),
                state: Some(state.to_owned()),
                ..SkippedRecord::new(copy, reason)
            };
            return Some(Skipped::new(copy.clone(), record));
        }
    }
    None
}

/// Waits for the images that somebody else is making, and records how they have ended, and in what they are not as requested. Returns
/// the exit status if the time is over or a signal has come.
///
/// # Errors
/// If they cannot be looked up.
pub(super) async fn wait_for_skipped(
    setup: &Setup,
    connection: &Connection,
    skipped: &mut [Skipped],
    timeout: Option<Duration>,
    signals: &mut Signals,
) -> Result<Option<ExitStatus>, Failure> {
    let mut images = Vec::new();
    for skipped in skipped.iter().filter(|skipped| skipped.record.state.as_deref() == Some("pending")) {
        let id = skipped.record.image_id.as_deref().and_then(|id| ImageId::new(id).ok());
        let found = connection.session.describe_images(&skipped.copy.destination, id.as_slice()).await?;
        for image in &found {
            setup.output.note(&format!("Waiting for {} in {}, which was started elsewhere.", image.id, image.region));
        }
        images.extend(found);
    }
    if images.is_empty() {
        return Ok(None);
    }
    let ids: Vec<String> = images.iter().map(|image| image.id.to_string()).collect();
    let ended = one_image::ended_within(setup, connection, images, timeout, signals).await?;
    let images = match ended {
        Ok(images) => images,
        Err(ending) => return Ok(Some(one_image::ended_early(setup, ending, &ids, timeout))),
    };
    for skipped in skipped {
        let id = skipped.record.image_id.as_deref();
        let Some(image) = images.iter().find(|image| Some(image.id.as_str()) == id) else { continue };
        skipped.ended(image);
        if skipped.failure.is_none() && !skipped.record.differences.is_empty() {
            setup.output.note(&skipped.record.reason);
        }
    }
    Ok(None)
}
