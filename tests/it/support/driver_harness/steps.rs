//! What EC2 holds in the end is compared with the jobs' post-copy steps: each is done, or was not and is named.

use std::collections::{BTreeMap, BTreeSet};

use amigrate::{
    domain::{
        AccountId, ImageId, SnapshotId,
        post_copy::{LaunchPermission, PostCopyStep},
    },
    engine::{Job, JobState, Property, StepState},
    sim::{Actor, Change, ChangeKind, CopySeen, Permission},
};

use super::DriverHarness;

impl DriverHarness {
    /// Names every difference between the steps of available copies and what EC2 has.
    pub(super) async fn check_steps(
        &self,
        jobs: &[Job],
        here: &BTreeMap<&ImageId, &CopySeen>,
        changes: &[Change],
        wrong: &mut Vec<String>,
    ) {
        for job in jobs {
            let JobState::Available { image } = &job.state else { continue };
            let Some(copy) = here.get(image) else { continue };
            self.check_permissions(job, copy, wrong);
            check_comparison(job, copy, changes, wrong);
            for (n, (step, state)) in job.steps().enumerate() {
                let done = match state {
                    // A later step has set it to something else, or failed to.
                    StepState::Done if job.is_superseded(n) => true,
                    StepState::Done => self.is_done(job, step, copy, here).await,
                    StepState::Failed(_) | StepState::GivenUp | StepState::GivenUpSent(_) | StepState::Withdrawn(_) => {
                        true
                    }
                    StepState::Waiting | StepState::UnderWay(_) => false,
                };
                if !done {
                    wrong.push(format!("job {}: {step:?} is {state:?}, {image} is not so", job.id));
                }
            }
        }
    }

    async fn is_done(
        &self,
        job: &Job,
        step: &PostCopyStep,
        copy: &CopySeen,
        here: &BTreeMap<&ImageId, &CopySeen>,
    ) -> bool {
        let now = self.clock.now();
        match step {
            // A source that is a copy itself may have been shared since.
            PostCopyStep::CopyLaunchPermissions => {
                here.contains_key(&job.request.source)
                    || self.of_source(job).is_none_or(|wanted| wanted.is_subset(&copy.launch_permissions))
            }
            PostCopyStep::LaunchPermissions(wanted) => {
                wanted.iter().all(|p| copy.launch_permissions.contains(&permission(p)))
            }
            PostCopyStep::SnapshotPermissions(accounts) => copy.image.snapshot_ids().all(|snapshot: &SnapshotId| {
                let shared = self.world.with(|w| w.create_volume_permissions(&copy.region, snapshot, now));
                accounts.iter().all(|a: &AccountId| shared.contains(&Permission::Account(a.clone())))
            }),
            PostCopyStep::Deprecation(at) => {
                copy.image.deprecated.is_some_and(|d| d.duration_since(*at).as_secs().abs() < 60)
            }
            PostCopyStep::DeregistrationProtection { cooldown } => {
                let kind = if *cooldown { "enabled-with-cooldown" } else { "enabled-without-cooldown" };
                copy.image.deregistration_protection.as_deref() == Some(kind)
            }
            PostCopyStep::SourceTag => {
                let (region, source) = (&job.request.source_region, &job.request.source);
                let found = self.session.describe_images(region, std::slice::from_ref(source)).await.unwrap();
                // A later copy to the same region takes its place; the source may be gone since.
                found.first().is_none_or(|i| i.tag(&format!("copied-to:{}", job.request.destination)).is_some())
            }
        }
    }
}

impl DriverHarness {
    /// The source's launch permissions that go over to its copy; `None` if the source is not there any more.
    fn of_source(&self, job: &Job) -> Option<BTreeSet<Permission>> {
        let (region, source, now) = (&job.request.source_region, &job.request.source, self.clock.now());
        let mut permissions = self.world.with(|w| w.launch_permissions(region, source, now))?;
        permissions.remove(&Permission::All);
        Some(permissions)
    }

    /// Nobody may launch a copy for whom that was not requested.
    fn check_permissions(&self, job: &Job, copy: &CopySeen, wrong: &mut Vec<String>) {
        let mut wanted = BTreeSet::new();
        for step in &job.request.post_copy {
            match step {
                PostCopyStep::CopyLaunchPermissions => match self.of_source(job) {
                    Some(permissions) => wanted.extend(permissions),
                    // What it allowed is not known any more.
                    None => wanted.extend(copy.launch_permissions.iter().filter(|p| **p != Permission::All).cloned()),
                },
                PostCopyStep::LaunchPermissions(permissions) => wanted.extend(permissions.iter().map(permission)),
                _ => {}
            }
        }
        if !copy.launch_permissions.is_subset(&wanted) {
            let shared = &copy.launch_permissions;
            wrong.push(format!("{} is shared with {shared:?}, {wanted:?} was requested", copy.image.id));
        }
    }
}

fn permission(of: &LaunchPermission) -> Permission {
    match of {
        LaunchPermission::Account(account) => Permission::Account(account.clone()),
        LaunchPermission::Organization(arn) => Permission::Organization(arn.as_str().into()),
        LaunchPermission::OrganizationalUnit(arn) => Permission::OrganizationalUnit(arn.as_str().into()),
        LaunchPermission::Public => Permission::All,
    }
}

/// EC2 makes what is requested: what differs, another user has changed.
fn check_comparison(job: &Job, copy: &CopySeen, changes: &[Change], wrong: &mut Vec<String>) {
    let meddled = |resource: &str| {
        let by_others = |c: &&Change| c.by == Actor::OtherUser && *c.resource == *resource;
        changes
            .iter()
            .filter(by_others)
            .any(|c| matches!(c.kind, ChangeKind::Tagged | ChangeKind::Untagged | ChangeKind::Deleted))
    };
    for difference in job.request_check.differences() {
        let explained = match &difference.property {
            Property::ImageTag(_) => meddled(copy.image.id.as_str()),
            Property::SnapshotTag(_, snapshots) => snapshots.iter().all(|s| meddled(s.as_str())),
            _ => false,
        };
        if !explained {
            wrong.push(format!("job {} says of {}: {difference:?}", job.id, copy.image.id));
        }
    }
}

/// Sources that a request wants tagged.
pub(super) fn tagged_sources(jobs: &[Job]) -> BTreeSet<ImageId> {
    let tagged = jobs.iter().filter(|j| j.request.post_copy.contains(&PostCopyStep::SourceTag));
    tagged.map(|j| j.request.source.clone()).collect()
}
