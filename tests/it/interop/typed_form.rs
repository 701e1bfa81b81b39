//! A copy with everything set, typed into the form of the real binary, and read back by boto3.

use super::{python, simulator};
use crate::support::pty::{Program, Pty};

const SOURCE: &str = "app-web-2026.00015";
const SOURCE_ID: &str = "ami-0e08b0725bbdc99e7";
const NAME: &str = "typed-by-hand";
const TO: &str = "eu-west-2";
const FRIEND: &str = "222233334444";
const DEPRECATION: &str = "2034-05-06T07:08:00.000Z";

/// Keys in the form.
struct Form(Pty);

impl Form {
    /// The line with the focus, without marks.
    fn focused(text: &str) -> String {
        let line = text.lines().find(|line| line.starts_with("│>")).unwrap_or_default();
        line.trim_matches(['│', '>', ' ', '+', '-']).to_owned()
    }

    /// Goes down to the section or field with this label.
    #[track_caller]
    fn focus(&mut self, label: &str) -> &mut Self {
        for _ in 0..60 {
            let before = Self::focused(&self.0.text());
            if format!("{before} ").starts_with(&format!("{label} ")) {
                return self;
            }
            self.0.keys("\x1b[B");
            self.0.wait_for("the next field", |text| Self::focused(text) != before);
        }
        panic!("no field {label}:\n{}", self.0.text());
    }

    /// Opens a folded section.
    #[track_caller]
    fn unfold(&mut self, section: &str, first: &str) -> &mut Self {
        self.focus(section).0.keys("\r");
        self.0.wait_for("the section's fields", |text| text.contains(first));
        self
    }

    /// Types into the field with the focus, and waits until this is shown.
    #[track_caller]
    fn type_in(&mut self, keys: &str, shown: &str) -> &mut Self {
        self.0.keys(keys);
        self.0.wait_for(shown, |text| text.contains(shown));
        self
    }
}

fn open(url: &str, home: &std::path::Path) -> Form {
    let mut pty = Program::new(env!("CARGO_BIN_EXE_amigrate"), &["--endpoint-url", url, "--region", "us-east-1"])
        .home(home)
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .start(120, 60);
    pty.wait_for("the list and the account", |text| text.contains(SOURCE) && text.contains("123456789012"));
    pty.keys(&format!("/{SOURCE}\r"));
    pty.wait_for("the one image", |text| !text.contains("app-web-2026.00014"));
    pty.keys("c");
    pty.wait_for("the form", |text| text.contains("Copy 1 image"));
    Form(pty)
}

#[test]
fn everything_typed_into_the_form_stands_as_asked() {
    let Some(python) = python::python() else { return };
    // Fifteen minutes of a time-based copy are under two seconds.
    let simulator = simulator::start("demo", 600);
    let home = tempfile::tempdir().expect("a directory");
    let mut form = open(&simulator.url, home.path());
    form.type_in("\r", "ap-northeast-1").type_in(&format!("/{TO}\r"), TO);
    form.type_in("\r", "Name");
    form.focus("Name").type_in(&format!("\x05\x15{NAME}"), NAME);
    form.focus("Description").type_in("\x05\x15all of {source_id}", "all of {source_id}");
    form.focus("Client token").type_in("token-of-mine", "token-of-mine");
    form.unfold("Encryption", "Encrypt").focus("Encrypt").type_in(" ", "[x] encrypt");
    form.focus("KMS key").type_in("alias/images", "alias/images");
    form.unfold("Tags", "Snapshot tags");
    form.focus("Image tags").type_in("SourceAMI={source_id}", "SourceAMI=");
    form.focus("Snapshot tags").type_in("Of=everything", "Of=everything");
    form.unfold("Timing", "Complete within").focus("Complete within").type_in("\r", ">  no limit");
    form.type_in("\x1b[B\r", "15 min, for a fee");
    form.unfold("Afterwards", "Deprecate");
    form.focus("Share with").type_in(FRIEND, FRIEND);
    form.focus("Snapshots too").type_in(" ", "[x] let those");
    form.focus("Deprecate").type_in(DEPRECATION, DEPRECATION);
    form.focus("Protection").type_in("  ", "24 hours after");
    form.focus("Tag the source").type_in(" ", "[x] tag it");
    form.type_in("\x13", "Ready: Ctrl-s starts").type_in("\x13", "available ami-");
    form.0.wait_for("the end of the steps", |text| !text.contains("step"));
    form.0.keys("q");
    assert!(form.0.wait_exit().success());

    // The other members belong to other places: `requests` sends them.
    let elsewhere = ["DestinationOutpostArn", "DestinationAvailabilityZone", "DestinationAvailabilityZoneId"];
    python.check("check_requests.py", &[&[simulator.url.as_str(), "CopyImage"], &elsewhere[..]].concat());
    let expected = serde_json::json!({
        "state": "available",
        "description": format!("all of {SOURCE_ID}"),
        "source": SOURCE_ID,
        "source_region": "us-east-1",
        "encrypted": [true],
        "public": false,
        "launch_permissions": [FRIEND],
        "volume_permissions": [[FRIEND]],
        "deprecation": DEPRECATION,
        "protection": "enabled-with-cooldown",
        "transfer_types": ["time-based"],
        "minutes": [15],
        "tags": { "SourceAMI": SOURCE_ID, "Team": "web" },
        "snapshot_tags": { "Of": "everything" },
        "keys": "alias/images",
        "copied_to": true,
    });
    python.check("check_copy.py", &[&simulator.url, TO, NAME, &expected.to_string()]);
}
