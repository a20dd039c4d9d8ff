//! Signed notes against the examples of the specification and of Go's `sumdb/note`; what is refused; what is ignored.

use tallystick_merkle::limits::{NOTE_BYTES_MAX, SIGNATURES_MAX};
use tallystick_merkle::{
    CosigningKey, KeyError, KeyType, Note, NoteError, NoteSignature, SecretKeyError, SignError,
    SignatureError, SigningKey, Verified, VerifierKey, is_key_name, key_id,
};

const SPEC_KEY: &str = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
const SPEC_NOTE: &str = "This is an example message.\n\n\
    \u{2014} example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";

/// Of the documentation of `golang.org/x/mod/sumdb/note`.
const GO_SECRET: &str = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
const GO_KEY: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const GO_OTHER_KEY: &str = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop";
const GO_TEXT: &str =
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
const GO_SIGNATURE: &str = "\u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
const GO_OTHER_SIGNATURE: &str = "\u{2014} EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n";

fn vkey(text: &str) -> VerifierKey {
    text.parse().unwrap()
}

fn go_note() -> Note {
    format!("{GO_TEXT}\n{GO_SIGNATURE}{GO_OTHER_SIGNATURE}").parse().unwrap()
}

#[test]
fn the_example_of_the_specification_verifies() {
    let (note, key): (Note, _) = (SPEC_NOTE.parse().unwrap(), vkey(SPEC_KEY));
    assert_eq!(key.to_string(), SPEC_KEY);
    assert_eq!((key.name(), key.id(), key.key_type()), ("example.com/foo", 0x530d_903a, KeyType::Ed25519));
    assert_eq!(note.verify(&[key]), Ok(vec![Verified { key: 0, time: None }]));
    assert_eq!(note.unverified_text(), "This is an example message.\n");
    assert_eq!(note.to_string(), SPEC_NOTE);
}

#[test]
fn a_key_of_go_makes_the_signature_that_go_makes() {
    let key = SigningKey::parse(GO_SECRET).unwrap();
    assert_eq!(*key.encode(), GO_SECRET);
    assert_eq!(key.verifier_key(), &vkey(GO_KEY));
    let note = Note::new(GO_TEXT, key.sign(GO_TEXT).unwrap()).unwrap();
    assert_eq!(note.to_string(), format!("{GO_TEXT}\n{GO_SIGNATURE}"));
}

#[test]
fn only_known_keys_count() {
    let note = go_note();
    let keys = [vkey(GO_OTHER_KEY), vkey(SPEC_KEY), vkey(GO_KEY)];
    let verified: Vec<usize> = note.verify(&keys).unwrap().iter().map(|verified| verified.key).collect();
    assert_eq!(verified, [2, 0], "in the order of the note");
    assert_eq!(note.verify(&keys[..1]).unwrap().len(), 1);
    assert_eq!(note.verify(&keys[1..2]), Err(SignatureError::Unsigned));
    assert_eq!(note.verify(&[]), Err(SignatureError::Unsigned));
}

#[test]
fn one_bad_signature_of_a_known_key_makes_the_note_bad() {
    let forged = go_note().to_string().replace("problem is", "trouble is").parse::<Note>().unwrap();
    let bad = SignatureError::Bad { name: "PeterNeumann".into(), id: 0xc74f_20a3 };
    assert_eq!(forged.verify(&[vkey(GO_KEY)]), Err(bad));
    // The first holds, the second is its copy under the other's name.
    let first = GO_SIGNATURE.trim_end().rsplit_once(' ').unwrap().1;
    let mut bytes = base64_of(first);
    bytes[..4].copy_from_slice(&0xaf0c_fe78_u32.to_be_bytes());
    let line = format!("\u{2014} EnochRoot {}\n", to_base64(&bytes));
    let note: Note = format!("{GO_TEXT}\n{GO_SIGNATURE}{line}").parse().unwrap();
    assert!(note.verify(&[vkey(GO_KEY)]).is_ok(), "to somebody who does not know the second key");
    let bad = SignatureError::Bad { name: "EnochRoot".into(), id: 0xaf0c_fe78 };
    assert_eq!(note.verify(&[vkey(GO_KEY), vkey(GO_OTHER_KEY)]), Err(bad));
}

