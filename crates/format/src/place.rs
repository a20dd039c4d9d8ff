//! What a format is told besides the event.

/// Where an event stands, and who says so.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// Id of the organization.
    pub org: &'a str,
    /// What the organization is called, if that is known.
    pub org_name: Option<&'a str>,
    /// Origin of the organization's log: its name in checkpoints.
    pub log: &'a str,
    /// Place in the log, from 0.
    pub seq: u64,
    /// Id of the event.
    pub event_id: &'a str,
    /// The event's leaf hash in the log's tree: `SHA-256(0x00 || leaf)`, RFC 6962.
    pub leaf_hash: &'a [u8; 32],
    /// When the event was taken in, Unix milliseconds.
    pub received_ms: i64,
    /// Name of the product whose events these are, as a SIEM shows it.
    pub product: &'a str,
    /// The product's version.
    pub version: &'a str,
}
