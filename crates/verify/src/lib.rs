//! Checks what a Tallystick log hands out, offline and believing nothing but a policy: the proof of one event, a range,
//! an evidence pack, a whole log, and that a log continues a checkpoint that was kept.
//!
//! What is malformed is a [`VerifyError`]; what is well-formed and wrong is a verdict in a [`Report`]. Pure: readers,
//! the present and whatever fetches are handed in. Byte formats: `docs/formats/event-proof.md` and
//! `docs/formats/evidence-pack.md`.

#![forbid(unsafe_code)]

mod error;
mod event_proof;
pub mod limits;
mod log;
mod options;
mod pack;
mod range;
mod record;
mod report;
mod spelling;
mod tally;
mod trust;

pub use error::{MALFORMED_EXIT_CODE, VerifyError};
pub use event_proof::{EVENT_PROOF_VERSION, EventProof, verify_event};
pub use log::{Fetch, LogReportAndPin, Pin, PinError, continues, fetch_directory, verify_log, verify_since};
pub use options::Options;
pub use pack::{
    Manifest, PACK_FORMAT, PACK_VERSION, PackHead, PackKind, PackOrganization, PackReport, PackWriteError,
    PackWriter, verify_pack,
};
pub use range::{RANGE_VERSION, RangeContext, RangeHeader, verify_range};
pub use record::{
    Disclosure, Erasures, LineError, ProvenErasure, Record, RecordChecker, RecordUnit, Soundness, Tampering,
};
pub use report::{
    AnchorReport, Conclusion, Counts, LogReport, LogStatus, RecordReport, Report, Subject, Verdict,
    WitnessReport, Witnessed,
};
pub use trust::{
    DirectoryFault, DirectoryProof, TrustError, demands_witnesses, log_id, open_log, open_log_of,
};
