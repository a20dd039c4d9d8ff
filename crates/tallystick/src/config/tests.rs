//! Every way to be wrong about the configuration, and that the documented defaults are the real ones.

use super::{
    Config, default_file, effective,
    read::assemble,
    settings::{SECTIONS, SETTINGS},
};

fn problems(text: &str) -> Vec<String> {
    assemble(Some(text), &[], &[]).unwrap_err()
}

fn variable(name: &str, value: &str) -> [(String, String); 1] {
    [(name.to_owned(), value.to_owned())]
}

#[test]
fn the_committed_default_file_is_what_the_code_does() {
    let committed = include_str!("../../../../tallystick.default.toml");
    assert_eq!(
        committed,
        default_file(),
        "write it anew: tallystick check-config --default > tallystick.default.toml"
    );
    let read = assemble(Some(committed), &[], &[]).unwrap();
    assert_eq!(read.config, Config::default());
}

#[test]
fn the_documentation_names_every_setting() {
    let text = include_str!("../../../../docs/configuration.md");
    for setting in SETTINGS {
        assert!(text.contains(&format!("`{}`", setting.key)), "{} is not documented", setting.path());
        assert!(SECTIONS.iter().any(|(section, _)| *section == setting.section), "{}", setting.path());
    }
}

#[test]
fn all_mistakes_are_told_with_line_and_nearest_name() {
    let found = problems(
        "version = 1\nlisten = \"x\"\n[server]\nlisen = \"x\"\nmetrics_public = true\n\n[log]\nbogus = 1\n[dta]\n",
    );
    assert_eq!(
        found,
        [
            "line 2: listen belongs into [server]",
            "line 4: there is no server.lisen; did you mean listen?",
            "line 5: server.metrics_public: expected one of \"auto\" \"always\" \"never\", found the boolean true",
            "line 8: there is no log.bogus; known are tail_events_max, tail_bytes_max, tail_age_s",
            "line 9: there is no section dta; did you mean data?",
        ]
    );
}

#[test]
fn version_and_syntax() {
    assert_eq!(problems(""), ["line 1: the first line must be version = 1"]);
    assert_eq!(problems("version = 2"), ["line 1: this build reads version = 1 only"]);
    assert!(problems("version = 1\n[server\n")[0].starts_with("line 2: "));
    assert_eq!(problems("version = 1\nserver = 1"), ["line 2: server is a table: write [server]"]);
}

#[test]
fn values_are_checked_together_and_the_place_is_named() {
    let found = problems("version = 1\n[limits]\nevent_bytes_max = 10\n[server]\nlisten = \"here\"\n");
    assert_eq!(
        found,
        [
            "line 5: server.listen: \"here\" is not an address and port such as 127.0.0.1:8440",
            "line 3: limits.event_bytes_max: event_bytes_max is 10, but must be between 1024 and 1048576",
        ]
    );
}

#[test]
fn environment_is_above_the_file_and_flags_above_both() {
    let text = "version = 1\n[server]\nlisten = \"127.0.0.1:1\"\n[masking]\nextra_keys = [\"a\"]\n";
    let listen = |variables: &[(String, String)], flag: Option<&str>| {
        let flags = [("server", "listen", "--listen", flag.map(str::to_owned))];
        assemble(Some(text), variables, &flags).unwrap().config.server.listen
    };
    let set = variable("TALLYSTICK_SERVER__LISTEN", "127.0.0.1:2");
    assert_eq!(listen(&[], None), "127.0.0.1:1");
    assert_eq!(listen(&set, None), "127.0.0.1:2");
    assert_eq!(listen(&set, Some("127.0.0.1:3")), "127.0.0.1:3");
    let keys = assemble(Some(text), &variable("TALLYSTICK_MASKING__EXTRA_KEYS", "b, c"), &[]).unwrap();
    assert_eq!(keys.config.masking.extra_keys, ["b", "c"]);
    let nested = assemble(None, &variable("TALLYSTICK_MASKING__PATTERNS__CARDS", "false"), &[]).unwrap();
    assert!(!nested.config.masking.patterns.cards);
}

