//! Python and the AWS software that the tests install into `target/`: the environment, and how scripts are
//! run in it. What is checked is in the scripts.

use std::{
    ffi::OsString,
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Command, Output},
};

/// What is installed. Pinned, so that a failure is amigrate's; updated together, because all share one botocore.
const PINS: [&str; 7] = [
    "ansible-core==2.19.14",
    "awscli==1.46.2",
    "boto3==1.44.5",
    "botocore==1.44.5",
    "jsonschema==4.26.0",
    "moto[server]==5.2.5",
    "werkzeug==3.1.9",
];
/// Has Ansible's collections for AWS in it, which otherwise come from a site of their own; the other hundred are not unpacked.
const COLLECTIONS: &str = "ansible==12.3.0";

/// An interpreter with the packages.
pub(crate) struct Python {
    exe: PathBuf,
    /// Where the packages are, if not in the interpreter's own environment.
    packages: Option<PathBuf>,
    /// Where Ansible's collections are.
    collections: PathBuf,
}

/// The environment, created on first use. `None`, with a message, if this machine cannot have one; panics under `CI=true`.
pub(crate) fn python() -> Option<Python> {
    match prepare() {
        Ok(python) => Some(python),
        Err(why) => {
            assert!(std::env::var("CI").as_deref() != Ok("true"), "interoperation must run under CI: {why}");
            eprintln!("not run: {why}");
            None
        }
    }
}

fn prepare() -> Result<Python, String> {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().ok_or("there is no target directory")?;
    let home = target.join("interop-venv");
    // Several test processes may do this at once; the kernel releases the lock when its holder ends.
    let lock = File::create(target.join("interop-venv.lock")).map_err(|e| e.to_string())?;
    lock.lock().map_err(|e| e.to_string())?;
    let ready = home.join("installed.txt");
    let pins = [&PINS[..], &[COLLECTIONS]].concat().join("\n");
    let packages = home.join("packages");
    if fs::read_to_string(&ready).is_ok_and(|installed| installed == pins) {
        return Ok(found(&home, packages));
    }
    _ = fs::remove_dir_all(&home);
    install(&home, &packages)?;
    fs::write(&ready, pins).map_err(|e| e.to_string())?;
    Ok(found(&home, packages))
}

fn found(home: &Path, packages: PathBuf) -> Python {
    let collections = home.join("collections");
    if packages.is_dir() {
        Python { exe: "python3".into(), packages: Some(packages), collections }
    } else {
        Python { exe: home.join("bin").join("python"), packages: None, collections }
    }
}

fn install(home: &Path, packages: &Path) -> Result<(), String> {
    run(Command::new("python3").arg("--version")).map_err(|_| "there is no python3 here".to_owned())?;
    // Debian's python3 has no ensurepip; virtualenv or pip alone may be installed.
    let made = run(Command::new("python3").args(["-m", "venv"]).arg(home)).or_else(|_| {
        _ = fs::remove_dir_all(home);
        run(Command::new("python3").args(["-m", "virtualenv"]).arg(home))
    });
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
    let installed = match made {
        Ok(()) => run(Command::new(home.join("bin").join("python")).args(pip).args(PINS)),
        Err(_) => run(Command::new("python3").args(pip).arg("--target").arg(packages).args(PINS)),
    };
    installed.map_err(|e| format!("the Python packages could not be installed: {e}"))?;
    let (python, wheel) = (found(home, packages.to_owned()), home.join("wheel"));
    let download =
        ["-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps", COLLECTIONS, "--dest"];
    run(Command::new(&python.exe).args(download).arg(&wheel))
        .and_then(|()| run(python.script("unpack_collections.py").arg(&wheel).arg(&python.collections)))
        .map_err(|e| format!("Ansible's collections could not be installed: {e}"))
}

fn run(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|e| e.to_string())?;
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
}

impl Python {
    /// A script of this directory, with test credentials and nothing of the machine's AWS or proxy settings.
    pub(crate) fn script(&self, name: &str) -> Command {
        let mut command = Command::new(&self.exe);
        scrub(&mut command);
        if let Some(packages) = &self.packages {
            command.env("PYTHONPATH", packages);
        }
        command.env("PYTHONDONTWRITEBYTECODE", "1").env("ANSIBLE_COLLECTIONS_PATH", &self.collections);
        command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join("it").join("interop").join(name));
        command
    }

    /// Runs a script to its end; what it printed is shown if it fails.
    pub(crate) fn check(&self, name: &str, arguments: &[&str]) {
        let Output { status, stdout, stderr } =
            self.script(name).args(arguments).output().expect("the interpreter starts");
        let (stdout, stderr) = (String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
        assert!(status.success(), "{name}: {status}\n{stdout}\n{stderr}");
    }
}

/// Takes the machine's AWS and proxy settings away from a child, and gives it credentials that mean nothing.
pub(crate) fn scrub(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        let upper = name.to_string_lossy().to_ascii_uppercase();
        if upper.starts_with("AWS_") || upper.ends_with("_PROXY") || upper.ends_with("_CA_BUNDLE") {
            command.env_remove(name);
        }
    }
    let nowhere = OsString::from("/nonexistent");
    command
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("AWS_CONFIG_FILE", &nowhere)
        .env("AWS_SHARED_CREDENTIALS_FILE", &nowhere)
        .env("AWS_PAGER", "");
}
