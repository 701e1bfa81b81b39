//! Choosing the profiles whose accounts are on the screen.

use crate::tui::{
    browse,
    model::{Connection, Model},
    msg::Effect,
    others::WorkspaceRequest,
};

/// Has the accounts of these profiles on the screen. One alone takes the place of the one that is.
pub(super) fn choose(model: &mut Model, profiles: Vec<String>, effects: &mut Vec<Effect>) {
    let is_in_use =
        |profile: &str| matches!(model.connection, Connection::Ready(_)) && model.profile_in_use() == Some(profile);
    match <[String; 1]>::try_from(profiles) {
        Ok([profile]) if model.others.is_empty() && is_in_use(&profile) => {}
        Ok([profile]) if model.others.is_empty() => browse::switch_profile(model, profile, effects),
        Ok(one) => model.requests.push(WorkspaceRequest::Profiles(one.into())),
        Err(profiles) if profiles.is_empty() => {}
        Err(profiles) => model.requests.push(WorkspaceRequest::Profiles(profiles)),
    }
}

/// Reads the names of profiles with commas between them, each once.
pub(super) fn read(names: &str) -> Vec<String> {
    let mut profiles: Vec<String> = Vec::new();
    for name in names.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        if !profiles.iter().any(|other| other == name) {
            profiles.push(name.to_owned());
        }
    }
    profiles
}
