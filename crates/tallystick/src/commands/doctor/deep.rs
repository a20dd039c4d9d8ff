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
    for finding in report.findings.iter().take(SHOWN_MAX) {
        if finding.kind == FindingKind::Healed {
            findings.warn("proofs", finding)?;
        } else {
            findings.fail("proofs", finding)?;
        }
    }
    let hidden = report.findings_total.saturating_sub(SHOWN_MAX as u64);
    if hidden > 0 {
        findings.fail("proofs", format!("and {} more findings", thousands(hidden)))?;
    }
    let text = format!("{} events of {} logs read", thousands(report.events), thousands(report.logs));
    if report.is_good() {
        return findings
            .ok("proofs", format!("{text}: each is what its leaf commits to, and the roots are right"));
    }
    findings.fail("proofs", text)
}