#[test]
fn the_same_name_or_the_same_id_alone_is_another_key() {
    let key = SigningKey::new("log.example", &[7; 32]).unwrap();
    let mut note = Note::new("text\n", key.sign("text\n").unwrap()).unwrap();
    // Grease: the name with another ID, the ID with another name, and signatures of no known form.
    let id = key.verifier_key().id().to_be_bytes();
    let grease = [
        format!("\u{2014} log.example {}\n", to_base64(&[1, 2, 3, 4, 5])),
        format!("\u{2014} log.example/other {}\n", to_base64(&[&id[..], &[9; 64]].concat())),
        format!("\u{2014} grease.invalid {}\n", to_base64(&[0xff; 2424])),
    ];
    for line in NoteSignature::parse_lines(&grease.concat()).unwrap() {
        note.add(line).unwrap();
    }
    assert_eq!(note.verify(&[key.verifier_key().clone()]).unwrap().len(), 1);
    assert_eq!(note.signatures().len(), 4);
    assert_eq!(note.to_string().parse(), Ok(note));
}

#[test]
fn a_text_may_have_empty_lines() {
    let key = SigningKey::new("k", &[1; 32]).unwrap();
    for text in ["\n", "\n\n\n", "a\n\n\u{2014} k AAAAAAA=\n", "\u{e9}\u{7f}\u{85}\n"] {
        let note = Note::new(text, key.sign(text).unwrap()).unwrap();
        let read: Note = note.to_string().parse().unwrap();
        assert_eq!(read.unverified_text(), text);
        assert!(read.verify(&[key.verifier_key().clone()]).is_ok());
    }
    for text in ["", "a", "a\n\tb\n", "a\r\n", "\0\n"] {
        assert_eq!(key.sign(text), Err(SignError::Text), "{text:?}");
        assert!(Note::new(text, key.sign("a\n").unwrap()).is_err(), "{text:?}");
    }
}

#[test]
fn malformed_notes_are_refused() {
    let line = GO_SIGNATURE;
    let parse = |text: &str| Note::parse(text.as_bytes()).err();
    let signature = |number| Some(NoteError::Signature { number });
    assert_eq!(parse(""), Some(NoteError::Shape));
    assert_eq!(parse("text\n"), Some(NoteError::Shape));
    assert_eq!(parse(&format!("text\n{line}")), Some(NoteError::Shape), "no empty line");
    assert_eq!(parse("text\n\n"), Some(NoteError::Shape), "no signature");
    assert_eq!(
        parse(&format!("text\n\n{}", line.trim_end())),
        Some(NoteError::Shape),
        "no line break at the end"
    );
    assert_eq!(parse(&format!("text\n\n{line}\n")), Some(NoteError::Shape), "an empty line at the end");
    assert_eq!(parse(&format!("te\rxt\n\n{line}")), Some(NoteError::Text));
    assert_eq!(Note::parse(b"te\xffxt\n\n"), Err(NoteError::Text));
    for bad in [
        "- a AAAAAAA=",
        "\u{2014}a AAAAAAA=",
        "\u{2014} a",
        "\u{2014} a ",
        "\u{2014}  AAAAAAA=",
        "\u{2014} a+b AAAAAAA=",
        "\u{2014} a\u{a0}b AAAAAAA=",
        "\u{2014} a b AAAAAAA=",
        "\u{2014} a AAAAAAA",
        "\u{2014} a AAAAAAB=",
        "\u{2014} a AAAAAA==",
        "\u{2014} a AAAAAAA= ",
        " \u{2014} a AAAAAAA=",
    ] {
        assert_eq!(parse(&format!("text\n\n{bad}\n")), signature(0), "{bad:?}");
        assert_eq!(parse(&format!("text\n\n{line}{bad}\n")), signature(1), "{bad:?}");
    }
    assert!(parse("text\n\n\u{2014} a AAAAAAA=\n").is_none(), "five bytes are enough");
}

