//! Sessions and second factors.

use tallystick_catalog::{SESSIONS_MAX, Session, SessionId, User};
use tallystick_event::Random;

use super::Case;
use super::people::user;
use crate::doubles::{RANDOM, START_MS};

pub(crate) fn new_session(user: &User, network: &str, good_for_ms: i64) -> Session {
    let mut token_sha256 = [0; 32];
    RANDOM.fill(&mut token_sha256);
    Session {
        id: SessionId::generate(&**RANDOM),
        user: user.id.clone(),
        token_sha256,
        network: network.into(),
        ip: Some("203.0.113.9".into()),
        user_agent: None,
        sso_org: None,
        created_ms: START_MS,
        seen_ms: START_MS,
        expires_ms: START_MS + good_for_ms,
        revoked_ms: None,
    }
}

pub(crate) async fn sessions_are_found_by_hash_and_end(case: &Case) {
    let catalog = case.open().await;
    let ana = user(&catalog, "ana@acme.example").await;
    let session = new_session(&ana, "203.0.113.9", 10_000);
    catalog.create_session(&session).await.unwrap();
    let (found, whose) = catalog.session_by_hash(&session.token_sha256).await.unwrap().unwrap();
    assert_eq!((&found, &whose.id), (&session, &ana.id));
    assert_eq!(whose.last_active_ms, Some(START_MS));
    assert!(catalog.session_by_hash(&[0; 32]).await.unwrap().is_none());
    assert!(catalog.is_known_network(&ana.id, "203.0.113.9").await.unwrap());
    assert!(!catalog.is_known_network(&ana.id, "203.0.113.10").await.unwrap());

    catalog.touch_sessions(&[(session.token_sha256, START_MS + 5_000), ([0; 32], START_MS)]).await.unwrap();
    catalog.touch_sessions(&[(session.token_sha256, START_MS + 4_000)]).await.unwrap();
    assert_eq!(catalog.user(&ana.id).await.unwrap().last_active_ms, Some(START_MS + 5_000));
    let seen = catalog.session(&session.id).await.unwrap();
    assert_eq!(seen.seen_ms, START_MS + 5_000);
    assert!(seen.is_live(START_MS + 5_999, 1_000) && !seen.is_live(START_MS + 6_000, 1_000));
    assert!(!seen.is_live(START_MS + 10_000, 60_000), "the absolute limit");

    let second = new_session(&ana, "203.0.113.9", 10_000);
    let third = new_session(&ana, "203.0.113.9", 10_000);
    for session in [&second, &third] {
        catalog.create_session(session).await.unwrap();
    }
    assert!(catalog.revoke_session(&second.id).await.unwrap());
    assert!(!catalog.revoke_session(&second.id).await.unwrap());
    assert_eq!(catalog.revoke_sessions(&ana.id, Some(&third.id)).await.unwrap(), 1);
    let out = new_session(&ana, "192.0.2.1", 10_000);
    catalog.create_session(&out).await.unwrap();
    assert!(catalog.end_session(&out.id).await.unwrap() && !catalog.end_session(&out.id).await.unwrap());
    assert!(!catalog.revoke_session(&out.id).await.unwrap());
    assert!(!catalog.session(&out.id).await.unwrap().is_live(START_MS, 10_000));
    assert!(catalog.is_known_network(&ana.id, "192.0.2.1").await.unwrap(), "they signed out themselves");
    let left = catalog.list_sessions(&ana.id).await.unwrap();
    assert_eq!(left.iter().map(|session| &session.id).collect::<Vec<_>>(), [&third.id]);
    case.clock.advance(10_000);
    assert!(catalog.list_sessions(&ana.id).await.unwrap().is_empty());
    assert!(catalog.is_known_network(&ana.id, "203.0.113.9").await.unwrap(), "it ended in order");
}

pub(crate) async fn sessions_are_bounded_and_forgotten(case: &Case) {
    let catalog = case.open().await;
    let ana = user(&catalog, "ana@acme.example").await;
    let oldest = new_session(&ana, "a", 60_000);
    catalog.create_session(&oldest).await.unwrap();
    case.clock.advance(1);
    for _ in 0..SESSIONS_MAX {
        let session = Session { seen_ms: START_MS + 1, ..new_session(&ana, "b", 60_000) };
        catalog.create_session(&session).await.unwrap();
    }
    assert_eq!(catalog.list_sessions(&ana.id).await.unwrap().len(), SESSIONS_MAX);
    assert!(catalog.session(&oldest.id).await.unwrap().revoked_ms.is_some());
    case.clock.advance(tallystick_catalog::ENDED_KEPT_MS + 60_000);
    let now = Session { expires_ms: i64::MAX, ..new_session(&ana, "c", 0) };
    catalog.create_session(&now).await.unwrap();
    assert!(catalog.session(&oldest.id).await.is_err());
    assert!(!catalog.is_known_network(&ana.id, "b").await.unwrap());
}

pub(crate) async fn codes_work_once(case: &Case) {
    let catalog = case.open().await;
    let ana = user(&catalog, "ana@acme.example").await;
    assert_eq!(catalog.totp(&ana.id).await.unwrap(), None);
    assert!(!catalog.confirm_totp(&ana.id, 1, &[]).await.unwrap());
    assert!(catalog.begin_totp(&ana.id, b"first").await.unwrap());
    assert!(catalog.begin_totp(&ana.id, b"sealed").await.unwrap(), "until it is confirmed, again");
    assert!(!catalog.use_totp_step(&ana.id, 5).await.unwrap(), "not in use yet");
    assert!(catalog.confirm_totp(&ana.id, 5, &[[1; 32], [2; 32]]).await.unwrap());
    assert!(!catalog.begin_totp(&ana.id, b"other").await.unwrap());
    let factor = catalog.totp(&ana.id).await.unwrap().unwrap();
    assert_eq!(
        (factor.sealed.as_slice(), factor.confirmed_ms, factor.last_step),
        (&b"sealed"[..], Some(START_MS), 5)
    );
    assert!(!catalog.use_totp_step(&ana.id, 5).await.unwrap(), "a code works once");
    assert!(catalog.use_totp_step(&ana.id, 6).await.unwrap());
    assert!(!catalog.use_totp_step(&ana.id, 4).await.unwrap(), "nor does an older one");

    assert_eq!(catalog.recovery_codes_left(&ana.id).await.unwrap(), 2);
    assert!(catalog.use_recovery_code(&ana.id, &[1; 32]).await.unwrap());
    assert!(!catalog.use_recovery_code(&ana.id, &[1; 32]).await.unwrap());
    assert!(!catalog.use_recovery_code(&ana.id, &[3; 32]).await.unwrap());
    assert_eq!(catalog.recovery_codes_left(&ana.id).await.unwrap(), 1);
    assert!(catalog.remove_totp(&ana.id).await.unwrap() && !catalog.remove_totp(&ana.id).await.unwrap());
    assert_eq!(catalog.recovery_codes_left(&ana.id).await.unwrap(), 0);
}
