//! Checkpoints and cosignatures: the worked example of the design, which six other implementations verify, and one of a
//! public log with the cosignatures of public witnesses.

use tallystick_merkle::{
    Checkpoint, CheckpointError, CosigningKey, Note, OpenError, SignError, SignatureError, SigningKey,
    Verified, VerifierKey,
};

pub(crate) const ORIGIN: &str = "audit.example.com/0192d3f0-7c1a-7000-8000-0000000000aa";
pub(crate) const WITNESS: &str = "witness.example/w1";
pub(crate) const LOG_KEY: &str = "audit.example.com/0192d3f0-7c1a-7000-8000-0000000000aa+315172d2+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4";
pub(crate) const WITNESS_KEY: &str =
    "witness.example/w1+20324abe+BCmsuuFBvMrwsi4alNNNC8c2HlJtC/4SyJeUvJMilm3X";
pub(crate) const TIME: u64 = 1_795_168_900;
const EXAMPLE: &str = "audit.example.com/0192d3f0-7c1a-7000-8000-0000000000aa
600
lSH202HJx98/qoD/8j/O9eTBHl/aDmuc6fcEvv9mX18=

\u{2014} audit.example.com/0192d3f0-7c1a-7000-8000-0000000000aa MVFy0sE+LggYWCXuV2yUxI5NXHCrsFE+/6LSeRQftoPhRzMPrfMPM7xUoZIIfHjUb9+Au0NhMqNX+AIYwdkX/aSYuwc=
\u{2014} witness.example/w1 IDJKvgAAAABrABqEcSsoQatrAeX7KRJxPACXnbA4IJf5FTsSEYxuB0KfwvcdFPqSX1rXa15kCtSkzClUBRFRstAK2CcOVm84ArfEAg==
";

/// A public checkpoint of a CT log, with a signature of a type that is not understood here (its first line).
const PUBLIC: &str = "arche2025h1.staging.ct.transparency.dev
1432088532
U7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=

\u{2014} arche2025h1.staging.ct.transparency.dev zTM8sQAAAZ5W0WdjBAMARjBEAiBjW5IQf9pvsYLfQFX6hoGREPMHbdQ3urbllzalApkptQIgIpwtEroeW2BXaHAI4kJXFbon5Ch9MNL5zRNZ55lvGt0=
\u{2014} arche2025h1.staging.ct.transparency.dev ui8GwCF1+kWqZrxGdhj4aX3gcw7XUlXQQabg/27lefwhUkzbC3NygNI75MdhL1bfTW9g8Ei59RA23oHP7Ry1k3ZFWwQ=
\u{2014} transparency.dev/DEV:witness-little-garden 2AQqhwAAAABqEiEgzgFIqqhbUoDwjMWE6UP8nd8/KYTzwZ2rhIgcqoXHAwVkjZr4AscylP3v7sEodkRAErumC2q44vdgJY096st5BQ==
\u{2014} witness1.smartit.nu/witness1 pIyCDwAAAABqEiEghIp82KWebrw7/oHQwlTAm3g2RKS4+eebl8eO0WH+/iEcxZ75W3u5hNI7TOQtmJbqmNWVuE0tgh0XwzdZsDsUAQ==
\u{2014} remora.n621.de 2net5wAAAABqEiEgPlfF3V06o0Y+fHM+J5J9s27wgxxcOVSpZ/2g/KSiXCg9DEZI+aVCIobWX9sXTynk5XeU/zZ0WBxtqB0DrAWfBw==
\u{2014} witness.stagemole.eu Z/euoAAAAABqEiEgw0i+7g2ENfDAWHmtRzCfKTHSDwYDJA2NmKeGi9Y8FtEyOUvVr+AJmIY/2TUFucgKi7lI7cUiOvKFYe/TmN9DAg==
";
const PUBLIC_KEYS: [&str; 5] = [
    "arche2025h1.staging.ct.transparency.dev+ba2f06c0+AU0vHmlGCS/PdN8b2OaGmKprLI8HKM+dJ472xgFYh15f",
    "transparency.dev/DEV:witness-little-garden+d8042a87+BCtusOxINQNUTN5Oj8HObRkh2yHf/MwYaGX4CPdiVEPM",
    "witness1.smartit.nu/witness1+a48c820f+BPSFWg9G6KPiO7QPryYO5Xq4oYJJ+kAvLKLSimDhoxMO",
    "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2",
    "witness.stagemole.eu+67f7aea0+BEqSG3yu9YrmcM3BHvQYTxwFj3uSWakQepafafpUqklv",
];