#[test]
fn a_mistyped_variable_is_an_error() {
    let found = assemble(None, &variable("TALLYSTICK_SERVER__LISEN", "x"), &[]).unwrap_err();
    assert_eq!(
        found,
        ["environment: TALLYSTICK_SERVER__LISEN is no setting; did you mean TALLYSTICK_SERVER__LISTEN?"]
    );
}

#[test]
fn passwords_are_not_shown() {
    let text = "version = 1\n[data]\ncatalog = \"postgres://u:hunter2@db/audit\"\n";
    let loaded = assemble(Some(text), &[], &[]).unwrap();
    let shown = format!("{}{:?}", effective(&loaded), loaded.config);
    assert!(!shown.contains("hunter2") && shown.contains("postgres://db/audit"), "{shown}");
    let wrong = problems("version = 1\n[data]\ncatalog = \"mysql://u:hunter2@db\"\n");
    assert!(!wrong[0].contains("hunter2"), "{wrong:?}");
}

#[test]
fn the_effective_configuration_is_a_configuration() {
    let loaded = assemble(Some("version = 1\n[log]\ntail_age_s = 7\n"), &[], &[]).unwrap();
    let text = effective(&loaded);
    assert!(text.contains("tail_age_s = 7  # line 3"), "{text}");
    assert_eq!(assemble(Some(&text), &[], &[]).unwrap().config, loaded.config);
}

const WITNESS: &str = "witness.example/w1+20324abe+BCmsuuFBvMrwsi4alNNNC8c2HlJtC/4SyJeUvJMilm3X";

fn integrity(lines: &str) -> String {
    format!("version = 1\n[integrity]\n{lines}\n")
}

#[test]
fn anchors_are_typed() {
    let text = integrity(&format!(
        "witnesses = [\"{WITNESS} https://witness.example/\"]\ntimestamp_url = \"http://tsa.example/\"\n\
         object_lock_endpoint = \"http://10.0.0.1:9000\"\nobject_lock_allow_private = true\n\
         object_lock_bucket = \"audit\"\nobject_lock_access_key_id = \"AKIA\"\n\
         object_lock_secret_access_key = \"hunter2\""
    ));
    let loaded = assemble(Some(&text), &[], &[]).unwrap();
    let integrity = &loaded.config.integrity;
    let targets = integrity.witness_targets().unwrap();
    assert_eq!(
        (targets[0].key.name(), targets[0].url.as_str()),
        ("witness.example/w1", "https://witness.example/")
    );
    assert_eq!(integrity.timestamp_target().unwrap().unwrap().as_str(), "http://tsa.example/");
    let store = integrity.object_lock_target().unwrap().unwrap();
    assert_eq!((store.bucket.as_str(), store.credentials.secret_access_key.as_str()), ("audit", "hunter2"));
    let shown = format!("{}{:?}", effective(&loaded), loaded.config);
    assert!(!shown.contains("hunter2") && shown.contains("(not shown)"), "{shown}");
    assert!(super::IntegrityConfig::default().object_lock_target().unwrap().is_none());
}

#[test]
fn mistakes_about_anchors_are_named() {
    let one = |lines: &str| problems(&integrity(lines)).join("; ");
    for (lines, part) in [
        ("directory_interval_s = 4", "4 is not between 5 and 3600"),
        ("checkpoint_interval_ms = 10001", "not between 100 and 10000"),
        ("origin = \"a b\"", "cannot name a log"),
        ("witnesses = [\"x\"]", "is not a key and an address"),
        ("witnesses = [\"x+y https://w.example/\"]", "is no key"),
        ("witness_quorum = 2", "2 is not between 1 and 1"),
        ("timestamp_url = \"https://127.0.0.1/\"", "timestamp_allow_private = true"),
        ("timestamp_url = \"https://u:hunter2@tsa.example/\"", "without a password"),
        ("object_lock_endpoint = \"https://s3.example\"", "object_lock_bucket: is needed"),
    ] {
        let told = one(lines);
        assert!(told.contains(part) && told.contains(": integrity.") && !told.contains("hunter2"), "{told}");
    }
    let twice = format!("witnesses = [\"{WITNESS} https://a.example/\", \"{WITNESS} http://b.example/\"]");
    let told = one(&twice);
    assert!(
        told.contains("is there twice") && told.contains("b.example may be asked over https only"),
        "{told}"
    );
}
