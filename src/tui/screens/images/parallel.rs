//! Work on many rows, shared among the cores.

use std::{cmp::Ordering, panic::resume_unwind, thread};

/// From this many rows on, several cores are used.
pub(super) const PARALLEL: usize = 5_000;

/// Returns how many cores are worth using for a number of rows.
pub(super) fn cores(rows: usize) -> usize {
    let cores = thread::available_parallelism().map_or(1, usize::from).min(8);
    if rows < PARALLEL { 1 } else { cores }
}

/// Carries out each share on a core of its own, and returns the results in the shares' order.
pub(super) fn on_cores<T: Send, R: Send>(shares: Vec<T>, work: impl Fn(T) -> R + Sync) -> Vec<R> {
    if shares.len() <= 1 {
        return shares.into_iter().map(work).collect();
    }
    let work = &work;
    thread::scope(|scope| {
        let running: Vec<_> = shares.into_iter().map(|share| scope.spawn(move || work(share))).collect();
        running.into_iter().map(|share| share.join().unwrap_or_else(|panic| resume_unwind(panic))).collect()
    })
}

/// Sorts rows by keys, leaving out those without one. Equal ones stay in the order they are in.
pub(super) fn sorted<R: Copy + Send + Sync, K: Clone + Send>(
    rows: &[R],
    key: impl Fn(R) -> Option<K> + Sync,
    compare: impl Fn(&(K, R), &(K, R)) -> Ordering + Sync,
) -> Vec<R> {
    let share = rows.len().div_ceil(cores(rows.len())).max(1);
    let parts = on_cores(rows.chunks(share).collect(), |rows| {
        let mut keyed: Vec<(K, R)> = rows.iter().filter_map(|row| Some((key(*row)?, *row))).collect();
        keyed.sort_by(&compare);
        keyed
    });
    let mut keyed = parts.into_iter().reduce(|all, part| [all, part].concat()).unwrap_or_default();
    // A stable sort merges what is sorted already.
    keyed.sort_by(compare);
    keyed.into_iter().map(|(_, row)| row).collect()
}
