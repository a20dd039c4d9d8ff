//! Passkeys: who gets in with one, what is refused and why, single use of challenges over nodes, and the budgets.

use serde_json::Value;
use tallystick_auth::{
    Auth, CHALLENGE_MS, Caller, Factor, NewPasskeyAnswer, NoPasskeys, PasskeyChallenge, PasskeyRefusal,
    PasskeySignIn, PasskeySignInError, PasskeySite, PeopleError, Secret, SignInError, SignedInByPasskey,
};
use tallystick_catalog::{CatalogError, Conflict, LinkKind, PASSKEYS_MAX, Passkey};
use tallystick_testkit::Authenticator;

use crate::World;
use crate::sign_in::{PASSWORD, attempt, caller, member, operator};

const ORIGIN: &str = "https://audit.example.com";
const HOME: &str = "203.0.113.9";
const ELSEWHERE: &str = "198.51.100.66";
const EMAIL: &str = "ana@acme.example";

type Outcome = Result<SignedInByPasskey, PasskeySignInError>;

fn site() -> PasskeySite {
    PasskeySite::new(Some(ORIGIN), None).unwrap()
}

/// Somebody with a session.
async fn person(auth: &Auth, email: &str) -> std::sync::Arc<Caller> {
    let signed_in = auth.sign_in(attempt(email, PASSWORD, HOME)).await.unwrap();
    caller(auth, &signed_in).await
}

/// A node, and Ana with a session and a passkey.
async fn ana(world: &World) -> (Auth, std::sync::Arc<Caller>, Authenticator) {
    let auth = world.node().await;
    member(&auth, "acme", EMAIL, "member").await;
    let ana = person(&auth, EMAIL).await;
    let mut device = Authenticator::new(ORIGIN, 1);
    add(&auth, &ana, &mut device).await.unwrap();
    (auth, ana, device)
}

async fn begin(auth: &Auth, caller: &Caller) -> Result<PasskeyChallenge, PeopleError> {
    auth.begin_passkey(caller, &site(), &Secret::from(PASSWORD)).await
}

async fn add(auth: &Auth, caller: &Caller, device: &mut Authenticator) -> Result<Passkey, PeopleError> {
    let challenge = begin(auth, caller).await?;
    let credential = device.make(&challenge.options);
    finish(auth, caller, Some(challenge.token), credential).await
}

async fn finish(
    auth: &Auth,
    caller: &Caller,
    token: Option<Secret>,
    credential: Value,
) -> Result<Passkey, PeopleError> {
    let answer = NewPasskeyAnswer { token, name: "Phone".into(), credential };
    auth.add_passkey(caller, &site(), answer).await.map(|(_, passkey)| passkey)
}

fn challenge(auth: &Auth) -> PasskeyChallenge {
    auth.begin_passkey_sign_in(&site()).unwrap()
}

async fn show(auth: &Auth, token: Option<&Secret>, credential: Value, from: &str) -> Outcome {
    let from = Some(from.parse().unwrap());
    let sent = PasskeySignIn { token: token.cloned(), credential, from, user_agent: None };
    auth.sign_in_with_passkey(&site(), sent).await
}

async fn enter(auth: &Auth, device: &mut Authenticator, from: &str) -> Outcome {
    let challenge = challenge(auth);
    let credential = device.answer(&challenge.options);
    show(auth, Some(&challenge.token), credential, from).await
}

