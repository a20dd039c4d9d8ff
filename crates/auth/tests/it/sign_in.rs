//! Signing in: sessions and their ends, codes, budgets that keep nobody else out, and refusals that say nothing.

use std::net::IpAddr;

use tallystick_auth::{Auth, Caller, Factor, NewAccount, PeopleError, Secret, SignIn, SignInError, SignedIn};
use tallystick_catalog::{LinkKind, User};

use crate::{World, accounts, root};

pub(crate) const PASSWORD: &str = "three tall ticks in a row";

pub(crate) async fn operator(auth: &Auth) -> User {
    let link = auth.first_setup_link().await.unwrap().expect("nobody runs it yet");
    auth.redeem_setup(link.token.expose(), account("olga@ops.example")).await.unwrap()
}

pub(crate) fn account(email: &str) -> NewAccount {
    NewAccount {
        email: email.into(),
        name: "A person".into(),
        time_zone: "UTC".into(),
        password: Secret::from(PASSWORD),
    }
}

/// A member of an organization, invited by root.
pub(crate) async fn member(auth: &Auth, org: &str, email: &str, role: &str) -> User {
    let link = auth.invite(&*root(auth).await, &crate::org(org), email, role).await.unwrap();
    auth.redeem_invitation(link.token.expose(), account(email)).await.unwrap().user
}

pub(crate) fn attempt(email: &str, password: &str, from: &str) -> SignIn {
    SignIn {
        email: email.into(),
        password: Secret::from(password),
        code: None,
        from: Some(from.parse::<IpAddr>().unwrap()),
        user_agent: Some("test".into()),
    }
}

pub(crate) async fn caller(auth: &Auth, signed_in: &SignedIn) -> std::sync::Arc<Caller> {
    auth.authenticate_session(&signed_in.token).await.unwrap().expect("a live session")
}

fn is_refused(result: &Result<SignedIn, SignInError>) -> bool {
    matches!(result, Err(SignInError::Refused { .. }))
}

fn is_held(result: &Result<SignedIn, SignInError>) -> bool {
    matches!(result, Err(SignInError::TooManyAttempts { retry_after_ms: 1.. }))
}

const HOME: &str = "203.0.113.9";
const ELSEWHERE: &str = "198.51.100.66";

#[tokio::test]
async fn a_session_ends_at_rest_and_in_any_case() {
    let world = World::new().await;
    let auth = world.node().await;
    operator(&auth).await;
    let good = attempt(" OLGA@ops.example", PASSWORD, HOME);
    let first = auth.sign_in(good.clone()).await.unwrap();
    assert!(first.is_new_address && first.factor == Factor::None);
    assert_eq!(first.token.expose().len(), 43);
    let person = caller(&auth, &first).await;
    assert_eq!(person.source(), format!("user:{}", first.user.id));
    assert!(person.person().unwrap().is_operator);

    let second = auth.sign_in(good.clone()).await.unwrap();
    assert!(!second.is_new_address);
    assert_ne!(first.token.expose(), second.token.expose(), "never the same session again");
    world.advance(accounts().session_idle_ms - 1);
    caller(&auth, &second).await;
    world.advance(accounts().session_idle_ms - 1);
    caller(&auth, &second).await;
    assert!(auth.authenticate_session(&first.token).await.unwrap().is_none(), "it rested too long");
    world.advance(accounts().session_idle_ms - 1);
    assert!(auth.glance_at_session(&second.token).await.unwrap().is_some());
    world.advance(1);
    assert!(auth.glance_at_session(&second.token).await.unwrap().is_none(), "to look is no use of it");
    let second = auth.sign_in(good.clone()).await.unwrap();
    for _ in 0..30 {
        world.advance(accounts().session_idle_ms - 1);
        let _ = auth.authenticate_session(&second.token).await.unwrap();
    }
    assert!(auth.authenticate_session(&second.token).await.unwrap().is_none(), "a day is the most");

    let third = auth.sign_in(good).await.unwrap();
    auth.sign_out(&*caller(&auth, &third).await).await.unwrap();
    assert!(auth.authenticate_session(&third.token).await.unwrap().is_none());
    let elsewhere = attempt("olga@ops.example", PASSWORD, ELSEWHERE);
    let fourth = auth.sign_in(elsewhere.clone()).await.unwrap();
    auth.sign_out(&*caller(&auth, &fourth).await).await.unwrap();
    assert!(
        !auth.sign_in(elsewhere).await.unwrap().is_new_address,
        "who signs out does not become a stranger"
    );
    for wrong in ["", "x", &"A".repeat(43)] {
        assert!(auth.authenticate_session(&Secret::from(wrong)).await.unwrap().is_none());
    }
}

