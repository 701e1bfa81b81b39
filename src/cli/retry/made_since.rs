//! Failed copies that have been made since, by another job or elsewhere: a retry would make them twice.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::{
    aws::Session,
    cli::follow::title,
    domain::{
        AccountKey, CopyRequest, Failure, Image, ImageId, ImageState, Region,
        review::{CheckAnswer, CheckRequest},
    },
    engine::{Command, Job, JobId, Origin},
    store::Store,
};

/// The copies under way in a store, and those that are requested.
pub(super) struct UnderWay {
    jobs: Vec<Job>,
    requested: Vec<CopyRequest>,
}

impl UnderWay {
    /// Reads the store.
    pub(super) fn read(store: &Store, account: &AccountKey) -> Result<Self, Failure> {
        let loaded = store.load(account, Timestamp::now())?;
        let is_open = |job: &Job| job.origin == Origin::Here && !job.state.ended() && !job.is_being_removed();
        let requested = loaded.commands.into_iter().flat_map(|(_, command)| match command {
            Command::Copy(requests) => requests,
            _ => Vec::new(),
        });
        Ok(Self { jobs: loaded.jobs.into_iter().filter(is_open).collect(), requested: requested.collect() })
    }

    /// Returns why a copy is not to be made now, if another job makes it.
    fn why_not(&self, job: &Job) -> Option<String> {
        if let Some(other) = self.jobs.iter().find(|other| other.id != job.id && is_same(&other.request, &job.request))
        {
            return Some(format!("copy {} makes it already: it is {}", other.id, other.phase().as_str()));
        }
        let requested = self.requested.iter().any(|request| is_same(request, &job.request));
        requested.then(|| "it has just been requested again".into())
    }
}

/// Takes out the copies that have been made since, or are being made. Returns why they are not made again.
pub(super) async fn take_out(copies: &mut Vec<Job>, under_way: &UnderWay, session: &Session) -> Vec<Failure> {
    let existing = existing(copies, session).await;
    let (mut kept, mut refused): (Vec<Job>, Vec<Failure>) = (Vec::new(), Vec::new());
    for job in copies.drain(..) {
        let twin = kept.iter().find(|other| is_same(&other.request, &job.request)).map(|other| other.id);
        let why = under_way.why_not(&job).or_else(|| twin.map(of_twin));
        let failure = match (why, &existing[&job.request.destination]) {
            (Some(why), _) => Some(refusal(&job, why)),
            (None, Ok(images)) => images.iter().find(|image| is_copy(image, &job)).map(|image| {
                refusal(&job, format!("it has been made since: {} is {}", image.id, image.state.as_str()))
            }),
            (None, Err(failure)) => {
                let why = format!("whether it has been made since is not known: {}", failure.why);
                Some(Failure { what: refusal(&job, String::new()).what, why, ..failure.clone() })
            }
        };
        match failure {
            Some(failure) => refused.push(failure),
            None => kept.push(job),
        }
    }
    *copies = kept;
    refused
}

fn of_twin(other: JobId) -> String {
    format!("copy {other} is the same, and is retried")
}

fn refusal(job: &Job, why: String) -> Failure {
    Failure::new(format!("retry copy {}, {}", job.id, title(job)), why)
        .hint("`amigrate copy` with `--if-exists copy` makes another.")
}

/// Returns true if both make the same image.
fn is_same(a: &CopyRequest, b: &CopyRequest) -> bool {
    (&a.source, &a.source_region, &a.destination, &a.name) == (&b.source, &b.source_region, &b.destination, &b.name)
}

/// Returns true if the image is the job's copy, made by another job or elsewhere.
fn is_copy(image: &Image, job: &Job) -> bool {
    let request = &job.request;
    matches!(image.state, ImageState::Pending | ImageState::Available | ImageState::Disabled)
        && *image.name == *request.name.as_str()
        && image.is_copy_of(&request.source, &request.source_region)
        && !job.images.contains(&image.id)
}

/// Looks for copies of the sources, in each destination.
async fn existing(copies: &[Job], session: &Session) -> BTreeMap<Region, Result<Vec<Image>, Failure>> {
    let mut sources: BTreeMap<&Region, BTreeSet<&ImageId>> = BTreeMap::new();
    for job in copies {
        sources.entry(&job.request.destination).or_default().insert(&job.request.source);
    }
    let look = sources.into_iter().map(|(region, sources)| async move {
        let sources: Vec<ImageId> = sources.into_iter().cloned().collect();
        (region.clone(), copies_of(session, region, &sources).await)
    });
    futures_util::future::join_all(look).await.into_iter().collect()
}

async fn copies_of(session: &Session, region: &Region, sources: &[ImageId]) -> Result<Vec<Image>, Failure> {
    let mut found = Vec::new();
    for sources in sources.chunks(CheckRequest::VALUES) {
        let request = CheckRequest::CopiesOf { region: region.clone(), sources: sources.to_vec() };
        if let CheckAnswer::Images(images) = session.check(&request).await? {
            found.extend(images);
        }
    }
    Ok(found)
}
