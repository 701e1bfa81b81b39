//! `--profiles`: the listings of several accounts, one below the other.

use std::{cell::RefCell, sync::Arc};

use futures_util::future::join_all;

use super::{
    fetch::{Wanted, fetch},
    listed::ListedAccount,
    lister::Lister,
};
use crate::{
    aws::{HttpClient, Session},
    cli::{
        connection::note_source,
        exit::{CommandError, ExitStatus},
        output::report,
        region_failures::{RegionFailure, report_all, status},
        regions::Selection,
        setup::{Setup, http_client},
    },
    domain::{AccountId, Failure, text::clean},
};

/// Lists the images of the accounts of these profiles. What fails for one does not stop the others.
pub(super) async fn list(
    setup: &Setup,
    profiles: &[String],
    selection: &Selection,
    wanted: &Wanted,
    lister: Lister,
) -> Result<ExitStatus, CommandError> {
    let http = http_client()?;
    // What is remembered of a profile, such as its regions, is no other's.
    let setups: Vec<Setup> = profiles.iter().map(|profile| setup.with_profile(profile)).collect();
    let signed_in = join_all(setups.iter().map(|setup| sign_in(setup, http.clone()))).await;
    let (mut accounts, mut failures) = (Vec::new(), Vec::new());
    for (position, ((profile, its_setup), result)) in profiles.iter().zip(&setups).zip(signed_in).enumerate() {
        match result {
            Ok((session, id)) => {
                note_source(setup, &session, profile);
                let same = |(_, _, other): &&(&Setup, Session, Arc<ListedAccount>)| other.id == id;
                if let Some((_, _, same)) = accounts.iter().find(same) {
                    let (profile, other) = (clean(profile), clean(&same.profile));
                    setup
                        .output
                        .note(&format!("`{profile}` and `{other}` are both account {id}: listed once, as `{other}`."));
                    continue;
                }
                accounts.push((its_setup, session, Arc::new(ListedAccount { profile: profile.clone(), id, position })));
            }
            Err(failure) => failures.push((profile.as_str(), vec![RegionFailure::of_no_region(failure)])),
        }
    }
    let lister = RefCell::new(lister);
    let listings = accounts.iter().map(|(setup, session, account)| {
        let take = |page| lister.borrow_mut().add(Some(account), page);
        fetch(setup, session, selection, wanted.clone(), take)
    });
    for ((_, _, account), fetched) in accounts.iter().zip(join_all(listings).await) {
        let failed = match fetched {
            Ok(failed) => failed,
            // A region may be enabled for one account and not for the next.
            Err(CommandError::Failure(failure, _)) => vec![RegionFailure::of_no_region(*failure)],
            Err(error) => return Err(error),
        };
        failures.push((account.profile.as_str(), failed));
    }
    finish(setup, failures, lister.into_inner())
}

/// Signs in with a profile. The account is asked for, since the table says whose each image is.
async fn sign_in(setup: &Setup, http: HttpClient) -> Result<(Session, AccountId), Failure> {
    let session = Session::load(setup.session_options(), http).await?;
    session.check_credentials().await?;
    let account = session.account().await?;
    Ok((session, account.id))
}

/// Prints what is left, and what failed for each profile.
fn finish(
    setup: &Setup,
    failures: Vec<(&str, Vec<RegionFailure>)>,
    lister: Lister,
) -> Result<ExitStatus, CommandError> {
    let named: Vec<(String, Vec<RegionFailure>)> = failures
        .into_iter()
        .map(|(profile, failures)| {
            let of_profile = format!("with profile `{}`", clean(profile));
            let name = |one: RegionFailure| {
                // A failure to sign in may name it already.
                let what = if one.failure.what.contains(&format!("`{}`", clean(profile))) {
                    one.failure.what.clone()
                } else {
                    format!("{} {of_profile}", one.failure.what)
                };
                RegionFailure { failure: Failure { what, ..one.failure }, ..one }
            };
            (format!("list images {of_profile}"), failures.into_iter().map(name).collect())
        })
        .collect();
    let all: Vec<RegionFailure> = named.iter().flat_map(|(_, failures)| failures.iter().cloned()).collect();
    let printed = lister.finish(&all)?;
    if printed == 0 && all.is_empty() {
        setup.output.note("No images found.");
    }
    for (what, failures) in &named {
        report_all(what, failures, report);
    }
    Ok(status(&all))
}
