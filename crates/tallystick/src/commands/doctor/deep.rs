//! `doctor --deep`: everything that is stored is read and compared with what was signed, as the self-audit of a running
//! service does, but at once. The directory is opened as the service would open it.

use std::{path::Path, sync::Arc};

use anyhow::Context as _;
use indicatif::{ProgressBar, ProgressStyle};
use tallystick_catalog::{Catalog, CatalogUrl};
use tallystick_engine::{
    Engine, Options,
    proof::{AuditReport, FindingKind},
};
use tallystick_event::{Clock, Random};

use super::finding::Findings;
use crate::{
    output::thousands,
    system::{OsRandom, SystemClock},
};

/// Findings that are printed; more are counted.
const SHOWN_MAX: usize = 20;

/// Reads everything. No service may run on the directory.
pub(super) async fn check(
    folder: &Path,
    catalog_url: Option<&str>,
    findings: &mut Findings,
) -> anyhow::Result<()> {
    let (clock, random): (Arc<dyn Clock>, Arc<dyn Random>) = (Arc::new(SystemClock), Arc::new(OsRandom));
    let url = match catalog_url.filter(|url| !url.is_empty()) {
        Some(url) => CatalogUrl::parse(url)?,
        None => CatalogUrl::Sqlite(folder.join("catalog.db")),
    };
    let catalog = match Catalog::open(&url, Arc::clone(&clock), Arc::clone(&random)).await {
        Ok(catalog) => catalog,
        Err(error) => return findings.fail_with("proofs", &error),
    };
    let mut options = Options::new(folder);
    "doctor --deep".clone_into(&mut options.listen);
    options.check_indexes = true;
    let (engine, recovered) = match Engine::open(options, catalog.clone(), clock, random).await {
        Ok(opened) => opened,
        Err(error) => return findings.fail_with("proofs", &error),
    };
    for file in &recovered.rebuilt_indexes {
        findings.warn("proofs", format!("rebuilt the damaged index of segment {file}"))?;
    }
    for rolled_back in engine.proofs().rolled_back().iter() {
        findings.fail("proofs", rolled_back)?;
    }
    let total: u64 = engine.orgs().iter().map(|org| engine.log_size(org).unwrap_or(0)).sum();
    let bar = ProgressBar::new(total).with_style(
        ProgressStyle::with_template("{bar:30} {human_pos} of {human_len} events, {per_sec}, {eta} left")
            .expect("the template is well formed"),
    );
    let audited = Arc::clone(&engine);
    let report = tokio::task::spawn_blocking(move || {
        let report = audited.proofs().audit(&mut |events| {
            bar.set_position(events);
            true
        });
        bar.finish_and_clear();
        audited.stop();
        report
    })
    .await
    .context("the audit did not end")?;
    catalog.close().await;
    tell(&report, findings)
}

fn tell(report: &AuditReport, findings: &mut Findings) -> anyhow::Result<()> {
    // What was healed is not a failure, however much there is of it, and hides none.
    let (healed, bad): (Vec<_>, Vec<_>) =
        report.findings.iter().partition(|finding| finding.kind == FindingKind::Healed);
    for finding in bad.iter().take(SHOWN_MAX) {
        findings.fail("proofs", finding)?;
    }
    let hidden = report.not_healed() - bad.len().min(SHOWN_MAX) as u64;
    if hidden > 0 {
        findings.fail("proofs", format!("and {} more findings", thousands(hidden)))?;
    }
    for finding in healed.iter().take(SHOWN_MAX) {
        findings.warn("proofs", finding)?;
    }
    let hidden = report.healed - healed.len().min(SHOWN_MAX) as u64;
    if hidden > 0 {
        findings.warn("proofs", format!("and {} more that were healed", thousands(hidden)))?;
    }
    let text = format!("{} events of {} logs read", thousands(report.events), thousands(report.logs));
    if report.is_good() {
        return findings
            .ok("proofs", format!("{text}: each is what its leaf commits to, and the roots are right"));
    }
    findings.fail("proofs", text)
}

#[cfg(test)]
mod tests {
    use tallystick_engine::proof::AuditFinding;
    use tallystick_event::LogId;

    use super::*;
    use crate::exit::Exit;

    fn report(kinds: &[(FindingKind, u64)]) -> AuditReport {
        let mut report = AuditReport::default();
        for (kind, count) in kinds {
            for _ in 0..*count {
                report.findings.push(AuditFinding {
                    kind: *kind,
                    org: "acme".parse().unwrap(),
                    log: LogId([7; 16]),
                    seq: None,
                    what: String::new(),
                });
            }
            report.findings_total += count;
            report.healed += if *kind == FindingKind::Healed { *count } else { 0 };
        }
        report
    }

    #[test]
    fn what_was_healed_is_no_failure_and_hides_none() {
        let many = SHOWN_MAX as u64 * 2;
        let exit = |kinds: &[(FindingKind, u64)]| {
            let mut findings = Findings::new();
            tell(&report(kinds), &mut findings).unwrap();
            findings.end().unwrap()
        };
        assert!(matches!(exit(&[(FindingKind::Healed, many)]), Exit::Done));
        assert!(matches!(exit(&[(FindingKind::Healed, many), (FindingKind::Missing, 1)]), Exit::Findings));
    }
}
