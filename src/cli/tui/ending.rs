//! What is said after the screen was left.

use std::io::{self, Write};

use crate::{
    cli::account_flags::AccountFlags,
    domain::{
        Failure,
        text::{clean, count},
    },
    driver::DriverStatus,
    engine::{Job, JobState},
    labels,
    tui::Model,
};

/// Says who runs hooks from now on, where nothing else is said of the background process, or some are due.
fn hooks_that_are_left(due: usize, queued: usize, background: Option<&Result<(), Failure>>) -> Option<String> {
    let due = labels::driver::hooks_due(due, matches!(background, Some(Ok(()))));
    match background {
        Some(Err(failure)) if queued == 0 => Some(format!(
            "{}No process in the background runs hooks: {failure}",
            due.map_or_else(String::new, |due| due + " ")
        )),
        Some(Ok(())) if queued == 0 => {
            due.or_else(|| Some("A process in the background runs the hook when copies end.".into()))
        }
        _ => due,
    }
}

/// Prints the copies that continue in AWS, and what happens to the queue, after the screen was left.
/// With several accounts each has a heading.
pub(super) fn print_what_continues(model: &Model, background: Option<&Result<(), Failure>>, is_one_of_several: bool) {
    // The commands that are named are to work in this account, which may be another than theirs by default.
    let flags = AccountFlags::of_text(model.account_flag());
    let lines: Vec<_> = what_continues(model, background).iter().map(|line| flags.complete(line)).collect();
    let heading = format!("Account of profile {}:", clean(model.profile_name(model.id)));
    let heading = Some(heading).filter(|_| is_one_of_several && !lines.is_empty());
    let mut err = io::stderr().lock();
    for line in heading.iter().chain(&lines) {
        let _ = writeln!(err, "{line}");
    }
}

fn what_continues(model: &Model, background: Option<&Result<(), Failure>>) -> Vec<String> {
    /// More would scroll away what the shell showed before.
    const LISTED: usize = 5;
    let mut lines = Vec::new();
    let copying: Vec<_> = model
        .jobs_view
        .jobs()
        .filter_map(|j| if let JobState::Copying { image } = &j.state { Some((j, image)) } else { None })
        .collect();
    if model.start.demo.is_some() {
        if !copying.is_empty() {
            lines.push("The demo's copies end with it.".to_owned());
        }
        return lines;
    }
    for (job, image) in copying.iter().take(LISTED) {
        let (name, region) = (&job.request.name, &job.request.destination);
        lines.push(format!("The copy {image} \"{name}\" in {region} continues in AWS."));
    }
    if copying.len() > LISTED {
        lines.push(format!("{} more continue in AWS. `amigrate jobs` lists them all.", copying.len() - LISTED));
    }
    let queued = model.jobs_view.jobs().filter(|j| j.needs_driving()).count();
    lines.extend(hooks_that_are_left(model.jobs_view.hooks_due, queued, background));
    if queued > 0 {
        let steps = if model.jobs_view.jobs().any(Job::has_open_steps) { ", or with post-copy steps left" } else { "" };
        let copies = format!("{} queued or being removed{steps}", count(queued, "copy is", "copies are"));
        lines.push(match (background, &model.jobs_view.driver) {
            (Some(Ok(())), _) => {
                format!("{copies}: this continues in the background; `amigrate jobs` shows the progress.")
            }
            (Some(Err(failure)), _) => format!("{copies}: this does not continue in the background: {failure}"),
            (None, driver @ DriverStatus::OtherProcess(_)) => {
                let who = labels::driver::unresponsive(driver)
                    .or_else(|| labels::driver::running_elsewhere(driver))
                    .unwrap_or_default();
                format!("{copies}: {who}.")
            }
            (None, _) if model.jobs_view.has_other_credentials() => {
                let account = model.account.as_ref().map_or("this account", |account| account.id.as_str());
                format!("{copies}: this continues when amigrate is started with credentials of {account}.")
            }
            (None, _) => format!("{copies}: this continues when amigrate or `amigrate drive` is started next."),
        });
    }
    lines
}

/// Prints that an export was not finished, if one was not.
pub(super) fn print_unwritten(files: usize) {
    if files > 0 {
        let _ =
            writeln!(io::stderr(), "The export was not finished in time: its file is as it was before, or complete.");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_runs_hooks_is_said_whatever_becomes_of_the_background() {
        let failed = Err(Failure::new("continue in the background", "no"));
        let told = |due, queued, background| hooks_that_are_left(due, queued, background).unwrap_or_default();
        assert_eq!(told(0, 0, None), "");
        assert_eq!(told(0, 2, Some(&Ok(()))), "");
        assert_eq!(told(0, 0, Some(&Ok(()))), "A process in the background runs the hook when copies end.");
        let left = "4 hooks of ended copies are not run yet: a process in the background runs what is left.";
        assert_eq!(told(4, 0, Some(&Ok(()))), left);
        assert_eq!(told(4, 2, Some(&Ok(()))), left);
        let next = "4 hooks of ended copies are not run yet: what is left runs when amigrate or `amigrate drive` is started next.";
        assert_eq!(told(4, 0, None), next);
        let why = "No process in the background runs hooks: continue in the background: no";
        assert_eq!(told(0, 0, Some(&failed)), why);
        assert_eq!(told(4, 0, Some(&failed)), format!("{next} {why}"));
    }
}
