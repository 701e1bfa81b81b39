//! Where the platform keeps settings and state. The only place of this room that looks at the machine.

use std::path::PathBuf;

use directories::ProjectDirs;

fn project() -> Option<ProjectDirs> {
    ProjectDirs::from("", "", "amigrate")
}

/// The settings' file, `config.toml` in the platform's configuration directory; none without a home directory.
pub fn default_path() -> Option<PathBuf> {
    Some(project()?.config_dir().join("config.toml"))
}

/// The directory for logs and what is remembered between runs; none without a home directory.
pub fn state_dir() -> Option<PathBuf> {
    let project = project()?;
    // Only some platforms have a place for state; the others keep it with local data.
    Some(project.state_dir().unwrap_or_else(|| project.data_local_dir()).to_owned())
}
