//! Commands to the driver, and when none is accepted.

use crate::{
    domain::text::count,
    driver::DriverStatus,
    engine::{Command, JobId},
    tui::{model::Model, msg::Effect},
};

impl Model {
    /// Returns true if commands are accepted; otherwise shows why not.
    pub(super) fn can_send_commands(&mut self) -> bool {
        if let DriverStatus::NotRunning(failure) = &self.jobs_view.driver {
            let text = failure.lines().join(". ");
            self.show_error(text);
            return false;
        }
        if self.account.is_none() {
            self.show_error("Not yet: jobs are stored by account, and the account is not known yet. ! shows details.");
            return false;
        }
        true
    }

    /// Sends a command to the driver. Its result shows in the jobs once it is stored.
    pub(super) fn send_command(&mut self, command: Command, effects: &mut Vec<Effect>) {
        let changes_jobs = !matches!(command, Command::RefreshNow | Command::ListPendingIn(_));
        if changes_jobs {
            if !self.can_send_commands() {
                return;
            }
            self.jobs_view.note_request(self.now);
            self.requested.another_command();
        }
        effects.push(Effect::Command(command));
    }

    /// Retries failed copies, each under a new client token.
    pub(super) fn retry(&mut self, jobs: &[JobId], effects: &mut Vec<Effect>) {
        // A filter may hide the new state.
        self.show_notice(format!("{} queued again.", count(jobs.len(), "copy", "copies")));
        let jobs = jobs.iter().map(|id| (*id, self.next_client_token())).collect();
        self.send_command(Command::Retry(jobs), effects);
    }

    /// Retries failed copies, and the failed post-copy steps of others.
    pub(super) fn retry_with_steps(&mut self, copies: &[JobId], steps: Vec<JobId>, effects: &mut Vec<Effect>) {
        if !copies.is_empty() {
            self.retry(copies, effects);
        }
        if !steps.is_empty() {
            self.send_command(Command::RetrySteps(steps), effects);
        }
    }
}
