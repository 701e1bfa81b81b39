//! The plan of all policies: what is done about every image that they concern, and why the whole of it may be refused.

use std::{collections::HashMap, sync::Arc};

use super::{
    account_state::AccountState,
    action::{ActionKind, KeepReason, Refusal, Stage, SyncPlan},
    planner::Planner,
    policy::{MAX_RETIRE, SyncPolicy, cycle},
    sources::Sources,
};
use crate::domain::{
    draft::Draft,
    image::{Image, ImageState},
    plan::CheckContext,
};

/// Makes the plan. `draft` gives the contents of the copy form for an image of a policy; its images and destinations do not matter.
/// `max_retire` is the most that all policies together may retire; without it, as much as the one that allows most.
pub fn plan(
    policies: &[SyncPolicy],
    account_state: &AccountState,
    stage: Stage,
    context: CheckContext<'_>,
    max_retire: Option<usize>,
    draft: &dyn Fn(usize, &Arc<Image>) -> Draft,
) -> SyncPlan {
    let mut planner = Planner {
        policies,
        account_state,
        stage,
        context,
        draft,
        actions: Vec::new(),
        routes: HashMap::new(),
        names: HashMap::new(),
        refusals: cycle(policies).map(Refusal::Cycle).into_iter().collect(),
    };
    let sources: Vec<Option<Sources<'_>>> = policies.iter().map(|policy| Sources::of(policy, account_state)).collect();
    planner.find_conflicts(&sources);
    let mut empty = Vec::new();
    for (n, sources) in sources.iter().enumerate() {
        let Some(sources) = sources else { continue };
        if sources.matching.is_empty() {
            empty.push(n);
        }
        planner.add_copies(n, sources);
    }
    (0..policies.len()).for_each(|n| planner.add_failed(n));
    for (n, of_policy) in sources.iter().enumerate() {
        if of_policy.is_some() {
            planner.add_retired(n, &sources);
        }
    }
    planner.check_limits(max_retire);
    planner.keep_if_refused();
    SyncPlan { actions: planner.actions, refusals: planner.refusals, empty }
}

impl Planner<'_> {
    /// Finds policies that match the same image for the same region and want different things.
    fn find_conflicts(&mut self, sources: &[Option<Sources<'_>>]) {
        let mut found = Vec::new();
        for (a, first) in self.policies.iter().enumerate() {
            for (b, second) in
                self.policies.iter().enumerate().skip(a + 1).filter(|(_, other)| other.from == first.from)
            {
                let (Some(of_a), Some(of_b)) = (&sources[a], &sources[b]) else { continue };
                let in_both = |image: &&&Arc<Image>| image.state == ImageState::Available && of_b.matches(&image.id);
                let conflict = first.to.iter().filter(|region| second.to.contains(region)).find_map(|region| {
                    of_a.matching.iter().filter(in_both).find_map(|image| {
                        let differs = self.difference([a, b], image, region)?;
                        let (source, region) = (image.id.clone(), region.clone());
                        Some(Refusal::Conflict { policies: [a, b], source, region, differs })
                    })
                });
                found.extend(conflict);
            }
        }
        self.refusals.append(&mut found);
    }

    /// Refuses a plan that retires too much.
    fn check_limits(&mut self, max_retire: Option<usize>) {
        let mut counts = vec![0; self.policies.len()];
        for action in &self.actions {
            if let (ActionKind::Retire { .. }, Some(count)) = (&action.kind, counts.get_mut(action.policy)) {
                *count += 1;
            }
        }
        let max = |n: usize| self.policies[n].retiring().map_or(0, |(_, retiring)| retiring.max);
        for (policy, count) in counts.iter().copied().enumerate().filter(|(n, count)| *count > max(*n)) {
            self.refusals.push(Refusal::TooMany { policy, count, max: max(policy) });
        }
        let most = (0..self.policies.len()).map(max).max().unwrap_or(0).max(MAX_RETIRE);
        let (count, max) = (counts.iter().sum::<usize>(), max_retire.unwrap_or(most));
        let is_refused = self.refusals.iter().any(|refusal| matches!(refusal, Refusal::TooMany { .. }));
        if count > max && !is_refused {
            self.refusals.push(Refusal::TooManyInAll { count, max });
        }
    }

    /// Keeps what would be retired if anything of that is refused: the plan says what will be done.
    fn keep_if_refused(&mut self) {
        let is_refused = !self.refusals.is_empty();
        for action in self.actions.iter_mut().filter(|_| is_refused) {
            if matches!(action.kind, ActionKind::Retire { .. }) {
                action.kind = ActionKind::Keep(KeepReason::Refused);
            }
        }
    }
}
