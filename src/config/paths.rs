//! Platform directories of settings and state.

use std::path::PathBuf;

use directories::ProjectDirs;

fn project() -> Option<ProjectDirs> {
    ProjectDirs::from("", "", "amigrate")
}

/// Returns the settings file, `config.toml` in the platform's configuration directory; `None` without a home directory.
pub fn default_path() -> Option<PathBuf> {
    Some(project()?.config_dir().join("config.toml"))
}

/// Returns the directory for logs and jobs; `None` without a home directory.
pub fn state_dir() -> Option<PathBuf> {
    let project = project()?;
    // Platforms without a state directory keep state with local data.
    Some(project.state_dir().unwrap_or_else(|| project.data_local_dir()).to_owned())
}