#[test]
fn sixteen_signatures_and_more_are_accepted() {
    let keys: Vec<SigningKey> =
        (0..=SIGNATURES_MAX).map(|i| SigningKey::new(&format!("key{i}"), &[i as u8; 32]).unwrap()).collect();
    let mut note = Note::new("text\n", keys[0].sign("text\n").unwrap()).unwrap();
    for key in &keys[1..SIGNATURES_MAX] {
        note.add(key.sign("text\n").unwrap()).unwrap();
    }
    let one_more = keys[SIGNATURES_MAX].sign("text\n").unwrap();
    assert_eq!(note.add(one_more.clone()), Err(NoteError::TooMany));
    assert_eq!(note.to_string().parse(), Ok(note.clone()));
    let vkeys: Vec<VerifierKey> = keys[84..100].iter().map(|key| key.verifier_key().clone()).collect();
    assert_eq!(note.verify(&vkeys).unwrap().len(), 16);
    assert_eq!(Note::parse(format!("{note}{one_more}\n").as_bytes()), Err(NoteError::TooMany));
}

#[test]
fn a_note_has_a_largest_size() {
    let key = SigningKey::new("k", &[1; 32]).unwrap();
    let line = key.sign("a\n").unwrap().to_string().len() + 2;
    let text = "a".repeat(NOTE_BYTES_MAX - line - 1) + "\n";
    let mut note = Note::new(&text, key.sign(&text).unwrap()).unwrap();
    assert_eq!(note.to_string().len(), NOTE_BYTES_MAX);
    assert_eq!(note.to_string().parse(), Ok(note.clone()));
    let before = note.clone();
    assert!(matches!(note.add(key.sign(&text).unwrap()), Err(NoteError::TooLong { .. })));
    assert_eq!(note, before);
    let text = "a".to_owned() + &text;
    let too_long = Err(NoteError::TooLong { bytes: NOTE_BYTES_MAX + 1 });
    assert_eq!(Note::new(&text, key.sign(&text).unwrap()), too_long);
    assert_eq!(Note::parse(&vec![b'a'; NOTE_BYTES_MAX + 1]), too_long);
}

#[test]
fn key_names_follow_the_rules() {
    for good in ["a", "example.com/foo", "\u{e9}\u{4e2d}", "\u{200b}", &"n".repeat(255)] {
        assert!(is_key_name(good), "{good:?}");
    }
    for bad in
        ["", "a b", "a+b", "a\u{85}", "\u{a0}", "\u{2028}", "\u{3000}", "a\tb", "\u{1}", &"n".repeat(256)]
    {
        assert!(!is_key_name(bad), "{bad:?}");
        assert_eq!(SigningKey::new(bad, &[1; 32]).err(), Some(KeyError::Name));
    }
}

#[test]
fn malformed_keys_are_refused() {
    let parse = |text: &str| text.parse::<VerifierKey>().err();
    for bad in ["", "a", "a+530d903a", "a+530d903+AQ==", "a+530D903A+AQ==", "a+0530d903a+AQ==", "a++AQ=="] {
        assert_eq!(parse(bad), Some(KeyError::Shape), "{bad:?}");
    }
    assert_eq!(parse(&SPEC_KEY.replace("3U2k", "3U2k=")), Some(KeyError::Shape));
    assert_eq!(parse(&SPEC_KEY.replace("3U2k", "")), Some(KeyError::PublicKey));
    assert_eq!(parse(&SPEC_KEY.replace("example.com/foo", "example.com foo")), Some(KeyError::Name));
    assert_eq!(
        parse(&SPEC_KEY.replace("+Aeky", "+BOky")),
        Some(KeyError::Id {
            stated: 0x530d_903a,
            computed: key_id("example.com/foo", KeyType::Cosignature, &vkey(SPEC_KEY).public_key())
        })
    );
    let other_name = parse(&SPEC_KEY.replace("foo", "bar"));
    assert!(matches!(other_name, Some(KeyError::Id { stated: 0x530d_903a, .. })));
    // An ML-DSA-44 key, and a type that does not exist.
    let text = |bytes: &[u8]| format!("a+00000000+{}", to_base64(bytes));
    assert_eq!(parse(&text(&[6; 1313])), Some(KeyError::Type(6)));
    assert_eq!(parse(&text(&[0xff; 33])), Some(KeyError::Type(0xff)));
    assert_eq!(parse(&text(&[])), Some(KeyError::Shape));
    // The neutral element: anybody can sign with it.
    let mut weak = [0; 33];
    (weak[0], weak[1]) = (1, 1);
    assert_eq!(parse(&text(&weak)), Some(KeyError::PublicKey));
}

