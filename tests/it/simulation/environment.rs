//! What goes wrong at AWS, what EC2 does by itself, and what other users of the account do.

use amigrate::{
    aws::SimulatedLogin,
    domain::{ImageState, image::Tag},
    engine::JobTags,
    sim::{
        CopySeen, LookAlike, World,
        faults::{FaultKind, Rule},
    },
};
use jiff::Timestamp;

use super::Simulation;
use crate::support::driver_harness::OTHER_KEY;

impl Simulation {
    /// Something goes wrong at AWS.
    pub(super) fn fault(&mut self) {
        let actions = [
            "CopyImage",
            "CopyImage",
            "Describe*",
            "DescribeImages",
            "DeregisterImage",
            "DeleteSnapshot",
            "*",
            "Modify*",
            "Enable*",
        ];
        let action = actions[self.rng.usize(..actions.len())];
        let (what, effect) = match self.rng.u8(..12) {
            0 => ("throttles", FaultKind::Throttle),
            1 => ("internal errors", FaultKind::Fail),
            2 | 3 => ("lost answers", FaultKind::LostAnswer),
            4 => ("pages of HTML", FaultKind::Html),
            5 => ("truncated answers", FaultKind::Truncated),
            6 => ("resets", FaultKind::Reset),
            7 => ("slow answers", FaultKind::Slow),
            8 => ("expired credentials", FaultKind::Expired),
            9 => ("refused snapshots", FaultKind::Deny),
            10 => return self.sign_out(),
            _ => ("limits lowered", FaultKind::Throttle),
        };
        self.did(what);
        if what == "limits lowered" {
            let limit = self.rng.usize(0..4);
            return self.harness.world.with(|w| w.limits().pending_copies = limit);
        }
        let action = match effect {
            FaultKind::Expired => "*",
            FaultKind::Deny => ["DeleteSnapshot", "DescribeSnapshots"][self.rng.usize(..2)],
            _ => action,
        };
        let mut rule = Rule::new(action, effect).first(self.rng.u64(1..12)).millis(self.rng.u64(100..70_000));
        if self.rng.bool() {
            rule = rule.in_region(self.place());
        }
        self.harness.world.with(|w| w.faults().add(rule));
    }

    /// A login of another account, or none, takes the place of the jobs' own.
    pub(super) fn sign_out(&mut self) {
        self.signed_out = true;
        if self.rng.u8(..) < 64 {
            self.did("logins ended");
            self.harness.login.sign_out();
        } else {
            self.did("logins of another account");
            self.harness.login.sign_in(OTHER_KEY);
        }
    }

    pub(super) fn sign_in(&mut self) {
        self.signed_out = false;
        self.harness.login.sign_in(SimulatedLogin::ACCESS_KEY);
    }

    /// EC2 itself does something to copies, or another user of the account does.
    pub(super) fn other(&mut self) {
        let now = self.harness.clock.now();
        let copies = self.harness.world.with(|w| w.copies(now));
        let pending: Vec<_> = copies.iter().filter(|c| c.image.state == ImageState::Pending).cloned().collect();
        match self.rng.u8(..12) {
            0 => {
                if let Some(copy) = self.pick(&pending) {
                    self.did("copies failed by EC2");
                    let reason = "Snapshot copy failed";
                    _ = self.harness.world.with(|w| w.fail_copy(&copy.region, &copy.image.id, reason, now));
                }
            }
            1 => {
                if let Some(copy) = self.pick(&pending) {
                    self.did("copies stuck");
                    _ = self.harness.world.with(|w| w.stick_copy(&copy.region, &copy.image.id, now));
                    self.stuck.push((copy.region, copy.image.id));
                }
            }
            2 => {
                if let Some(copy) = self.pick(&pending) {
                    self.did("copies suddenly available");
                    _ = self.harness.world.with(|w| w.finish_copy(&copy.region, &copy.image.id, now));
                }
            }
            3..=5 => self.another_copies(&copies, now),
            6..=9 => self.another_meddles(&copies, now),
            _ => {}
        }
    }

    /// Another user copies: something else, the same as the program under the same name, or what the program made.
    fn another_copies(&mut self, copies: &[CopySeen], now: Timestamp) {
        let ready: Vec<_> = copies.iter().filter(|c| c.image.state == ImageState::Available).cloned().collect();
        let (what, source, from, to, name) = match (self.rng.u8(..4), self.pick(&ready)) {
            (0, _) => {
                let (source, name) = (self.sources[0].clone(), format!("elsewhere-{}", self.rng.u32(..)));
                ("copies started elsewhere", source.id, source.region, self.place(), name)
            }
            (1, Some(copy)) => {
                let (to, name) = (self.place(), copy.image.name.to_string());
                ("copies of copies started elsewhere", copy.image.id, copy.region, to, name)
            }
            _ => {
                let Some(same) = self.pick(&self.asked.clone()) else { return };
                let name = same.name.to_string();
                ("the same copies started elsewhere", same.source, same.source_region, same.destination, name)
            }
        };
        let tags = self.rng.bool();
        // Refused, where the limit is reached.
        let made = self.harness.world.with(|w| {
            if tags {
                w.copy_with_tags_as_other_user(&to, &source, &from, &name, now)
            } else {
                w.copy_as_other_user(&to, &source, &from, &name, now)
            }
        });
        if made.is_ok() {
            self.did(what);
        }
    }

    /// Another user does something to images and snapshots, or something that looks like them.
    fn another_meddles(&mut self, copies: &[CopySeen], now: Timestamp) {
        let all = self.harness.world.with(|w| w.copy_snapshots(now));
        let (Some(copy), Some((region, _, snapshot))) = (self.pick(copies), self.pick(&all)) else { return };
        let (id, n) = (snapshot.id, self.rng.u32(..));
        let (what, done) = match self.rng.u8(..10) {
            0 | 1 => {
                let delete = self.rng.bool();
                let removed = |w: &mut World| w.deregister_as_other_user(&copy.region, &copy.image.id, delete, now);
                ("copies deregistered by others", self.harness.world.with(removed))
            }
            2 => {
                let made = |w: &mut World| w.register_as_other_user(&region, &id, &format!("registered-{n}"), now);
                ("images registered by others", self.harness.world.with(made).map(drop))
            }
            3..=6 => {
                let how = [LookAlike::Described, LookAlike::Tagged, LookAlike::OfVolume][self.rng.usize(..3)];
                (
                    "snapshots imitated",
                    self.harness.world.with(|w| w.imitate_as_other_user(&region, &id, how, now)).map(drop),
                )
            }
            7 | 8 => {
                let deleted = |w: &mut World| w.delete_snapshot_as_other_user(&region, &id, now);
                ("snapshots deleted by others", self.harness.world.with(deleted))
            }
            _ => {
                let (region, id) =
                    if self.rng.bool() { (region, id.to_string()) } else { (copy.region, copy.image.id.to_string()) };
                let mine = self.rng.bool();
                let tagged = |w: &mut World| {
                    let tag = Tag { key: "Team".into(), value: "x".into() };
                    if mine {
                        w.untag_as_other_user(&region, &id, JobTags::JOB, now)
                    } else {
                        w.tag_as_other_user(&region, &id, tag, now)
                    }
                };
                ("tags changed by others", self.harness.world.with(tagged))
            }
        };
        if done.is_ok() {
            self.did(what);
        }
    }
}
