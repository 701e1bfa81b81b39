//! What is said after the screen was left.

use std::io::{self, Write};

use crate::{
    domain::{Failure, text::count},
    driver::DriverStatus,
    engine::{Job, JobState},
    labels,
    tui::Model,
};

/// Prints the copies that continue in AWS, and what happens to the queue, after the screen was left.
pub(super) fn print_what_continues(model: &Model, background: Option<&Result<(), Failure>>) {
    /// More would scroll away what the shell showed before.
    const LISTED: usize = 5;
    let mut err = io::stderr().lock();
    let copying: Vec<_> = model
        .jobs_view
        .jobs()
        .filter_map(|j| if let JobState::Copying { image } = &j.state { Some((j, image)) } else { None })
        .collect();
    if model.start.demo.is_some() {
        if !copying.is_empty() {
            let _ = writeln!(err, "The demo's copies end with it.");
        }
        return;
    }
    for (job, image) in copying.iter().take(LISTED) {
        let (name, region) = (&job.request.name, &job.request.destination);
        let _ = writeln!(err, "The copy {image} \"{name}\" in {region} continues in AWS.");
    }
    if copying.len() > LISTED {
        let _ = writeln!(err, "{} more continue in AWS. `amigrate jobs` lists them all.", copying.len() - LISTED);
    }
    let queued = model.jobs_view.jobs().filter(|j| j.needs_driving()).count();
    if queued == 0 && matches!(background, Some(Ok(()))) {
        let _ = writeln!(err, "A process in the background runs the hook when copies end.");
    }
    if queued > 0 {
        let steps = if model.jobs_view.jobs().any(Job::has_open_steps) { ", or with post-copy steps left" } else { "" };
        let copies = format!("{} queued or being removed{steps}", count(queued, "copy is", "copies are"));
        let _ = match (background, &model.jobs_view.driver) {
            (Some(Ok(())), _) => {
                writeln!(err, "{copies}: this continues in the background; `amigrate jobs` shows the progress.")
            }
            (Some(Err(failure)), _) => writeln!(err, "{copies}: this does not continue in the background: {failure}"),
            (None, driver @ DriverStatus::OtherProcess(_)) => {
                let who = labels::driver::unresponsive(driver)
                    .or_else(|| labels::driver::running_elsewhere(driver))
                    .unwrap_or_default();
                writeln!(err, "{copies}: {who}.")
            }
            (None, _) => writeln!(err, "{copies}: this continues when amigrate or `amigrate drive` is started next."),
        };
    }
}
