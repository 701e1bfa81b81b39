//! Cost in the title of the jobs pane.

use super::{
    jobs::{available, copying, failed, shows, with_jobs},
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
    shows(&mut model, &["Jobs 2 copies, at most $4.32 and $10.80 a month "]);
    let mut model_with_failed = with_jobs(vec![copying(1), failed(2, None)]);
    model_with_failed.start.prices = model.start.prices;
    shows(&mut model_with_failed, &["Jobs 2 copies, at most $2.16 and $5.40 a month for 1 under way or available "]);
}
