//! A state directory, the processes that use it, and the checks of the end state.

use std::{
    collections::BTreeSet,
    fs,
    io::{BufRead as _, BufReader, Read},
    os::unix::fs::DirBuilderExt as _,
    path::PathBuf,
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use amigrate::{
    domain::{
        AccountId, AccountKey, ClientToken, CopyRequest, Encryption, ImageId, ImageName, ImageState, KmsKeyRef, Region,
        SnapshotId, SnapshotState,
    },
    engine::{self, Job, JobState},
    sim::{Actor, CopySeen},
    store::{DriverLock, Loaded, Store},
};
use jiff::Timestamp;
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::support::ec2_server::{ChangeSignal, Ec2, lock};
use crate::support::pty::{Program, Pty};

/// Much longer than anything takes; only a hang reaches it.
pub(crate) const PATIENCE: Duration = Duration::from_mins(2);
/// The destinations; the scenario has no copies of its own there.
pub(crate) const REGIONS: [&str; 3] = ["us-east-2", "eu-west-2", "ca-central-1"];
const HOME_REGION: &str = "us-east-1";

pub(crate) struct ProcessFixture {
    pub(crate) ec2: Ec2,
    pub(crate) changed: ChangeSignal,
    pub(crate) home: TempDir,
    pub(crate) account: AccountKey,
    source: (ImageId, Vec<u32>, Vec<SnapshotId>),
    /// More environment variables.
    pub(crate) settings: Vec<(&'static str, String)>,
}

impl ProcessFixture {
    pub(crate) fn new() -> Self {
        let changed = ChangeSignal::default();
        let ec2 = Ec2::quick(&changed);
        let account = account_at(&ec2.url);
        let source = ec2.newest(HOME_REGION, "app-web-");
        Self { ec2, changed, home: tempfile::tempdir().expect("a directory"), account, source, settings: Vec::new() }
    }

    /// One copy at a time to each region, pending until [`Ec2::finish`]: the driver has to keep running.
    pub(crate) fn slow() -> Self {
        let mut fixture = Self::new();
        fixture.ec2.hold();
        fixture.settings =
            vec![("AMIGRATE_COPY_PENDING_LIMIT", "1".into()), ("AMIGRATE_POLL_SLOWEST_SECONDS", "1".into())];
        fixture
    }

    /// Where the program keeps its jobs.
    pub(crate) fn dir(&self) -> PathBuf {
        let home = self.home.path();
        if cfg!(target_os = "macos") {
            home.join("Library/Application Support/amigrate")
        } else {
            home.join("amigrate")
        }
    }

    pub(crate) fn store(&self) -> Store {
        let opened = Store::open(&self.dir(), Timestamp::now()).expect("the store opens");
        assert_eq!(opened.set_aside, None, "the store was damaged");
        opened.store
    }

    /// The account's jobs in the store, including ended ones.
    pub(crate) fn loaded(&self) -> Loaded {
        self.store().load(&self.account, Timestamp::UNIX_EPOCH).expect("it is readable")
    }

    pub(crate) fn jobs(&self) -> Vec<Job> {
        self.loaded().jobs
    }

    pub(crate) fn ask(&self, command: &engine::Command) {
        self.store().add_command(&self.account, command, Timestamp::now()).expect("the store takes it");
    }

    /// Stores a copy as a process leaves it that died right after sending the request.
    pub(crate) fn leave_sent(&self, request: CopyRequest, at: Timestamp) {
        let batch = amigrate::engine::BatchId::of_copies(std::slice::from_ref(&request)).expect("a copy");
        let mut job = Job::new(amigrate::engine::JobId(1), batch, request, at);
        job.state = JobState::Starting;
        let changes = amigrate::store::ChangeSet { jobs: vec![Arc::new(job)], ..Default::default() };
        self.store().commit(&self.account, &changes, at).expect("the store takes it");
    }

    /// A copy of the newest web image.
    pub(crate) fn request(&self, name: &str, to: &str, token: u128) -> CopyRequest {
        CopyRequest {
            source_name: "app-web".into(),
            volumes: self.source.1.clone(),
            source_snapshots: self.source.2.clone(),
            ..CopyRequest::bare(
                (self.source.0.clone(), region(HOME_REGION)),
                region(to),
                ImageName::new(name).expect("a name"),
                ClientToken::from_random(token),
            )
        }
    }

    /// Requests that many copies to each region, as one batch.
    pub(crate) fn ask_copies(&self, batch: &str, each: usize) {
        let requests = REGIONS.iter().enumerate().flat_map(|(r, to)| {
            (0..each).map(move |n| (format!("{batch}-{n}"), *to, (r * 100 + n) as u128 + token_of(batch)))
        });
        let requests = requests.map(|(name, to, token)| self.request(&name, to, token)).collect();
        self.ask(&engine::Command::Copy(requests));
    }

    fn environment(&self) -> Vec<(&'static str, String)> {
        let home = self.home.path().to_str().expect("a plain name").to_owned();
        let mut all: Vec<_> = ["HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"]
            .map(|name| (name, home.clone()))
            .into();
        all.extend([
            ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
            ("AWS_ENDPOINT_URL", self.ec2.url.clone()),
            ("AWS_ACCESS_KEY_ID", "test".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "test".to_owned()),
            ("AWS_REGION", HOME_REGION.to_owned()),
            ("AMIGRATE_POLL_FASTEST_SECONDS", "1".to_owned()),
            // The copies of others in other regions are no matter here.
            ("AMIGRATE_BROWSE_REGIONS", "home".to_owned()),
        ]);
        all.extend(self.settings.clone());
        all
    }

    /// The program with these arguments, without a terminal.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        self.command_of(env!("CARGO_BIN_EXE_amigrate"), arguments)
    }

    /// Another program, in the same surroundings.
    pub(crate) fn command_of(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(arguments).env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.envs(self.environment());
        command
    }

    /// `amigrate drive`.
    pub(crate) fn drive(&self) -> Drive {
        Drive::start(self.command(&["drive"]), self)
    }

    /// The screen, on a terminal that shows everything.
    pub(crate) fn screen(&self) -> Pty {
        self.screen_by(env!("CARGO_BIN_EXE_amigrate"), &[])
    }

    /// The screen, started by another program.
    pub(crate) fn screen_by(&self, program: &str, arguments: &[&str]) -> Pty {
        // The welcome would take the first key. Where it cannot be noted it is not shown.
        let state = self.dir();
        _ = fs::DirBuilder::new().recursive(true).mode(0o700).create(&state);
        let remembered = state.join("screen.json");
        if !remembered.exists() {
            _ = fs::write(remembered, r#"{"welcomed": true}"#);
        }
        self.environment()
            .iter()
            .fold(Program::new(program, arguments), |program, (name, value)| program.env(name, value))
            .start(140, 50)
    }

    /// A screen that shows the images and knows whose they are.
    pub(crate) fn screen_ready(&self) -> Pty {
        let mut screen = self.screen();
        screen
            .wait_for("the images", |t| t.contains("123456789012") && t.contains("app-web-") && !t.contains("listing"));
        screen
    }

    /// Returns true if no process drives the queue.
    pub(crate) fn nobody_drives(&self) -> bool {
        DriverLock::try_take(&self.dir(), &self.account).expect("locks work here").is_some()
    }

    /// Runs a screen until every job has ended: a finished copy ends only once a process polls it.
    #[track_caller]
    pub(crate) fn finish_copies(&self) {
        let mut screen = self.screen();
        screen.wait_for("every copy to end", |_| {
            let loaded = self.loaded();
            let done = |job: &Job| job.state.ended() && job.steps().all(|(_, state)| !state.is_open());
            loaded.commands.is_empty() && loaded.jobs.iter().all(done)
        });
        screen.quit();
    }

    /// Checks that the store and EC2 agree: no copy lost, made twice or left behind.
    #[track_caller]
    pub(crate) fn agrees(&self) {
        let jobs = self.jobs();
        let now = Timestamp::now();
        let (copies, snapshots, made) = self.ec2.with(|w| (w.copies(now), w.copy_snapshots(now), w.copies_made()));
        let copies: Vec<CopySeen> = copies.into_iter().filter(|c| c.created_by == Actor::Request).collect();

        let kept: BTreeSet<(Region, ImageId)> =
            jobs.iter().filter_map(|j| Some((j.request.destination.clone(), j.image()?.clone()))).collect();
        let there: BTreeSet<(Region, ImageId)> =
            copies.iter().map(|c| (c.region.clone(), c.image.id.clone())).collect();
        assert_eq!(kept, there, "the images that the store knows, and those in EC2; {}", job_lines(&jobs));

        for job in &jobs {
            assert!(job.state.ended(), "{}", job_lines(&jobs));
            let Some(image) = job.image() else { continue };
            let copy = copies.iter().find(|c| c.image.id == *image).expect("just compared");
            assert_eq!(copy.token.as_deref(), Some(job.request.token.as_str()), "the copy's own token");
            assert_eq!(&*copy.image.name, job.request.name.as_str());
            match &job.state {
                JobState::Available { .. } => {
                    assert_eq!(copy.image.state, ImageState::Available);
                    assert!(copy.snapshots.iter().all(|s| s.state == SnapshotState::Completed), "{copy:?}");
                    assert_eq!(copy.snapshots.len(), job.request.volumes.len(), "{copy:?}");
                }
                JobState::Failed { .. } => assert_eq!(copy.image.state, ImageState::Failed),
                other => panic!("{other:?} has an image"),
            }
        }
        let begun: usize = jobs.iter().map(|j| j.images.len()).sum();
        assert_eq!(made, begun as u64, "images that EC2 made, and those the store knows of; {}", job_lines(&jobs));

        let scenario: Vec<ImageId> = self.ec2.with(|w| {
            w.copies(now).into_iter().filter(|c| c.created_by != Actor::Request).map(|c| c.image.id).collect()
        });
        let orphans: Vec<_> = snapshots
            .iter()
            .filter(|(region, image, _)| !there.contains(&(region.clone(), image.clone())) && !scenario.contains(image))
            .collect();
        assert!(orphans.is_empty(), "snapshots of no image: {orphans:#?}; {}", job_lines(&jobs));
    }
}

/// The scenario's account, at this endpoint.
pub(crate) fn account_at(url: &str) -> AccountKey {
    AccountKey::new(&AccountId::new("123456789012").expect("digits"), Some(url))
}

pub(crate) fn region(name: &str) -> Region {
    Region::new(name).expect("a region")
}

pub(crate) fn bad_key() -> Encryption {
    Encryption::Encrypt { key: Some(KmsKeyRef::new("alias/nobody-has-it").expect("well formed")) }
}

/// Different for every batch of a test.
fn token_of(batch: &str) -> u128 {
    batch.bytes().fold(7, |sum, byte| sum * 257 + u128::from(byte)) << 16
}

pub(crate) fn job_lines(jobs: &[Job]) -> String {
    let line = |j: &Job| {
        let request = &j.request;
        format!(
            "\n  {} {} to {}: {} {:?} made {:?} {:?}",
            j.id,
            request.name,
            request.destination,
            j.phase().as_str(),
            j.waiting,
            j.images,
            j.note
        )
    };
    format!("the store:{}", jobs.iter().map(line).collect::<String>())
}

impl Ec2 {
    /// The newest available image of the account in a region with such a name, its volumes and snapshots.
    pub(crate) fn newest(&self, region: &str, name: &str) -> (ImageId, Vec<u32>, Vec<SnapshotId>) {
        let state = self.state();
        let images = state[region]["images"].as_array().expect("images");
        let image = images
            .iter()
            .find(|i| i["Name"].as_str().is_some_and(|n| n.starts_with(name)) && i["State"] == "available")
            .expect("an image");
        let devices = image["BlockDeviceMappings"].as_array().expect("devices").iter();
        let volumes = devices.clone().filter_map(|d| u32::try_from(d["Ebs"]["VolumeSize"].as_u64()?).ok()).collect();
        let snapshots = devices.filter_map(|d| SnapshotId::new(d["Ebs"]["SnapshotId"].as_str()?).ok()).collect();
        (ImageId::new(image["ImageId"].as_str().expect("an id")).expect("an id"), volumes, snapshots)
    }
}

/// A running `amigrate drive`, or any other command without a terminal. Dropping it kills the process.
pub(crate) struct Drive {
    child: Child,
    out: Lines,
    err: Lines,
    open: Arc<Mutex<usize>>,
    changed: ChangeSignal,
    reaped: bool,
}

impl Drive {
    pub(crate) fn start(mut command: Command, fixture: &ProcessFixture) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("it starts");
        let open = Arc::new(Mutex::new(2));
        let out = collect(child.stdout.take().expect("piped"), &open, &fixture.changed);
        let err = collect(child.stderr.take().expect("piped"), &open, &fixture.changed);
        Self { child, out, err, open, changed: fixture.changed.clone(), reaped: false }
    }

    pub(crate) fn pid(&self) -> Pid {
        Pid::from_raw(self.child.id().try_into().expect("a number")).expect("a number")
    }

    /// What it has said on standard output so far.
    pub(crate) fn said(&self) -> String {
        lock(&self.out).join("\n")
    }

    /// The number of lines it has said, on either.
    pub(crate) fn lines(&self) -> usize {
        lock(&self.out).len() + lock(&self.err).len()
    }

    pub(crate) fn ended(&self) -> bool {
        *lock(&self.open) == 0
    }

    /// What it has said on standard error so far.
    pub(crate) fn errors(&self) -> String {
        lock(&self.err).iter().flat_map(|line| [line.as_str(), "\n"]).collect()
    }

    /// Waits until it has said this, on either.
    #[track_caller]
    pub(crate) fn wait_to_say(&self, words: &str) {
        self.changed.wait_for(&format!("`{words}`"), PATIENCE, || {
            let ended = self.ended();
            let said = format!("{}\n{}", self.said(), self.errors());
            assert!(!ended || said.contains(words), "it ended without `{words}`: {said}");
            said.contains(words).then_some(())
        });
    }

    /// Sends SIGKILL.
    pub(crate) fn kill(&self) {
        let _ = kill_process(self.pid(), Signal::KILL);
    }

    /// Waits for its end.
    #[track_caller]
    pub(crate) fn wait(&mut self) -> ExitStatus {
        self.changed.wait_for("a process to end", PATIENCE, || self.ended().then_some(()));
        let status = self.child.wait().expect("it is ours");
        self.reaped = true;
        let errors = self.errors();
        assert!(!errors.contains("panicked"), "{errors}");
        status
    }
}

type Lines = Arc<Mutex<Vec<String>>>;

/// Collects the lines of a stream as they come.
fn collect(stream: impl Read + Send + 'static, open: &Arc<Mutex<usize>>, changed: &ChangeSignal) -> Lines {
    let lines = Lines::default();
    let (all, open, changed) = (Arc::clone(&lines), Arc::clone(open), changed.clone());
    thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            lock(&all).push(line);
            changed.notify();
        }
        *lock(&open) -= 1;
        changed.notify();
    });
    lines
}

impl Drop for Drive {
    fn drop(&mut self) {
        if !self.reaped {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}
