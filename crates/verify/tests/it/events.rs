//! The proof of one event as JSON.

use tallystick_event::{LeafKind, Unit};
use tallystick_merkle::{CosigningKey, Policy, TlogProof};
use tallystick_verify::{
    Conclusion, EventProof, LogStatus, Options, Record, RecordUnit, Report, Tampering, Verdict, verify_event,
};

use crate::support::{Log, erasure};

fn verify(log: &Log, proof: &EventProof) -> Report {
    let json = serde_json::to_vec_pretty(proof).unwrap();
    verify_event(&json, &log.policy(), &Options::default()).unwrap()
}

fn tampering(report: &Report) -> Option<Tampering> {
    match &report.records[0].verdict {
        Verdict::Tampered { why } => Some(why.clone()),
        _ => None,
    }
}

#[test]
fn the_worked_example_of_the_format_is_sound() {
    let leaf = "414c46310192d3f07c1a700080000000000000aa00000000000001b5000001a1f86618f3\
                0192d3f07c1a700080000000000001b500000005\
                81936087c1bb580420a8cc334cde4b26e22d0fd25eeadbdbffa5e4a94e62cf60";
    let leaf = crate::support::base64(&hex::decode(leaf).unwrap());
    let units = r#"[{"d":"WyJoZnNhWHVod1Q4Y1M3Tm9UMVc0cWFRIiwiYWN0aW9uIiwidXNlci5sb2dpbiJd"},{"h":"vS39SeJpHo0bLf47wTI9uLE-t-gVLljmxo19g4Ip9ww","erased_by":612},{"h":"E0_8dMDn_9hOmRn2jkMAK-aG0r4M0P3dxOy9JkJACoc","redacted":true},{"d":"WyJBeC1DRHdYajVEcjMtcXREUlM4V2h3Iiwib2NjdXJyZWRfYXQiLCIyMDI2LTExLTIwVDEwOjAwOjAwLjAwMFoiXQ"},{"d":"WyJ2YTVhNHphMWRhQTBGLVFqTkE1azJRIiwidGFyZ2V0cyIsW3siaWQiOiJkb2NfNDM3IiwidHlwZSI6ImRvY3VtZW50In1dXQ"}]"#;
    let fixed = format!(r#"{{"seq":437,"leaf":"{leaf}","units":{units}}}"#);
    let record = Record::parse_line(fixed.as_bytes()).unwrap();
    assert_eq!(
        hex::encode(record.leaf_hash()),
        "7cfeffe577a487dcf6378687cfcc03af56024e7932162847bd928ea81a75b308"
    );
    let log = "0192d3f0-7c1a-7000-8000-0000000000aa".parse().unwrap();
    let sound = tallystick_verify::RecordChecker::new(log).check(&record).unwrap();
    assert_eq!((sound.erased_by(), sound.is_redacted), (vec![612], true));
    let mut written = Vec::new();
    record.write_line(&mut written);
    assert_eq!(written, fixed.as_bytes());
    let through_json: Record<'static> = serde_json::from_str(&fixed).unwrap();
    assert_eq!(through_json, record);
    assert_eq!(serde_json::to_vec(&through_json).unwrap(), fixed.as_bytes());
}

#[test]
fn every_event_is_proven_and_says_what_happened() {
    let log = Log::new(9);
    for seq in 0..9 {
        let report = verify(&log, &log.event_proof(seq, 9));
        assert_eq!((report.conclusion, report.counts.ok), (Conclusion::Proven, 1), "{report}");
        let says = report.records[0].says.as_deref().unwrap();
        assert!(says.contains("document.read on document Größe") && says.ends_with("success"), "{says}");
        let witnessed = report.log.witnessed.unwrap();
        assert_eq!((witnessed.size, witnessed.since), (9, Some(crate::support::WITNESS_TIME)));
    }
}

#[test]
fn what_is_changed_is_named() {
    let log = Log::new(9);
    let good = log.event_proof(3, 9);
    let changed = |change: &dyn Fn(&mut EventProof)| {
        let mut proof = good.clone();
        change(&mut proof);
        verify(&log, &proof)
    };
    let other = log.event_proof(4, 9);
    let report = changed(&|proof| proof.record.units = other.record.units.clone());
    assert_eq!(tampering(&report), Some(Tampering::Count { expected: 4, found: 5 }));
    let report = changed(&|proof| proof.record.units.swap(0, 1));
    assert_eq!(tampering(&report), Some(Tampering::Units));
    let report = changed(&|proof| proof.record.seq = 4);
    assert_eq!(tampering(&report), Some(Tampering::Seq { found: 3 }));
    for change in [
        &(|proof: &mut EventProof| proof.leaf_hash = other.leaf_hash.clone()) as &dyn Fn(&mut EventProof),
        &|proof| proof.proof = other.proof.clone(),
        &|proof| proof.record.leaf[40] ^= 1,
        &|proof| proof.directory = Some(log.directory(5, 5)),
        &|proof| proof.directory.as_mut().unwrap().entry.replace_range(20..21, "A"),
    ] {
        let report = changed(change);
        assert_eq!(report.exit_code, 2, "{report}");
        assert!(matches!(report.log.status, LogStatus::Tampered { .. }), "{report}");
    }
}

#[test]
fn without_witnesses_there_is_no_conclusion_unless_the_policy_asks_for_none() {
    let log = Log::new(9);
    let mut proof = log.event_proof(3, 9);
    proof.directory = None;
    let report = verify(&log, &proof);
    assert_eq!((report.exit_code, &report.log.status), (3, &LogStatus::Unwitnessed { since: 0 }));
    let json = serde_json::to_vec(&proof).unwrap();
    let report = verify_event(&json, &log.policy_without_witness(), &Options::default()).unwrap();
    assert_eq!(report.exit_code, 0, "{report}");
    let other = format!("log {}\nquorum none\n", log.directory_key.verifier_key());
    let other = Policy::parse(other.as_bytes()).unwrap();
    let report = verify_event(&json, &other, &Options::default()).unwrap();
    assert!(matches!(report.log.status, LogStatus::Untrusted { .. }) && report.exit_code == 3);
    proof.directory = Some(log.directory(4, 9));
    assert_eq!(verify(&log, &proof).exit_code, 0, "seq 3 is below size 4");
    proof.directory = Some(log.directory(3, 9));
    let report = verify(&log, &proof);
    assert_eq!((report.exit_code, &report.log.status), (3, &LogStatus::Unwitnessed { since: 3 }));
}

#[test]
fn an_old_proof_of_time_is_stale() {
    let log = Log::new(3);
    let json = serde_json::to_vec(&log.event_proof(1, 3)).unwrap();
    let at = |age_ms: u64| {
        let now_ms = (crate::support::WITNESS_TIME * 1_000 + age_ms) as i64;
        let options = Options { age_max: Some((now_ms, 60_000)), ..Options::default() };
        verify_event(&json, &log.policy(), &options).unwrap()
    };
    assert_eq!(at(60_000).exit_code, 0);
    let stale = at(60_001);
    assert_eq!(stale.log.status, LogStatus::Stale { age_ms: Some(60_001) });
    let listed = stale.log.witnessed.as_ref().and_then(|witnessed| witnessed.listed_ms);
    assert_eq!(listed, Some(crate::support::NOW_MS));
    assert!(stale.to_string().contains("entry of the log is of 2026-11-20"), "{stale}");
}

#[test]
fn freshness_is_that_of_a_quorum_and_not_of_its_newest_witness() {
    const OLD: u64 = crate::support::WITNESS_TIME;
    const NOW: u64 = OLD + 1_000_000;
    let log = Log::new(3);
    let witnesses = [4, 5, 6].map(|seed| CosigningKey::new("witness.example/w", &[seed; 32]).unwrap());
    let names = witnesses.iter().enumerate();
    let lines: Vec<String> = names.map(|(i, key)| format!("witness w{i} {}", key.verifier_key())).collect();
    let lines = lines.join("\n");
    let key = log.key.verifier_key();
    let verify = |times: &[u64], quorum: u32| {
        let policy = format!("log {key}\n{lines}\ngroup some {quorum} w0 w1 w2\nquorum some\n");
        let mut proof = log.event_proof(1, 3);
        let mut path: TlogProof = proof.proof.parse().unwrap();
        for (witness, time) in witnesses.iter().zip(times) {
            path.checkpoint.add(witness.cosign(&log.checkpoint(3), *time).unwrap()).unwrap();
        }
        (proof.proof, proof.directory) = (path.to_string(), None);
        let options = Options { age_max: Some((NOW as i64 * 1_000, 60_000)), ..Options::default() };
        let json = serde_json::to_vec(&proof).unwrap();
        verify_event(&json, &Policy::parse(policy.as_bytes()).unwrap(), &options).unwrap()
    };
    let stale = |age_s: u64| LogStatus::Stale { age_ms: Some(age_s * 1_000) };
    assert_eq!(verify(&[OLD, OLD, NOW], 2).log.status, stale(1_000_000), "one that is fresh is no quorum");
    assert_eq!(verify(&[OLD, OLD, NOW + 900_000], 2).log.status, stale(1_000_000), "nor one of the future");
    assert_eq!(verify(&[OLD, NOW, NOW - 10], 2).log.status, LogStatus::Consistent);
    assert_eq!(verify(&[NOW + 900_000, NOW, OLD], 2).log.status, LogStatus::Consistent);
    assert_eq!(verify(&[OLD, OLD, NOW], 1).log.status, LogStatus::Consistent);
    assert_eq!(verify(&[NOW + 299], 1).log.status, LogStatus::Consistent, "clocks differ a little");
    let future = verify(&[OLD, OLD, NOW + 301], 1);
    assert_eq!((future.exit_code, &future.log.status), (3, &LogStatus::Stale { age_ms: None }), "{future}");
    assert!(future.to_string().contains("in the future"), "{future}");
}

#[test]
fn an_erased_unit_needs_an_erasure_that_names_it() {
    let mut log = Log::new(5);
    let by = log.append(LeafKind::Erasure, &erasure(r#"[[3,["actor","context"]]]"#));
    log.erase(3, &[Unit::Actor, Unit::Context], by);
    let mut proof = log.event_proof(3, 6);
    assert_eq!(tampering(&verify(&log, &proof)), Some(Tampering::NoErasure { by }));
    proof.erasures = vec![log.proven_erasure(by, 6)];
    let report = verify(&log, &proof);
    assert_eq!((report.exit_code, report.counts.erased), (0, 1), "{report}");
    assert_eq!(report.records[0].verdict, Verdict::Erased { by: vec![by] });
    log.erase(3, &[Unit::Targets], by);
    proof.record = log.records[3].clone();
    assert_eq!(tampering(&verify(&log, &proof)), Some(Tampering::NotErased { by }));
    proof.record = log.records[2].clone();
    let mut forged = log.proven_erasure(2, 6);
    forged.record = log.records[2].clone();
    proof.erasures = vec![forged];
    assert_eq!(verify(&log, &proof).exit_code, 2, "an event is no erasure");
}

#[test]
fn redacted_records_still_verify() {
    let log = Log::new(4);
    let mut proof = log.event_proof(2, 4);
    assert_eq!(proof.record.redact(|name| name == "actor" || name == "nothing"), 1);
    assert!(matches!(proof.record.units[0], RecordUnit::Redacted { .. }));
    let report = verify(&log, &proof);
    assert_eq!((report.exit_code, report.counts.redacted), (0, 1), "{report}");
    assert!(report.records[0].says.as_deref().unwrap().contains("somebody (not shown)"));
}

#[test]
fn other_versions_and_members_are_refused() {
    let log = Log::new(2);
    let good = serde_json::to_value(log.event_proof(0, 2)).unwrap();
    let refuse = |change: &dyn Fn(&mut serde_json::Value)| {
        let mut value = good.clone();
        change(&mut value);
        verify_event(value.to_string().as_bytes(), &log.policy(), &Options::default())
            .unwrap_err()
            .to_string()
    };
    assert!(refuse(&|value| value["version"] = 2.into()).contains("version 2"));
    assert!(refuse(&|value| value["more"] = 2.into()).contains("unknown field"));
    assert!(refuse(&|value| value["record"]["units"][0]["more"] = 2.into()).contains("unknown field"));
    assert!(refuse(&|value| value["record"]["units"] = serde_json::json!([])).contains("units"));
    assert!(refuse(&|value| value["proof"] = "x".into()).contains("tlog-proof"));
}