#[tokio::test]
async fn a_catalog_that_takes_nothing_keeps_nobody_from_reading() {
    let world = World::new().await;
    let auth = world.node().await;
    operator(&auth).await;
    let olga = auth.sign_in(attempt("olga@ops.example", PASSWORD, HOME)).await.unwrap();
    let mut connection = world.connection().await;
    let full = "CREATE TRIGGER full BEFORE UPDATE ON sessions BEGIN SELECT RAISE(ABORT, 'full'); END";
    sqlx::query(full).execute(&mut connection).await.unwrap();
    for _ in 0..4 {
        world.advance(accounts().session_idle_ms / 2);
        caller(&auth, &olga).await;
    }
    assert!(auth.flush_uses().await.is_err());
    // Another node knows what the catalog knows.
    let other = world.node().await;
    assert!(other.glance_at_session(&olga.token).await.unwrap().is_none());
    // Only now: a use that was being recorded in the background is taken as soon as there is room.
    sqlx::query("DROP TRIGGER full").execute(&mut connection).await.unwrap();
    auth.flush_uses().await.unwrap();
    caller(&other, &olga).await;
}

#[tokio::test]
async fn unknown_people_and_wrong_passwords_get_the_same_answer() {
    let world = World::new().await;
    let auth = world.node().await;
    operator(&auth).await;
    let mut texts = Vec::new();
    for (email, password) in
        [("olga@ops.example", "not her password"), ("nobody@ops.example", PASSWORD), ("not an address", "")]
    {
        let result = auth.sign_in(attempt(email, password, ELSEWHERE)).await;
        assert!(is_refused(&result), "{email}");
        texts.push(result.unwrap_err().to_string());
    }
    texts.dedup();
    assert_eq!(texts.len(), 1);
    // The budget runs out for an unknown address exactly as for a known one.
    for (email, from) in [("olga@ops.example", "192.0.2.1"), ("nobody@ops.example", "192.0.2.2")] {
        for number in 1..=5 {
            let result = auth.sign_in(attempt(email, "wrong wrong wrong", from)).await;
            let Err(SignInError::Refused { locked_out, .. }) = result else { panic!("{result:?}") };
            assert_eq!(locked_out, number == 5, "{email} {number}");
        }
        assert!(is_held(&auth.sign_in(attempt(email, PASSWORD, from)).await), "{email}");
    }
}

#[tokio::test]
async fn nobody_locks_another_out() {
    let world = World::new().await;
    let auth = world.node().await;
    operator(&auth).await;
    auth.sign_in(attempt("olga@ops.example", PASSWORD, HOME)).await.unwrap();
    let wrong = |from: &str| attempt("olga@ops.example", "wrong wrong wrong", from);
    // From many addresses: each is held by itself.
    for host in 0..40 {
        for _ in 0..6 {
            let _ = auth.sign_in(wrong(&format!("198.51.100.{host}"))).await;
        }
    }
    auth.sign_in(attempt("olga@ops.example", PASSWORD, HOME)).await.unwrap();
    auth.sign_in(attempt("olga@ops.example", PASSWORD, "192.0.2.77")).await.unwrap();
    // From her own address, at other accounts: it is held for all that do not know it, and not for her.
    for number in 0..40 {
        let _ = auth.sign_in(attempt(&format!("guess{number}@x"), "wrong wrong wrong", HOME)).await;
    }
    assert!(is_held(&auth.sign_in(attempt("guess99@x", "wrong wrong wrong", HOME)).await));
    auth.sign_in(attempt("olga@ops.example", PASSWORD, HOME)).await.unwrap();
    // From her own address at her own account: more than elsewhere, but not without end.
    let mut tries = 0;
    while !is_held(&auth.sign_in(wrong(HOME)).await) {
        tries += 1;
        assert!(tries < 100);
    }
    assert_eq!(tries, 20);
    world.advance(30_000);
    auth.sign_in(attempt("olga@ops.example", PASSWORD, HOME)).await.unwrap();
}