/// Why it was refused.
fn why(outcome: &Outcome) -> PasskeyRefusal {
    match outcome {
        Err(PasskeySignInError::Refused { why, .. }) => *why,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_passkey_is_both_factors() {
    let world = World::new().await;
    let (auth, _, mut device) = ana(&world).await;
    let first = enter(&auth, &mut device, HOME).await.unwrap();
    assert_eq!(
        (first.signed_in.user.email.as_str(), first.signed_in.factor),
        (EMAIL, Factor::UserVerification)
    );
    assert!(!first.signed_in.is_new_address);
    assert_eq!((first.passkey.sign_count, first.passkey.name.as_str()), (1, "Phone"));
    let who = caller(&auth, &first.signed_in).await;
    let listed = auth.list_passkeys(&who).await.unwrap();
    assert!(listed[0].used_ms.is_some() && !listed[0].is_synced);
    let second = enter(&auth, &mut device, ELSEWHERE).await.unwrap();
    assert!(second.signed_in.is_new_address);
    assert_ne!(first.signed_in.token.expose(), second.signed_in.token.expose());

    // Whoever has it renames and removes it; then it is as unknown as one that never was.
    let (_, changed) = auth.rename_passkey(&who, &first.passkey.id, "Old phone").await.unwrap();
    assert_eq!(changed.after.name, "Old phone");
    let wrong = auth.remove_passkey(&who, &first.passkey.id, &Secret::from("wrong")).await;
    assert!(matches!(wrong, Err(PeopleError::Refused(_))), "{wrong:?}");
    auth.remove_passkey(&who, &first.passkey.id, &Secret::from(PASSWORD)).await.unwrap();
    assert_eq!(why(&enter(&auth, &mut device, HOME).await), PasskeyRefusal::Unknown);
}

#[tokio::test]
async fn what_is_not_right_is_refused() {
    let world = World::new().await;
    let (auth, _, device) = ana(&world).await;
    member(&auth, "acme", "bob@acme.example", "member").await;
    let bob = person(&auth, "bob@acme.example").await;
    let mut bobs = Authenticator::new(ORIGIN, 2);
    add(&auth, &bob, &mut bobs).await.unwrap();

    let altered = |change: &dyn Fn(&mut Authenticator)| {
        let mut device = device.clone();
        change(&mut device);
        device
    };
    for (mut device, expected) in [
        (altered(&|one| one.origin = "https://evil.example".into()), PasskeyRefusal::WrongOrigin),
        (altered(&|one| one.origin = format!("{ORIGIN}:8443")), PasskeyRefusal::WrongOrigin),
        (altered(&|one| one.rp_id = "example.com".into()), PasskeyRefusal::WrongOrigin),
        (altered(&|one| one.verifies = false), PasskeyRefusal::NotVerified),
        (altered(&|one| one.synced = true), PasskeyRefusal::BackupChanged),
        (altered(&|one| one.user_handle.clone_from(&bobs.user_handle)), PasskeyRefusal::OtherAccount),
        // Ana's device names Bob's passkey.
        (altered(&|one| one.credential_id = vec![2; 32]), PasskeyRefusal::OtherAccount),
        (altered(&|one| one.credential_id = vec![9; 32]), PasskeyRefusal::Unknown),
    ] {
        let outcome = enter(&auth, &mut device, ELSEWHERE).await;
        assert_eq!(why(&outcome), expected);
        world.advance(60_000);
    }
    let mut forger = Authenticator::new(ORIGIN, 3);
    forger.credential_id.clone_from(&device.credential_id);
    forger.user_handle.clone_from(&device.user_handle);
    assert_eq!(why(&enter(&auth, &mut forger, ELSEWHERE).await), PasskeyRefusal::Invalid);
    let malformed = show(&auth, None, serde_json::json!({ "id": 1 }), ELSEWHERE).await;
    assert!(matches!(malformed, Err(PasskeySignInError::Malformed(_))), "{malformed:?}");
    enter(&auth, &mut device.clone(), HOME).await.unwrap();
}

#[tokio::test]
async fn a_counter_that_does_not_grow_is_a_copy() {
    let world = World::new().await;
    let (auth, who, mut device) = ana(&world).await;
    let mut copy = device.clone();
    enter(&auth, &mut device, HOME).await.unwrap();
    enter(&auth, &mut device, HOME).await.unwrap();
    assert_eq!(why(&enter(&auth, &mut copy, HOME).await), PasskeyRefusal::CounterWentBack);
    assert_eq!(why(&enter(&auth, &mut copy, HOME).await), PasskeyRefusal::CounterWentBack, "the same");
    enter(&auth, &mut device, HOME).await.unwrap();
    // Those that are synced do not count.
    let mut synced = Authenticator::new(ORIGIN, 2).with(|one| (one.synced, one.counts) = (true, false));
    assert!(add(&auth, &who, &mut synced).await.unwrap().is_synced);
    for _ in 0..2 {
        enter(&auth, &mut synced, HOME).await.unwrap();
    }
}

#[tokio::test]
async fn a_challenge_is_answered_once_in_time_and_by_whom_it_was_given_to() {
    let world = World::new().await;
    let (auth, who, mut device) = ana(&world).await;
    let other_node = world.node().await;
    let given = challenge(&auth);
    let credential = device.answer(&given.options);
    show(&other_node, Some(&given.token), credential.clone(), HOME).await.unwrap();
    for node in [&auth, &other_node] {
        let again = show(node, Some(&given.token), credential.clone(), HOME).await;
        assert_eq!(why(&again), PasskeyRefusal::Replayed);
    }
    // One that failed is used up as well.
    let given = challenge(&auth);
    let other = challenge(&auth);
    let credential = device.answer(&given.options);
    let crossed = show(&auth, Some(&other.token), credential.clone(), HOME).await;
    assert_eq!(why(&crossed), PasskeyRefusal::OtherChallenge);
    let late = device.answer(&other.options);
    assert_eq!(why(&show(&auth, Some(&other.token), late, HOME).await), PasskeyRefusal::Replayed);
    let nothing = show(&auth, None, credential.clone(), HOME).await;
    assert_eq!(why(&nothing), PasskeyRefusal::NoChallenge);
    let forged = Secret::from("A".repeat(200));
    assert_eq!(why(&show(&auth, Some(&forged), credential, HOME).await), PasskeyRefusal::NoChallenge);

    // One to add a passkey signs nobody in, and is good in the same session only.
    let to_add = begin(&auth, &who).await.unwrap();
    let credential = device.answer(&serde_json::json!({ "publicKey": {
        "challenge": to_add.options["publicKey"]["challenge"], "rpId": "audit.example.com" } }));
    let outcome = show(&auth, Some(&to_add.token), credential, HOME).await;
    assert_eq!(why(&outcome), PasskeyRefusal::NoChallenge);
    let mut second = Authenticator::new(ORIGIN, 2);
    let made = second.make(&to_add.options);
    let elsewhere = person(&auth, EMAIL).await;
    let refused = finish(&auth, &elsewhere, Some(to_add.token.clone()), made.clone()).await;
    assert!(matches!(refused, Err(PeopleError::Refused(_))), "{refused:?}");
    finish(&auth, &who, Some(to_add.token.clone()), made.clone()).await.unwrap();
    let again = finish(&auth, &who, Some(to_add.token), made).await;
    assert!(matches!(again, Err(PeopleError::Refused(_))), "{again:?}");

    let given = challenge(&auth);
    world.advance(CHALLENGE_MS);
    let credential = device.answer(&given.options);
    let late = show(&auth, Some(&given.token), credential, HOME).await;
    assert_eq!(why(&late), PasskeyRefusal::Expired);
    let given = challenge(&auth);
    world.advance(CHALLENGE_MS - 1);
    let credential = device.answer(&given.options);
    show(&auth, Some(&given.token), credential, HOME).await.unwrap();
}

#[tokio::test]
async fn failures_count_to_the_budgets_of_passwords() {
    let world = World::new().await;
    let (auth, _, mut device) = ana(&world).await;
    let mut unverified = device.clone().with(|one| one.verifies = false);
    for number in 1..=5 {
        let Err(PasskeySignInError::Refused { locked_out, .. }) =
            enter(&auth, &mut unverified, ELSEWHERE).await
        else {
            panic!("it was not refused");
        };
        assert_eq!(locked_out, number == 5);
    }
    let held = enter(&auth, &mut device, ELSEWHERE).await;
    assert!(
        matches!(held, Err(PasskeySignInError::SignIn(SignInError::TooManyAttempts { retry_after_ms: 1.. }))),
        "{held:?}"
    );
    // The password waits as well from there; nobody waits elsewhere.
    let password = auth.sign_in(attempt(EMAIL, PASSWORD, ELSEWHERE)).await;
    assert!(matches!(password, Err(SignInError::TooManyAttempts { .. })), "{password:?}");
    enter(&auth, &mut device, HOME).await.unwrap();
    world.advance(60_000);
    enter(&auth, &mut device, ELSEWHERE).await.unwrap();
    // Unknown ones count by address: thirty in all.
    let from = "192.0.2.44";
    for number in 0..30 {
        let mut unknown = Authenticator::new(ORIGIN, 100 + number);
        assert_eq!(why(&enter(&auth, &mut unknown, from).await), PasskeyRefusal::Unknown);
    }
    let held = enter(&auth, &mut device, from).await;
    assert!(matches!(held, Err(PasskeySignInError::SignIn(SignInError::TooManyAttempts { .. }))), "{held:?}");
}

#[tokio::test]
async fn adding_takes_the_password_a_verified_person_and_room() {
    let world = World::new().await;
    let (auth, who, device) = ana(&world).await;
    let wrong = auth.begin_passkey(&who, &site(), &Secret::from("wrong")).await;
    assert!(matches!(wrong, Err(PeopleError::Refused(_))), "{wrong:?}");
    let mut unverified = Authenticator::new(ORIGIN, 2).with(|one| one.verifies = false);
    let mut foreign = Authenticator::new("https://evil.example", 2);
    for device in [&mut unverified, &mut foreign] {
        let refused = add(&auth, &who, device).await;
        assert!(matches!(refused, Err(PeopleError::Refused(_))), "{refused:?}");
    }
    let twice = add(&auth, &who, &mut device.clone()).await;
    assert!(
        matches!(twice, Err(PeopleError::Catalog(CatalogError::Conflict(Conflict::PasskeyExists)))),
        "{twice:?}"
    );
    let options = begin(&auth, &who).await.unwrap().options;
    let known = &options["publicKey"]["excludeCredentials"];
    assert_eq!(known.as_array().unwrap().len(), 1);
    let chosen = &options["publicKey"]["authenticatorSelection"];
    assert_eq!(
        (&chosen["residentKey"], &chosen["userVerification"]),
        (&"required".into(), &"required".into())
    );
    assert!(!options.to_string().contains(who.user().unwrap().as_str()), "the handle is a pseudonym");
    for number in 1..PASSKEYS_MAX {
        add(&auth, &who, &mut Authenticator::new(ORIGIN, number as u8 + 1)).await.unwrap();
    }
    let beyond = begin(&auth, &who).await;
    assert!(
        matches!(beyond, Err(PeopleError::Catalog(CatalogError::Conflict(Conflict::TooMany { .. })))),
        "{beyond:?}"
    );
}

#[tokio::test]
async fn a_reset_takes_passkeys_away_and_a_changed_password_does_not() {
    let world = World::new().await;
    let (auth, who, mut device) = ana(&world).await;
    let olga = operator(&auth).await;
    let new = Secret::from("four tall ticks in a row");
    auth.change_password(&who, &Secret::from(PASSWORD), &new).await.unwrap();
    let id = enter(&auth, &mut device, HOME).await.unwrap().signed_in.user.id;
    let link = auth.reset_link(&id, olga.id.as_str()).await.unwrap();
    assert!(auth.open_link(LinkKind::Reset, link.token.expose()).await.unwrap().is_some());
    let (_, removed) = auth.redeem_reset(link.token.expose(), &Secret::from(PASSWORD)).await.unwrap();
    assert_eq!(removed.len(), 1);
    assert_eq!(why(&enter(&auth, &mut device, HOME).await), PasskeyRefusal::Unknown);
}

#[test]
fn there_are_none_without_a_secure_address() {
    assert_eq!(PasskeySite::new(Some("http://audit.example.com"), None).unwrap_err(), NoPasskeys::NotSecure);
}
