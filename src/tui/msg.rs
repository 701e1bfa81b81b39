//! What comes in and what goes out, as plain data: a log of messages replays to the same screen.

use std::sync::Arc;

use crate::{
    domain::{Account, AccountKey, CredentialSource, Failure, Image, ImageQuery, Region, RegionInfo, kms_key::KeyList},
    driver::JobUpdate,
    engine::{AuditEntry, Command, Job, JobId},
    term::Input,
};

/// An effect's number; its reply carries it, and a reply that is no longer awaited is dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EffectId(pub u64);

/// Everything that can happen to the model.
#[derive(Debug, Clone, PartialEq)]
pub enum Msg {
    /// The terminal said something.
    Input(Input),
    /// An effect was answered.
    Reply {
        /// Which effect.
        id: EffectId,
        /// Its answer.
        reply: Reply,
    },
    /// News of the jobs.
    Jobs(JobUpdate),
    /// A login has written something: credentials that did not work may work now.
    LoginChanged,
    /// A deadline has passed.
    Tick,
}

/// Everything the runtime is asked to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Load a profile's configuration and check that it has credentials.
    Connect {
        /// Awaited by.
        id: EffectId,
        /// The profile; `None` for the environment's.
        profile: Option<String>,
    },
    /// Ask who is signed in.
    AskAccount {
        /// Awaited by.
        id: EffectId,
    },
    /// List the account's regions.
    ListRegions {
        /// Awaited by.
        id: EffectId,
    },
    /// Fetch one page of images.
    ListImages {
        /// Awaited by.
        id: EffectId,
        /// Where.
        region: Region,
        /// Whose.
        query: ImageQuery,
        /// The page; `None` for the first.
        token: Option<String>,
    },
    /// List a destination's keys.
    ListKeys {
        /// Awaited by.
        id: EffectId,
        /// Where.
        region: Region,
    },
    /// List the profiles on this machine.
    ListProfiles {
        /// Awaited by.
        id: EffectId,
    },
    /// Read this account's jobs, follow their changes, and drive them if nobody else does.
    OpenJobs {
        /// Whose.
        account: AccountKey,
    },
    /// Show the jobs of the account that the profile signed in to last, as they are stored.
    ShowStoredJobs,
    /// Close the account's queue: another account is signed in to.
    CloseJobs,
    /// Ask for something; it is written down before it is done.
    Command(Command),
    /// Read the jobs that have ended.
    History {
        /// Awaited by.
        id: EffectId,
    },
    /// Read the calls that changed something for a job.
    Audit {
        /// Awaited by.
        id: EffectId,
        /// Which job.
        job: JobId,
    },
    /// Start a background process that runs the queue.
    Background,
    /// Watch the files that a login writes, or stop that.
    WatchLogin(bool),
    /// Put a text on the clipboard of the user's terminal.
    Clipboard(String),
    /// Ring the bell.
    Bell,
    /// Switch the mouse on or off.
    Mouse(bool),
    /// Paint every cell anew.
    Repaint,
    /// Take the terminal again after the process was stopped and continued, and paint every cell anew.
    ResumeTerminal,
    /// Stop like any program under job control.
    Suspend,
    /// Keep the choice of regions for the next start.
    CacheRegions {
        /// For this profile.
        profile: String,
        /// The choice.
        regions: Vec<Region>,
    },
    /// Leave.
    Quit,
}

/// The answer to an [`Effect`] that has an id.
#[derive(Debug, Clone, PartialEq)]
pub enum Reply {
    /// To [`Effect::Connect`].
    Connected(Result<Connected, Failure>),
    /// To [`Effect::AskAccount`].
    Account(Result<Account, Failure>),
    /// To [`Effect::ListRegions`].
    Regions(Result<Vec<RegionInfo>, Failure>),
    /// To [`Effect::ListImages`].
    Images {
        /// Where.
        region: Region,
        /// The page.
        page: Result<Page, Failure>,
    },
    /// To [`Effect::ListKeys`].
    Keys {
        /// Where.
        region: Region,
        /// What the region says.
        keys: KeyList,
    },
    /// To [`Effect::ListProfiles`].
    Profiles(Vec<String>),
    /// To [`Effect::History`]: the newest end first.
    History(Result<Vec<Arc<Job>>, Failure>),
    /// To [`Effect::Audit`]: the newest last.
    Audit(Result<Vec<AuditEntry>, Failure>),
}

/// A profile that has credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connected {
    /// Its name.
    pub profile: Option<String>,
    /// Where its credentials came from.
    pub source: Option<CredentialSource>,
    /// Its region.
    pub home: Region,
    /// The endpoint all calls go to, where one is set.
    pub endpoint: Option<String>,
    /// Regions chosen when it was last used.
    pub remembered: Vec<Region>,
    /// Whether a region was configured at all; without one, us-east-1 is shown.
    pub region_given: bool,
}

/// One page of images.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Page {
    /// May be empty though more pages follow.
    pub images: Vec<Image>,
    /// How to ask for the next.
    pub next: Option<String>,
}
