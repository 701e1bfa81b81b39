//! Starting copies: they are given to the queue, and followed until EC2 has answered, or until they have ended.

use std::{
    collections::BTreeSet,
    io::{self, BufRead, IsTerminal, Write},
    time::Duration,
};

use super::{arguments::CopyArgs, check::Checked, known::Known};
use crate::{
    cli::{
        connection::Connection,
        exit::CommandError,
        follow::{self, FollowOptions, Followed, Signals, Until},
        queue::OpenQueue,
        records::SkippedRecord,
        selection::Selection,
        setup::Setup,
    },
    domain::{
        ClientToken, CopyRequest, Failure, FailureKind, ImageState,
        review::{CheckAnswer, CheckRequest},
        text::{clean, count, thousands},
    },
    driver::{StoreHandle, StoreLocation, background},
    engine::{Command, Job, JobState},
};

/// Lets a person confirm many, large or public copies.
///
/// # Errors
/// Wrong usage without a terminal, and if it is not confirmed.
pub(super) fn confirm(setup: &Setup, args: &CopyArgs, checked: &Checked) -> Result<(), CommandError> {
    let (outlook, limits) = (&checked.table.outlook, &setup.config.copy);
    let needed = &outlook.confirmation;
    if !needed.is_needed() || args.yes {
        return Ok(());
    }
    let gib = thousands(usize::try_from(outlook.gib).unwrap_or(usize::MAX));
    let what = format!("start {}, {gib} GiB", count(outlook.copies, "copy", "copies"));
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
    _ = write!(err, "{}\nType {words} to {what}: ", clean(&why)).and_then(|()| err.flush());
    let mut line = String::new();
    _ = io::stdin().lock().read_line(&mut line);
    if needed.accepts(&line) { Ok(()) } else { Err(Failure::new(what, "it was not confirmed").into()) }
}

/// Stores the request, and leaves it to a process in the background.
///
/// # Errors
/// If it cannot be stored, or no process can be started.
pub(super) async fn detached(
    setup: &Setup,
    connection: &Connection,
    copies: Vec<CopyRequest>,
) -> Result<(), CommandError> {
    let location = StoreLocation::Dir(setup.store_dir()?);
    let now = jiff::Timestamp::now();
    let store = location.open(now, |_| {})?;
    let (account, command) = (connection.account.clone(), Command::Copy(copies));
    store.with(move |store| store.add_command(&account, &command, now)).await?;
    background(setup).await?;
    Ok(())
}

/// Starts a process that runs the queue in the background, and waits until it is on its own.
async fn background(setup: &Setup) -> Result<(), Failure> {
    let mut arguments = setup.background.clone();
    if let Some(profile) = &setup.profile {
        arguments.extend(["--profile".into(), profile.into()]);
    }
    background::spawn(&arguments)?.detached().await
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
    args: &CopyArgs,
) -> Result<(Followed, StoreHandle), CommandError> {
    let mut signals = Signals::listen()?;
    let mut queue = OpenQueue::open(setup, connection, setup.driver_settings())?;
    let store = queue.store.clone();
    let tokens: BTreeSet<ClientToken> = copies.iter().map(|copy| copy.token.clone()).chain(before).collect();
    if !copies.is_empty() {
        queue.send(Command::Copy(copies));
    }
    let progress: Box<dyn follow::Progress> =
        if args.wait { follow::on_stderr(setup.output) } else { Box::new(follow::Silent) };
    let until = if args.wait { Until::Ended } else { Until::Answered };
    let options = FollowOptions { until, timeout: args.timeout, progress };
    let followed = follow::follow(setup, queue, Selection::Tokens(tokens), options, &mut signals).await?;
    Ok((followed, store))
}

/// Takes the copies out of the result that another host has made under the same token, but with another batch, for example. They are
/// looked up, and removed from the list of jobs.
pub(super) async fn skip_mismatches(
    connection: &Connection,
    followed: &mut Followed,
    store: &StoreHandle,
    known: &Known,
) -> Vec<SkippedRecord> {
    followed.jobs.retain(|job| !known.had_ended(job));
    let mismatched = |job: &Job| {
        job.request.token.is_derived()
            && matches!(&job.state, JobState::Failed { failure, .. } if failure.kind == FailureKind::TokenMismatch)
    };
    let (mut skipped, mut ids) = (Vec::new(), BTreeSet::new());
    for job in followed.jobs.iter().filter(|job| mismatched(job)) {
        if let Some(record) = made_elsewhere(connection, &job.request).await {
            skipped.push(record);
            ids.insert(job.id);
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
async fn made_elsewhere(connection: &Connection, copy: &CopyRequest) -> Option<SkippedRecord> {
    /// EC2 is eventually consistent.
    const TRIES: u32 = 10;
    let request = CheckRequest::CopiesOf { region: copy.destination.clone(), sources: vec![copy.source.clone()] };
    for n in 0..TRIES {
        if n > 0 {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        let Ok(CheckAnswer::Images(images)) = connection.session.check(&request).await else { continue };
        let stands = |state| matches!(state, ImageState::Pending | ImageState::Available);
        if let Some(image) = images.iter().find(|image| stands(image.state) && *image.name == *copy.name.as_str()) {
            let (region, name, state) = (&copy.destination, clean(&image.name), image.state.as_str());
            let reason = format!("{region}: \"{name}\" was just copied elsewhere: {} is {state}.", image.id);
            return Some(SkippedRecord {
                image_id: Some(image.id.to_string()),
                state: Some(state.to_owned()),
                ..SkippedRecord::new(copy, reason)
            });
        }
    }
    None
}

/// Leaves what is still to be done to a process in the background, or says who carries it on.
pub(super) async fn leave(setup: &Setup, followed: &Followed) {
    let open = followed.jobs.iter().filter(|job| job.needs_driving()).count();
    if open == 0 {
        return;
    }
    let copies = count(open, "copy has", "copies have");
    if !setup.config.jobs.background_on_hangup {
        let text = format!("{copies} steps left, which `amigrate watch` or `amigrate drive` carries out.");
        return setup.output.note(&text);
    }
    match background(setup).await {
        Ok(()) => setup.output.note(&format!("{copies} steps left, which a process in the background carries out.")),
        Err(failure) => setup.output.note(&format!("{copies} steps left: {failure}. {}", failure.hint)),
    }
}
