//! The plan of policies: the command `amigrate sync` is run beside the screen, so that both decide alike, with one store and one queue.

use std::{ffi::OsString, process::Stdio};

use super::{EffectConfig, Effects, TaskResult};
use crate::{
    domain::Failure,
    driver::{SessionSource, background},
    tui::{EffectId, Msg, PrintedPlan, Reply, SyncRequest},
};

impl EffectConfig {
    /// The arguments of the command, with those that this process was started with.
    fn sync_arguments(&self, profile: Option<&str>, request: &SyncRequest) -> Vec<OsString> {
        let mut arguments = self.background_arguments(profile);
        match arguments.first_mut() {
            Some(command) => *command = "sync".into(),
            None => arguments.push("sync".into()),
        }
        arguments.extend(["--output".into(), "json".into(), "--policy".into(), request.file.clone().into_os_string()]);
        // Credentials may change at any time, also to those of another account.
        arguments.push(format!("--expect-account={}", request.account).into());
        if let Some(digest) = &request.apply {
            arguments.extend(["--apply".into(), "--yes".into(), format!("--expect-plan={digest}").into()]);
        }
        arguments
    }
}

impl Effects {
    pub(super) fn sync(&self, id: EffectId, request: &SyncRequest) {
        let is_simulated = matches!(self.source, SessionSource::Simulated { .. });
        let arguments = self.config.sync_arguments(self.profile.as_deref(), request);
        self.spawn(async move {
            let plan = if is_simulated { Err(only_here()) } else { run(arguments).await };
            TaskResult::Msg(Msg::Reply { id, reply: Reply::Sync(plan.map(Box::new)) })
        });
    }
}

fn only_here() -> Failure {
    Failure::new("plan the sync", "the demo's EC2 is in this process, where `amigrate sync` cannot reach it").hint(
        "`amigrate simulate` serves the same EC2 on a port: set AWS_ENDPOINT_URL to what it prints, and start amigrate.",
    )
}

/// Runs the command to its end. It continues if this process ends, or the terminal closes.
async fn run(arguments: Vec<OsString>) -> Result<PrintedPlan, Failure> {
    let failed = |why: String| Failure::new("run `amigrate sync`", why);
    let output = tokio::task::spawn_blocking(move || background::start(&arguments, Stdio::piped())?.wait_with_output());
    let output = output.await.map_err(|error| failed(error.to_string()))?.map_err(|error| failed(error.to_string()))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    PrintedPlan::read(&text(&output.stdout), &text(&output.stderr))
}