pub(crate) fn seed(first: u8) -> [u8; 32] {
    std::array::from_fn(|i| first + i as u8)
}

pub(crate) fn log_key() -> SigningKey {
    SigningKey::new(ORIGIN, &seed(0)).unwrap()
}

pub(crate) fn witness_key() -> CosigningKey {
    CosigningKey::new(WITNESS, &seed(0x20)).unwrap()
}

fn vkey(text: &str) -> VerifierKey {
    text.parse().unwrap()
}

#[test]
fn the_example_is_made_byte_for_byte() {
    let root = hex::decode("9521f6d361c9c7df3faa80fff23fcef5e4c11e5fda0e6b9ce9f704beff665f5f").unwrap();
    let checkpoint = Checkpoint::new(ORIGIN, 600, root.try_into().unwrap()).unwrap();
    let mut note = checkpoint.sign(&log_key()).unwrap();
    note.add(witness_key().cosign(&checkpoint, TIME).unwrap()).unwrap();
    assert_eq!(note.to_string(), EXAMPLE);
    assert_eq!(log_key().verifier_key().to_string(), LOG_KEY);
    assert_eq!(witness_key().verifier_key().to_string(), WITNESS_KEY);
}

#[test]
fn the_example_verifies() {
    let note: Note = EXAMPLE.parse().unwrap();
    let checkpoint = Checkpoint::open(&note, &vkey(LOG_KEY)).unwrap();
    assert_eq!((checkpoint.origin(), checkpoint.size()), (ORIGIN, 600));
    assert_eq!(checkpoint.to_string(), note.unverified_text());
    let verified = note.verify(&[vkey(WITNESS_KEY), vkey(LOG_KEY)]).unwrap();
    assert_eq!(verified, [Verified { key: 1, time: None }, Verified { key: 0, time: Some(TIME) }]);
}

#[test]
fn a_public_checkpoint_with_public_witnesses_verifies() {
    let note: Note = PUBLIC.parse().unwrap();
    let keys = PUBLIC_KEYS.map(vkey);
    let checkpoint = Checkpoint::open(&note, &keys[0]).unwrap();
    assert_eq!(checkpoint.size(), 1_432_088_532);
    let times: Vec<_> = note.verify(&keys).unwrap().iter().map(|verified| verified.time).collect();
    let time = Some(0x6a12_2120);
    assert_eq!(times, [None, time, time, time, time]);
    assert_eq!(note.to_string(), PUBLIC);
}

#[test]
fn everything_signed_is_protected() {
    let keys = [vkey(LOG_KEY), vkey(WITNESS_KEY)];
    for (from, to) in [
        ("600", "601"),
        ("lSH2", "lSH3"),
        ("audit.example.com/0", "audit.example.com/1"),
        ("X18=\n", "X18=\nx\n"),
    ] {
        let changed: Note = EXAMPLE.replacen(from, to, 1).parse().unwrap();
        assert!(matches!(changed.verify(&keys), Err(SignatureError::Bad { .. })), "{from} to {to}");
        assert!(matches!(changed.verify(&keys[1..]), Err(SignatureError::Bad { .. })), "{from} to {to}");
    }
    // The time of a cosignature is signed as well.
    let later: Note = EXAMPLE.replace("AAAABrABqE", "AAAABrABqF").parse().unwrap();
    assert!(Checkpoint::open(&later, &keys[0]).is_ok());
    assert!(matches!(later.verify(&keys), Err(SignatureError::Bad { .. })));
    let without: Note = EXAMPLE.split_inclusive('\n').take(5).collect::<String>().parse().unwrap();
    assert_eq!(without.verify(&keys[1..]), Err(SignatureError::Unsigned));
}

#[test]
fn a_cosignature_is_no_signature_and_the_other_way_round() {
    let seed = seed(1);
    let (log, witness) = (SigningKey::new("same", &seed).unwrap(), CosigningKey::new("same", &seed).unwrap());
    let checkpoint = Checkpoint::new("same", 3, [3; 32]).unwrap();
    let signed = checkpoint.sign(&log).unwrap();
    let cosigned = Note::new(&checkpoint.to_string(), witness.cosign(&checkpoint, 5).unwrap()).unwrap();
    let (log, witness) = (log.verifier_key(), witness.verifier_key());
    assert_ne!(log.id(), witness.id());
    assert!(Checkpoint::open(&signed, log).is_ok());
    assert_eq!(signed.verify(std::slice::from_ref(witness)), Err(SignatureError::Unsigned));
    assert_eq!(cosigned.verify(std::slice::from_ref(log)), Err(SignatureError::Unsigned));
    // Under the other's ID it does not verify either.
    for (note, from, to) in [(&signed, log, witness), (&cosigned, witness, log)] {
        let bytes = [&to.id().to_be_bytes()[..], note.signatures()[0].bytes()].concat();
        let old = [&from.id().to_be_bytes()[..], note.signatures()[0].bytes()].concat();
        let renamed: Note = note.to_string().replace(&base64(&old), &base64(&bytes)).parse().unwrap();
        assert!(matches!(renamed.verify(std::slice::from_ref(to)), Err(SignatureError::Bad { .. })));
    }
}

