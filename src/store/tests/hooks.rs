//! Hooks that are due: stored with an end, and taken once.

use super::*;

fn hook(n: u64) -> DueHook {
    DueHook {
        key: n.into(),
        job: JobId(n),
        title: format!("copy {n}"),
        variables: vec![("AMIGRATE_JOB".into(), n.to_string())],
    }
}

fn store_due(store: &mut Store, numbers: &[u64], now: Timestamp) {
    let hooks = numbers.iter().copied().map(hook).collect();
    store.commit(&account(), &ChangeSet { hooks, ..ChangeSet::default() }, now).unwrap();
}

fn due(store: &Store) -> usize {
    store.load(&account(), at(0)).unwrap().due_hooks
}

fn take(store: &mut Store, limit: usize) -> (Vec<u64>, usize) {
    let taken = store.take_hooks(&account(), limit).unwrap();
    (taken.hooks.iter().map(|hook| hook.job.0).collect(), taken.left)
}

#[test]
fn a_hook_is_taken_once_the_oldest_first_however_often_its_commit_was_tried() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path());
    store_due(&mut store, &[3, 1, 2], at(1));
    store_due(&mut store, &[3, 1, 2], at(1));
    assert_eq!(store.take_hooks(&other_account(), 9).unwrap(), TakenHooks::default());
    assert_eq!(due(&store), 3);
    let taken = store.take_hooks(&account(), 1).unwrap();
    assert_eq!(taken, TakenHooks { hooks: vec![DueHook { key: 0, ..hook(3) }], left: 2 });
    let mut other = open(dir.path());
    assert_eq!(take(&mut other, 9), (vec![1, 2], 0));
    assert_eq!(take(&mut store, 9), (vec![], 0));
}

#[test]
fn a_hook_that_cannot_be_read_holds_up_no_other_and_old_ones_are_pruned() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path());
    store_due(&mut store, &[1, 2], at(1));
    raw(dir.path()).execute("UPDATE due_hooks SET body = '{' WHERE job = 1", []).unwrap();
    assert_eq!(take(&mut store, 1), (vec![], 1));
    assert_eq!(take(&mut store, 1), (vec![2], 0));
    store_due(&mut store, &[4], at(100));
    assert_eq!((store.prune(at(50)).unwrap(), due(&store)), (0, 1));
    assert_eq!((store.prune(at(150)).unwrap(), due(&store)), (1, 0));
}
