//! What is masked and, as important, what is not.

use proptest::prelude::*;

use super::*;

fn masker() -> Masker {
    Masker::new(&MaskRules::default())
}

#[test]
fn secret_names() {
    let secret = "password Password PASSWORD db_password dbpassword userPassword password_hash password2 newPassword \
        passwd secret client_secret clientSecret CLIENT-SECRET secret_access_key secretAccessKey access_key accessKey \
        api_key apiKey APIKey api.keys x-api-key private_key token sessionToken refresh_token accessToken tokens \
        Authorization cookie set-cookie credentials credential token_value otp smtp.pwd signing_key";
    let harmless = "passwordless password_policy token_count tokens_revoked token_type token_id broken accessKeyId \
        access_key_id secret_name secret_arn key public_key monkey cookie_consent nextToken next_page_token \
        clientRequestToken authorized laptop compassword1x value text name api ключ credentials_count unsecret";
    let masker = masker();
    for name in secret.split_whitespace() {
        assert!(masker.is_secret_name(name), "{name}");
    }
    for name in harmless.split_whitespace().chain([""]) {
        assert!(!masker.is_secret_name(name), "{name}");
    }
}

#[test]
fn names_can_be_added_and_exempted() {
    let rules: MaskRules =
        serde_json::from_str(r#"{"extra_keys":["date of birth","IBAN"],"exempt_keys":["csrf_token"]}"#)
            .unwrap();
    let masker = Masker::new(&rules);
    for (name, secret) in [("dateOfBirth", true), ("user_iban", true), ("csrfToken", false), ("token", true)]
    {
        assert_eq!(masker.is_secret_name(name), secret, "{name}");
    }
    assert!(serde_json::from_str::<MaskRules>(r#"{"extra":[]}"#).is_err());
    assert!(serde_json::from_str::<MaskRules>(r#"{"patterns":{"card":true}}"#).is_err());
}

#[test]
fn secrets_by_their_looks() {
    let jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dBjftJeZ4CVP-mB92K27uhbUJU1p1r";
    let github = format!("ghp_{}", "a1B2".repeat(9));
    let cases = [
        ("card 4111 1111 1111 1111 declined".to_owned(), "card [masked] declined"),
        ("4111-1111-1111-1111".to_owned(), "[masked]"),
        ("4111 1111 1111 1111 4111 1111 1111 1111".to_owned(), "[masked] [masked]"),
        ("pan=378282246310005;".to_owned(), "pan=[masked];"),
        ("two: 5555555555554444, 6011111111111117".to_owned(), "two: [masked], [masked]"),
        (format!("got {jwt}!"), "got [masked]!"),
        ("Authorization: Bearer abc123def456".to_owned(), "Authorization: Bearer [masked]"),
        ("curl -H 'authorization: basic dXNlcjpwYXNz'".to_owned(), "curl -H 'authorization: basic [masked]'"),
        (format!("é{github} é {github}"), "é[masked] é [masked]"),
        (
            "key: -----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nend".to_owned(),
            "key: [masked]\nend",
        ),
        ("-----BEGIN PRIVATE KEY-----\nMIIE and cut off".to_owned(), "[masked]"),
        ("xoxb-123456789012-abcdefABCDEF".to_owned(), "[masked]"),
    ];
    for (given, expected) in &cases {
        let expected = expected.replace("é[masked] é", &format!("é{github} é"));
        assert_eq!(masker().mask_text(given), expected, "{given}");
    }
}

#[test]
fn what_only_looks_alike_stays() {
    for text in [
        "4111 1111 1111 1112",
        "1732101234567",
        "1795168803059000",
        "order 41111111111111110000000",
        "0192d3f0-7c1a-7000-8000-4111111111111111",
        "AKIAIOSFODNN7EXAMPLE",
        "bearer certificates are listed",
        "the bearer of good news",
        "eyJub3QgYSBqd3Q",
        "-----BEGIN CERTIFICATE-----\nMIIC\n-----END CERTIFICATE-----",
        "ghp_short",
        "arn:aws:iam::123456789012:user/ghp",
    ] {
        assert_eq!(masker().mask_text(text), text);
    }
}

#[test]
fn patterns_can_be_switched_off() {
    let rules: MaskRules = serde_json::from_str(r#"{"patterns":{"cards":false}}"#).unwrap();
    let masker = Masker::new(&rules);
    assert_eq!(masker.mask_text("4111111111111111"), "4111111111111111");
    assert_eq!(masker.mask_text("Bearer abc123def456"), "Bearer [masked]");
}

proptest! {
    #[test]
    fn masking_by_value_is_idempotent(
        parts in proptest::collection::vec(
            "4111 1111 1111 1111|Bearer a1b2c3d4e5f6|ghp_[a-zA-Z0-9]{20}|[ -~]{0,12}|-----BEGIN PRIVATE KEY-----|é| ",
            0..6,
        )
    ) {
        let text = parts.concat();
        let masker = masker();
        let once = masker.mask_text(&text).into_owned();
        prop_assert_eq!(masker.mask_text(&once).into_owned(), once);
    }
}
