//! `amigrate simulate`: the embedded EC2 on a loopback port, until it is interrupted.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use jiff::Timestamp;
use tokio::signal::unix::{SignalKind, signal};

use super::{exit::CommandError, setup::block_on, world::WorldArgs};
use crate::{domain::Failure, sim::server};

pub(super) fn run(port: u16, world: &WorldArgs) -> Result<ExitCode, CommandError> {
    let plan = world.plan()?;
    block_on(async {
        let server = server::bind(port, plan.build(Timestamp::now()), Timestamp::now).await?;
        let mut out = io::stdout().lock();
        let printed = writeln!(out, "{}", server.url()).and_then(|()| out.flush());
        drop(out);
        printed.map_err(|e| Failure::new("print the endpoint", e.to_string()))?;
        let mut err = io::stderr().lock();
        let _ = writeln!(err, "{}", plan.scenario.summary.trim());
        let _ = writeln!(
            err,
            "Point any AWS client at it: AWS_ENDPOINT_URL={} AWS_ACCESS_KEY_ID=x AWS_SECRET_ACCESS_KEY=x",
            server.url()
        );
        let profiles = plan.scenario.profiles_file();
        if !profiles.is_empty() {
            let _ = write!(err, "Its accounts, for a file that AWS_CONFIG_FILE names:\n\n{profiles}\n");
        }
        let _ = writeln!(err, "Ctrl-c ends it.");
        drop(err);
        let failed = |e: io::Error| Failure::new("listen for signals", e.to_string());
        let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
        let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
        let stop = async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        };
        server.serve(stop).await;
        Ok(ExitCode::SUCCESS)
    })
}
