//! What is harmless: the list of fields whose texts stay, wholly or in part. Whatever is not in it is replaced.

use super::super::filter::Place;

/// What is done with a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Treatment {
    /// It is AWS's or this program's.
    Keep,
    /// A sentence of AWS's or this program's, with names in it.
    Prose,
    /// A filter, of which the syntax stays.
    Filter,
    /// All of it is replaced, but regions and the like.
    Replace,
}

/// Texts that stay: enumerations of AWS's, versions, keys of the keyboard.
const KEPT: &[(&str, &[&str])] = &[
    ("AuditEntry", &["action"]),
    ("Beginning", &["demo", "set_by_environment", "version"]),
    ("BlockDevice", &["VirtualName"]),
    ("Config", &["keys"]),
    ("DriverProcess", &["version"]),
    ("Ebs", &["VolumeType"]),
    (
        "Image",
        &[
            "Architecture",
            "BootMode",
            "DeregistrationProtection",
            "Hypervisor",
            "ImdsSupport",
            "PlatformDetails",
            "RootDeviceType",
            "SriovNetSupport",
            "TpmSupport",
            "UsageOperation",
            "VirtualizationType",
        ],
    ),
    ("ImageDetails", &["public_access"]),
    // Replaced before: what is text in it depends on the model.
    ("Input", &["Line"]),
    ("Log", &["level"]),
    ("Msg", &["ClockStepped"]),
    ("Prices", &["oldest"]),
    ("ProductCode", &["ProductCodeType"]),
    ("Ui", &["notification"]),
];

/// Sentences, and lists of words of which only those of the user's are replaced.
const PROSE: &[(&str, &[&str])] = &[
    ("AllowedImages", &["providers"]),
    ("Ancestor", &["owner_alias"]),
    ("Beginning", &["notes", "themes"]),
    ("Browse", &["columns", "regions", "whose"]),
    ("Failure", &["hint", "what", "why"]),
    ("Hooks", &["job_ended"]),
    ("Image", &["ImageOwnerAlias", "StateReason"]),
    ("KeyChoice", &["note"]),
    ("KeyVerdict", &["why"]),
    (
        "Note",
        &[
            "NeverAccepted",
            "RetryAfter",
            "Text",
            "Untagged",
            "why",
            "ImagesNotListed",
            "SnapshotListDelayed",
            "SnapshotsNotListed",
        ],
    ),
    ("Permission", &["hint", "why"]),
    ("RememberedView", &["columns", "sort", "whose"]),
    ("Reported", &["why"]),
    ("Ui", &["theme"]),
    ("Waiting", &["OutcomeCheck", "RefusalCheck", "RetryAfter", "Text"]),
    ("Job", &["note", "waiting"]),
    ("RegionStatus", &["waiting"]),
];

/// Filters, which have a syntax.
const FILTERS: &[(&str, &[&str])] = &[("RememberedView", &["filters"]), ("StoredFilters", &["before", "filters"])];

/// Texts whose words may be any: that one of them is in there does not make it a name.
const SENTENCES_OF_USERS: &[(&str, &[&str])] = &[
    ("Copy", &["description", "name"]),
    ("CopyRequest", &["description"]),
    ("Image", &["Description"]),
    ("Preset", &["description"]),
    ("TypedTexts", &["description"]),
];

/// Words of the syntax of filters, and values that EC2 has for everybody.
const SYNTAX: &[&str] = &[
    "age",
    "amazon",
    "arch",
    "arm64",
    "available",
    "bios",
    "boot",
    "d",
    "deprecated",
    "disabled",
    "ebs",
    "enc",
    "failed",
    "h",
    "i386",
    "instance",
    "launched",
    "legacy",
    "linux",
    "m",
    "mo",
    "name",
    "no",
    "owner",
    "pending",
    "platform",
    "preferred",
    "public",
    "region",
    "root",
    "size",
    "source",
    "state",
    "store",
    "tag",
    "uefi",
    "w",
    "windows",
    "x86",
    "64",
    "y",
    "yes",
];

fn lists(table: &[(&str, &[&str])], place: Place) -> bool {
    table.iter().any(|(owner, fields)| *owner == place.owner && fields.contains(&place.field))
}

/// What is done with a text in this place.
pub(super) fn treatment(place: Place, text: &str) -> Treatment {
    if lists(KEPT, place) || has_known_form(place, text) {
        Treatment::Keep
    } else if lists(PROSE, place) {
        Treatment::Prose
    } else if lists(FILTERS, place) {
        Treatment::Filter
    } else {
        Treatment::Replace
    }
}

/// Returns true for texts that stay if they have the form that they should have.
fn has_known_form(place: Place, text: &str) -> bool {
    let all = |fits: &dyn Fn(char) -> bool| !text.is_empty() && text.len() <= 80 && text.chars().all(fits);
    match (place.owner, place.field) {
        // AWS's error codes.
        ("Failure", "code") | ("Outcome", "Refused") => all(&|c| c.is_ascii_alphabetic() || c == '.'),
        ("BlockDevice", "DeviceName") | ("Image", "RootDeviceName") | ("Expected", "devices") => {
            matches!(text.strip_prefix("/dev/"), Some("sda" | "sda1" | "xvda" | "nvme0n1"))
                || text.strip_prefix("/dev/sd").or(text.strip_prefix("/dev/xvd")).is_some_and(|rest| rest.len() <= 2)
        }
        ("Tag", "Key") => matches!(text, "amigrate:job" | "amigrate:batch"),
        // The stand-ins that a recording has.
        ("ClientToken", _) => {
            text.starts_with("amigrate-0000000000000000") || text.starts_with("amigrate-same-0000000000000000")
        }
        // Made of the last digits of a token.
        ("Job", "batch") | ("Tag", "Value") => is_batch(text),
        ("Preset", "deprecate") => all(&|c| c.is_ascii_digit() || c == 'd'),
        _ => false,
    }
}

/// Returns true for the name that this program gives a batch.
pub(super) fn is_batch(text: &str) -> bool {
    text.strip_prefix("batch-").is_some_and(|rest| rest.len() == 6 && rest.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// Returns true for texts whose words may be any.
pub(super) fn is_prose_of_users(place: Place) -> bool {
    lists(SENTENCES_OF_USERS, place)
}

/// Returns true for words of the syntax of filters.
pub(super) fn is_syntax(word: &str) -> bool {
    SYNTAX.contains(&word.to_ascii_lowercase().as_str())
}