#[tokio::test]
async fn many_attempts_at_once_have_no_more_tries_than_one_after_another() {
    let world = World::new().await;
    let auth = world.node().await;
    operator(&auth).await;
    let at_once = |email: &'static str, from: &'static str| {
        let auth = auth.clone();
        let tries = (0..30).map(move |_| {
            let auth = auth.clone();
            tokio::spawn(async move { auth.sign_in(attempt(email, "wrong wrong wrong", from)).await })
        });
        let tries: Vec<_> = tries.collect();
        async move {
            let mut refused = 0;
            for one in tries {
                refused += usize::from(is_refused(&one.await.unwrap()));
            }
            refused
        }
    };
    assert_eq!(at_once("olga@ops.example", ELSEWHERE).await, 5);
    assert_eq!(at_once("nobody@ops.example", "192.0.2.3").await, 5);
    let olga = auth.sign_in(attempt("olga@ops.example", PASSWORD, HOME)).await.unwrap();
    assert_eq!(at_once("olga@ops.example", HOME).await, 20);
    let olga = caller(&auth, &olga).await;
    let wrong: Vec<_> = (0..30)
        .map(|_| {
            let (auth, olga) = (auth.clone(), olga.clone());
            tokio::spawn(async move { auth.begin_totp(&olga, &Secret::from("wrong")).await.unwrap_err() })
        })
        .collect();
    let mut told = 0;
    for one in wrong {
        told += usize::from(one.await.unwrap().to_string().contains("password is wrong"));
    }
    assert_eq!(told, 20);
}

#[tokio::test]
async fn codes_are_asked_for_after_the_password_and_work_once() {
    let world = World::new().await;
    let auth = world.node().await;
    operator(&auth).await;
    let good = |code: Option<&str>| SignIn {
        code: code.map(Secret::from),
        ..attempt("olga@ops.example", PASSWORD, ELSEWHERE)
    };
    let olga = caller(&auth, &auth.sign_in(good(None)).await.unwrap()).await;
    let wrong = auth.begin_totp(&olga, &Secret::from("wrong")).await;
    assert!(matches!(wrong, Err(PeopleError::Refused(_))));
    let begun = auth.begin_totp(&olga, &Secret::from(PASSWORD)).await.unwrap();
    assert!(begun.address.expose().starts_with("otpauth://totp/Tallystick:olga%40ops.example?secret="));
    let code = |at_ms: i64| code_of(begun.secret.expose(), at_ms);
    auth.sign_in(good(None)).await.expect("it is not in use before it is confirmed");
    assert!(auth.confirm_totp(&olga, &Secret::from("000000")).await.is_err());
    let codes = auth.confirm_totp(&olga, &code(crate::START_MS)).await.unwrap();
    assert_eq!(codes.len(), 10);
    assert!(auth.begin_totp(&olga, &Secret::from(PASSWORD)).await.is_err(), "one is in use");

    assert!(matches!(auth.sign_in(good(None)).await, Err(SignInError::SecondFactorNeeded)));
    let wrong_password = SignIn { password: Secret::from("wrong"), ..good(None) };
    assert!(is_refused(&auth.sign_in(wrong_password).await), "the code is asked for only then");
    let used = auth.sign_in(good(Some(code(crate::START_MS).expose()))).await;
    assert!(is_refused(&used), "the code that confirmed it is used up");
    world.advance(30_000);
    let next = code(crate::START_MS + 30_000);
    let spaced = format!("{} {}", &next.expose()[..3], &next.expose()[3..]);
    assert_eq!(auth.sign_in(good(Some(&spaced))).await.unwrap().factor, Factor::Totp);
    assert!(is_refused(&auth.sign_in(good(Some(next.expose()))).await));
    let recovery = codes[0].to_lowercase();
    assert_eq!(auth.sign_in(good(Some(&recovery))).await.unwrap().factor, Factor::RecoveryCode);
    assert!(is_refused(&auth.sign_in(good(Some(&recovery))).await));
    let olga_id = olga.user().unwrap();
    assert_eq!(auth.second_factor(olga_id).await.unwrap(), (true, 9));

    assert!(auth.remove_totp(&olga, &Secret::from("wrong")).await.is_err());
    assert!(auth.remove_totp(&olga, &Secret::from(PASSWORD)).await.unwrap());
    auth.sign_in(good(None)).await.unwrap();
}

