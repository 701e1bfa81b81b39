//! `amigrate simulate`: the embedded EC2 on a loopback port, until it is interrupted.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use jiff::Timestamp;
use tokio::signal::unix::{SignalKind, signal};

use super::{
    exit::{CommandError, OrUsage as _},
    setup::block_on,
};
use crate::{
    domain::Failure,
    driver::Clock,
    sim::{Scenario, SharedWorld, World, server},
};

pub(super) fn run(port: u16, scenario: &str, time_scale: f64) -> Result<ExitCode, CommandError> {
    if !(0.001..=10_000.0).contains(&time_scale) {
        let failure = Failure::new("run the simulator", format!("a time scale of {time_scale} is out of range"));
        return Err(CommandError::usage(
            failure.hint("Give --time-scale a number from 0.001 to 10000; 1 is real time."),
        ));
    }
    let scenario = Scenario::named(scenario).or_usage()?;
    block_on(async {
        let clock = Clock::starting(Timestamp::now(), time_scale);
        let world = SharedWorld::new(World::new(&scenario, clock.now()));
        let server = server::bind(port, world, move || clock.now()).await?;
        let mut out = io::stdout().lock();
        let printed = writeln!(out, "{}", server.url()).and_then(|()| out.flush());
        drop(out);
        printed.map_err(|e| Failure::new("print the endpoint", e.to_string()))?;
        let mut err = io::stderr().lock();
        let _ = writeln!(err, "{}", scenario.summary.trim());
        let _ = writeln!(
            err,
            "Point any AWS client at it: AWS_ENDPOINT_URL={} AWS_ACCESS_KEY_ID=x AWS_SECRET_ACCESS_KEY=x",
            server.url()
        );
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
