//! Cost in the title of the jobs pane.

use super::{
    jobs::{ami, available, copying, failed, shows, with, with_jobs},
    *,
};
use crate::domain::price::Money;

#[test]
fn the_title_says_of_which_copies_it_tells_the_cost() {
    let mut model = with_jobs(vec![copying(1), available(2)]);
    shows(&mut model, &["Jobs 2 copies, price unknown "]);
    let cents = |n: u64| Money::from_micros(n * 10_000);
    model.start.prices.set_transfer(region("us-east-1"), region("eu-west-1"), cents(2));
    model.start.prices.set_storage(region("eu-west-1"), cents(5));
    shows(&mut model, &["Jobs 2 copies, at most $4.32 once, $10.80 a month "]);
    // What EC2 never began costs nothing; what failed or was cancelled later may have been transferred.
    let cancelled = with(3, |job| (job.state, job.images) = (JobState::Cancelled, vec![ami(3)]));
    for (jobs, title) in [
        (vec![copying(1), failed(2, None)], "Jobs 2 copies, at most $2.16 once, $5.40 a month "),
        (vec![copying(1), cancelled], "Jobs 2 copies, at most $2.16 once, $5.40 a month, without 1 cancelled "),
    ] {
        let mut other = with_jobs(jobs);
        other.start.prices = model.start.prices.clone();
        shows(&mut other, &[title]);
    }
}