/// A base64 with plus signs in it, of the tests of transparency-dev/formats.
#[test]
fn only_the_first_two_plus_signs_separate() {
    for text in ["TEST+7997405c+AQcC+FTVKf0jlTdHDY3rbevmnKxxPjigCXlVtGe6RIr6", GO_OTHER_KEY] {
        assert_eq!(vkey(text).to_string(), text);
    }
    let plus = (0..=255u8)
        .map(|seed| SigningKey::new("k", &[seed; 32]).unwrap().verifier_key().to_string())
        .find(|text| text.matches('+').count() == 6)
        .unwrap();
    assert_eq!(vkey(&plus).to_string(), plus);
}

#[test]
fn secret_keys_come_back_and_show_nothing() {
    let key = SigningKey::new("log.example", &[0x5a; 32]).unwrap();
    let text = key.encode();
    assert_eq!(SigningKey::parse(&text).unwrap().verifier_key(), key.verifier_key());
    let shown = format!("{key:?}");
    assert_eq!(shown, format!("SigningKey({})", key.verifier_key()));
    assert!(!shown.contains(text.rsplit('+').next().unwrap()));

    let witness = CosigningKey::new("witness.example", &[0x5a; 32]).unwrap();
    let text = witness.encode();
    assert_eq!(CosigningKey::parse(&text).unwrap().verifier_key(), witness.verifier_key());
    assert!(format!("{witness:?}").starts_with("CosigningKey(witness.example+"));
    assert_eq!(
        SigningKey::parse(&text).err(),
        Some(KeyError::Type(4).into()),
        "a witness's key signs nothing else"
    );
    assert_eq!(CosigningKey::parse(GO_SECRET).err(), Some(KeyError::Type(1).into()));
}

#[test]
fn malformed_secret_keys_are_refused() {
    let parse = |text: &str| SigningKey::parse(text).err();
    for bad in
        ["", "PRIVATE+KEY+", "PRIVATE+KEY+a+00000000+", GO_KEY, &GO_SECRET[1..], &format!("{GO_SECRET}=")]
    {
        assert_eq!(parse(bad), Some(SecretKeyError::Shape), "{bad:?}");
    }
    assert_eq!(parse(&GO_SECRET.replace("KDFz", "KDF-")), Some(SecretKeyError::Shape));
    assert_eq!(parse(&GO_SECRET.replace("KDFz", "KDE=")), Some(SecretKeyError::Shape));
    assert!(matches!(
        parse(&GO_SECRET.replace("c74f20a3", "c74f20a4")),
        Some(SecretKeyError::Key(KeyError::Id { .. }))
    ));
    assert!(matches!(
        parse(&GO_SECRET.replace("Peter", "Petra")),
        Some(SecretKeyError::Key(KeyError::Id { .. }))
    ));
    assert_eq!(parse(&GO_SECRET.replace("Peter", "Pet r")), Some(KeyError::Name.into()));
}

fn base64_of(text: &str) -> Vec<u8> {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.decode(text).unwrap()
}

fn to_base64(bytes: &[u8]) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}
