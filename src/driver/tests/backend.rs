//! Credentials that are read again.

use jiff::Timestamp;

use crate::{
    aws::Session,
    domain::{AccountId, AccountKey, FailureKind, Region},
    driver::backend::try_credentials,
    sim::{Scenario, SharedWorld, World, connector},
};

#[tokio::test(start_paused = true)]
async fn credentials_are_good_also_where_the_home_region_is_not_enabled() {
    let now = Timestamp::UNIX_EPOCH;
    let world = SharedWorld::new(World::new(&Scenario::named("empty").unwrap(), now));
    let ours = AccountKey::new(&world.with(|w| w.account().clone()), None);
    let at = |home: &str| {
        let http = connector::http_client(world.clone(), move || now);
        Session::simulated(http.into(), Region::new(home).unwrap())
    };
    assert!(!try_credentials(&at("us-east-1"), &ours).await.unwrap().is_empty(), "where it is enabled it returns them");
    let session = at("me-south-1");
    assert_eq!(session.regions().await.unwrap_err().code.as_deref(), Some("AuthFailure"));
    assert_eq!(try_credentials(&session, &ours).await, Ok(Vec::new()));
    let other = AccountKey::new(&AccountId::new("999999999999").unwrap(), None);
    assert_eq!(try_credentials(&session, &other).await.unwrap_err().kind, FailureKind::OtherAccount);
}
