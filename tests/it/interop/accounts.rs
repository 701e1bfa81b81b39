//! Several accounts, as a plain boto3 script sees them.

use super::{python, simulator};

#[test]
fn boto3_shares_assumes_roles_and_copies_between_accounts() {
    let Some(python) = python::python() else { return };
    python.check("check_accounts.py", &[&simulator::start("accounts", 200).url]);
}