/// What an authenticator shows; the secret is read back from its base 32.
fn code_of(base32: &str, at_ms: i64) -> Secret {
    let digits = base32.bytes().map(|byte| match byte {
        b'A'..=b'Z' => byte - b'A',
        _ => byte - b'2' + 26,
    });
    let bits: Vec<u8> = digits.flat_map(|five| (0..5).rev().map(move |at| five >> at & 1)).collect();
    let bytes: Vec<u8> =
        bits.chunks_exact(8).map(|byte| byte.iter().fold(0, |all, bit| all << 1 | bit)).collect();
    let secret: [u8; 20] = bytes.try_into().unwrap();
    let totp = totp_rs::Builder::new().with_secret(secret).build().unwrap();
    Secret::from(totp.generate(u64::try_from(at_ms / 1_000).unwrap()).to_string())
}

#[tokio::test]
async fn a_new_password_ends_the_other_sessions() {
    let world = World::new().await;
    let auth = world.node().await;
    operator(&auth).await;
    let good = attempt("olga@ops.example", PASSWORD, HOME);
    let (here, there) =
        (auth.sign_in(good.clone()).await.unwrap(), auth.sign_in(good.clone()).await.unwrap());
    let olga = caller(&auth, &here).await;
    let new = Secret::from("another long sentence");
    let weak = auth.change_password(&olga, &Secret::from(PASSWORD), &Secret::from("password1234")).await;
    assert!(matches!(weak, Err(PeopleError::Invalid { field: "password", .. })));
    assert!(auth.change_password(&olga, &Secret::from("wrong"), &new).await.is_err());
    let link = auth.reset_link(olga.user().unwrap(), "root").await.unwrap();
    assert_eq!(auth.change_password(&olga, &Secret::from(PASSWORD), &new).await.unwrap(), 1);
    assert!(
        auth.open_link(LinkKind::Reset, link.token.expose()).await.unwrap().is_none(),
        "nor a link from before"
    );
    assert!(auth.authenticate_session(&there.token).await.unwrap().is_none());
    caller(&auth, &here).await;
    assert!(is_refused(&auth.sign_in(good.clone()).await));
    // A stolen session is not good for guessing the password.
    for _ in 0..30 {
        let _ = auth.change_password(&olga, &Secret::from("wrong"), &new).await;
    }
    let held = auth.change_password(&olga, &new, &Secret::from(PASSWORD)).await.unwrap_err();
    assert!(held.to_string().contains("too many"), "{held}");

    let link = auth.reset_link(olga.user().unwrap(), "root").await.unwrap();
    assert!(auth.open_link(LinkKind::Reset, link.token.expose()).await.unwrap().is_some());
    assert!(auth.open_link(LinkKind::Setup, link.token.expose()).await.unwrap().is_none());
    auth.redeem_reset(link.token.expose(), &Secret::from(PASSWORD)).await.unwrap();
    assert!(auth.authenticate_session(&here.token).await.unwrap().is_none(), "a reset ends them all");
    assert!(auth.redeem_reset(link.token.expose(), &new).await.is_err());
    auth.sign_in(good).await.unwrap();
    assert!(auth.first_setup_link().await.unwrap().is_none(), "somebody runs it");
}
