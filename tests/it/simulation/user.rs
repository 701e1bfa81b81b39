//! What the user of the program does.

use amigrate::{
    domain::{
        AccountId, CopyRequest, Image, ImageState,
        post_copy::{LaunchPermission, PostCopyStep},
    },
    engine::{Command, Job, JobId, JobState, Origin, Resolution},
};

use jiff::SignedDuration;

use super::Simulation;
use crate::support::driver_harness::{DriverRun, request};

impl Simulation {
    /// An image to copy: one of the scenario's, or one that was copied before and carries its copy's tags.
    pub(super) fn source(&mut self) -> Image {
        let now = self.harness.clock.now();
        if self.rng.u8(..) < 40 {
            let mut copies = self.harness.world.with(|w| w.copies(now));
            copies.retain(|c| c.image.state == ImageState::Available && c.image.source_image_id.is_some());
            if let Some(copy) = self.pick(&copies) {
                self.did("copies of copies asked for");
                return copy.image;
            }
        }
        let n = self.rng.usize(..self.sources.len());
        self.sources[n].clone()
    }

    pub(super) async fn submit(&mut self, run: &DriverRun) {
        let mut copies = Vec::new();
        for _ in 0..self.rng.usize(1..5) {
            let (to, n) = (self.place(), self.asked.len() + copies.len());
            let source = self.source();
            let key = (self.rng.u8(..) < 40).then_some("alias/no/such/key");
            // Now and then the name of an earlier one: names are not unique.
            let name = match self.asked.len() {
                before @ 1.. if self.rng.u8(..) < 30 => format!("sim-{}", self.rng.usize(..before)),
                _ => format!("sim-{n}"),
            };
            let token = self.rng.u128(..);
            let post_copy = self.steps();
            copies.push(CopyRequest { post_copy, ..request(&source, &to, &name, key, token) });
        }
        self.did("batches asked for");
        self.harness.ask(run, Command::Copy(copies.clone())).await;
        self.asked.extend(copies);
    }

    /// Some of the post-copy steps, in a copy out of three.
    fn steps(&mut self) -> Vec<PostCopyStep> {
        if self.rng.u8(..3) > 0 {
            return Vec::new();
        }
        let account = AccountId::new("210987654321").unwrap();
        let mut steps = vec![
            PostCopyStep::CopyLaunchPermissions,
            PostCopyStep::LaunchPermissions(vec![LaunchPermission::Account(account.clone())]),
            PostCopyStep::SnapshotPermissions(vec![account]),
            PostCopyStep::Deprecation(self.harness.clock.now() + SignedDuration::from_hours(24 * 365)),
            PostCopyStep::DeregistrationProtection { cooldown: false },
            PostCopyStep::SourceTag,
        ];
        steps.retain(|step| {
            // A protected copy cannot be deregistered by anybody.
            let often = if matches!(step, PostCopyStep::DeregistrationProtection { .. }) { 40 } else { 128 };
            self.rng.u8(..) < often
        });
        self.rng.shuffle(&mut steps);
        steps
    }

    /// What is left of a copy's steps, without some, with another account and another date.
    fn changed(&mut self, job: &Job) -> Vec<PostCopyStep> {
        let mut steps = job.steps_left();
        let another = AccountId::new("333322221111").unwrap();
        for step in &mut steps {
            match step {
                PostCopyStep::LaunchPermissions(who) => *who = vec![LaunchPermission::Account(another.clone())],
                PostCopyStep::SnapshotPermissions(who) => who.push(another.clone()),
                PostCopyStep::Deprecation(at) => *at += SignedDuration::from_hours(24),
                _ => {}
            }
        }
        steps.retain(|_| self.rng.u8(..) < 192);
        steps
    }

    /// A person who asks for the removal of a copy sees its id.
    fn name(&mut self, jobs: &[Job], id: JobId) {
        let Some(job) = jobs.iter().find(|j| j.id == id) else { return };
        if job.origin == Origin::Elsewhere {
            self.named.extend(job.image().cloned());
        }
        if matches!(job.state, JobState::InDoubt { .. }) {
            self.harness.observed().given_up.insert(job.request.token.clone());
        }
    }