#[test]
fn times_of_cosignatures_have_a_limit() {
    let checkpoint = Checkpoint::new(ORIGIN, 0, tallystick_merkle::empty_root()).unwrap();
    let key = witness_key();
    for time in [0, i64::MAX as u64] {
        let note = Note::new(&checkpoint.to_string(), key.cosign(&checkpoint, time).unwrap()).unwrap();
        let verified = note.verify(&[key.verifier_key().clone()]).unwrap();
        assert_eq!(verified, [Verified { key: 0, time: Some(time) }]);
    }
    let time = i64::MAX as u64 + 1;
    assert_eq!(key.cosign(&checkpoint, time), Err(SignError::Time { time }));
}

#[test]
fn a_log_vouches_for_itself_only() {
    let checkpoint = Checkpoint::new("other.example/log", 3, [3; 32]).unwrap();
    assert!(matches!(checkpoint.sign(&log_key()), Err(SignError::Origin { .. })));
    let text = checkpoint.to_string();
    let note = Note::new(&text, log_key().sign(&text).unwrap()).unwrap();
    let refused = OpenError::Origin { key: ORIGIN.into(), origin: "other.example/log".into() };
    assert_eq!(Checkpoint::open(&note, log_key().verifier_key()), Err(refused));
    let note = Note::new("no checkpoint\n", log_key().sign("no checkpoint\n").unwrap()).unwrap();
    assert_eq!(Checkpoint::open(&note, log_key().verifier_key()), Err(CheckpointError::Lines.into()));
}

#[test]
fn extension_lines_are_kept() {
    let text = format!("o\n7\n{}\next 1\n ext 2 \n", base64(&[9; 32]));
    let checkpoint: Checkpoint = text.parse().unwrap();
    assert_eq!(checkpoint.extensions(), ["ext 1", " ext 2 "]);
    assert_eq!(checkpoint.to_string(), text);
    let note = Note::new(&text, witness_key().cosign(&checkpoint, 1).unwrap()).unwrap();
    assert!(note.verify(&[witness_key().verifier_key().clone()]).is_ok(), "and cosigned");
}

#[test]
fn malformed_checkpoints_are_refused() {
    use CheckpointError::{Extension, Lines, Origin, Root, Size};
    let root = base64(&[9; 32]);
    let parse = |text: String| text.parse::<Checkpoint>().err();
    assert_eq!(parse(String::new()), Some(Lines));
    assert_eq!(parse("o\n7\n".into()), Some(Lines));
    assert_eq!(parse(format!("o\n7\n{root}")), Some(Lines));
    assert_eq!(parse(format!("\n7\n{root}\n")), Some(Origin));
    assert_eq!(parse(format!("o\r\n7\n{root}\n")), Some(Origin));
    for size in ["", "07", "+7", "-7", " 7", "7 ", "0x7", "18446744073709551616"] {
        assert_eq!(parse(format!("o\n{size}\n{root}\n")), Some(Size), "{size:?}");
    }
    for bad in [
        "",
        "AAAA",
        root.trim_end_matches('='),
        &base64(&[9; 31]),
        &base64(&[9; 33]),
        &root.replace('k', "_"),
    ] {
        assert_eq!(parse(format!("o\n7\n{bad}\n")), Some(Root), "{bad:?}");
    }
    assert_eq!(parse(format!("o\n7\n{root}\n\n")), Some(Extension { number: 0 }));
    assert_eq!(parse(format!("o\n7\n{root}\na\n\nb\n")), Some(Extension { number: 1 }));
    assert_eq!(parse(format!("o\n7\n{root}\na\tb\n")), Some(Extension { number: 0 }));
    assert_eq!(Checkpoint::new("a\nb", 0, [0; 32]), Err(Origin));
    let largest: Checkpoint = format!("o p+q\n{}\n{root}\n", u64::MAX).parse().unwrap();
    assert_eq!((largest.origin(), largest.size()), ("o p+q", u64::MAX), "an origin need not be a key name");
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}