    /// A person decides about a copy in doubt: knows which image is the copy's, copies again, or gives up.
    pub(super) async fn resolve(&mut self, run: &DriverRun) {
        let in_doubt = |j: &&Job| matches!(j.state, JobState::InDoubt { .. });
        for job in self.harness.stored().await.iter().filter(in_doubt) {
            let now = self.harness.clock.now();
            let copies = self.harness.world.with(|w| w.copies(now));
            let own = copies.into_iter().find(|c| c.token.as_deref() == Some(job.request.token.as_str()));
            let (what, resolution) = match (self.rng.u8(..4), own) {
                (0, _) => ("copies in doubt given up", Resolution::GiveUp),
                (_, Some(copy)) => ("copies in doubt resolved with an image", Resolution::ThisImage(copy.image.id)),
                (_, None) => ("copies in doubt resolved by another copy", Resolution::CopyAgain(self.token())),
            };
            self.did(what);
            if resolution == Resolution::GiveUp {
                self.harness.observed().given_up.insert(job.request.token.clone());
            }
            self.harness.ask(run, Command::Resolve { job: job.id, resolution }).await;
        }
    }

    /// A person has steps carried out that were not: as they are, or changed.
    async fn carry_out_steps(&mut self, run: &DriverRun, jobs: &[Job], ids: &[JobId]) {
        let Some(id) = self.pick(ids) else { return };
        let command = match jobs.iter().find(|j| j.id == id) {
            Some(job) if self.rng.bool() => {
                self.did("steps changed");
                Command::EditSteps { job: id, steps: self.changed(job), known: None }
            }
            _ => {
                self.did("steps tried again");
                Command::ReopenSteps(vec![id])
            }
        };
        self.harness.ask(run, command).await;
    }

    /// A person does something.
    pub(super) async fn person(&mut self, run: &DriverRun) {
        let jobs = self.harness.stored().await;
        let ids = |which: &dyn Fn(&Job) -> bool| jobs.iter().filter(|j| which(j)).map(|j| j.id).collect::<Vec<_>>();
        match self.rng.u8(..8) {
            0 | 1 if self.asked.len() < 14 => self.submit(run).await,
            2 | 3 => {
                if let Some(id) = self.pick(&ids(&|j| !j.state.ended())) {
                    self.did("copies cancelled");
                    self.name(&jobs, id);
                    self.harness.ask(run, Command::Cancel(vec![id])).await;
                }
            }
            4 if self.rng.bool() => self.resolve(run).await,
            4 if self.rng.u8(..) < 80 => {
                if let Some(id) = self.pick(&ids(&|j| !j.state.ended())) {
                    let batch = &jobs.iter().find(|j| j.id == id).unwrap().batch;
                    // A copy started elsewhere is a batch by itself, named by its id; no other batch means one.
                    self.name(&jobs, id);
                    self.did("batches cancelled");
                    self.harness.ask(run, Command::Cancel(ids(&|j| j.batch == *batch && !j.state.ended()))).await;
                }
            }
            5 => {
                let steps = ids(&|j| (j.can_retry_steps() || j.has_given_up_steps()) && !j.dismissed);
                self.carry_out_steps(run, &jobs, &steps).await;
                let failed = ids(&|j| {
                    matches!(j.state, JobState::Failed { .. } | JobState::Gone { .. })
                        && j.origin == Origin::Here
                        && !j.dismissed
                });
                if let Some(id) = self.pick(&failed) {
                    let token = self.token();
                    self.did("copies tried again");
                    self.harness.ask(run, Command::Retry(vec![(id, token)])).await;
                }
            }
            6 => {
                if let Some(id) = self.pick(&ids(&|j| matches!(j.state, JobState::Available { .. }) && !j.dismissed)) {
                    self.did("copies deregistered");
                    self.name(&jobs, id);
                    self.harness.ask(run, Command::Deregister(vec![id])).await;
                }
            }
            7 => {
                if let Some(id) = self.pick(&ids(&|j| j.state.ended() && !j.dismissed)) {
                    self.did("copies dismissed");
                    self.harness.ask(run, Command::Dismiss(vec![id])).await;
                }
                run.handle.send(Command::RefreshNow);
                run.handle.send(Command::ListPendingIn(self.places.clone()));
            }
            _ => {}
        }
    }
}
