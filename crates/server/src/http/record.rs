//! An event as it leaves the service to be checked: its leaf and the disclosures of its units
//! (docs/formats/event-proof.md, "Record").

use base64::{Engine as _, engine::general_purpose::STANDARD};
use tallystick_engine::proof::StoredLeaf;
use tallystick_event::{disclosure, unit_salt};

/// Appends the record in its one spelling, without the line feed.
pub fn write(stored: &StoredLeaf, out: &mut Vec<u8>) {
    let leaf = &stored.leaf;
    out.extend_from_slice(format!("{{\"seq\":{},\"leaf\":\"", leaf.seq).as_bytes());
    out.extend_from_slice(STANDARD.encode(leaf.encode()).as_bytes());
    out.extend_from_slice(b"\",\"units\":[");
    for (number, (unit, value)) in stored.units.iter().enumerate() {
        out.extend_from_slice(if number == 0 { b"{\"d\":\"" } else { b",{\"d\":\"" });
        let salt = unit_salt(&stored.meta.salt, unit);
        out.extend_from_slice(disclosure(&salt, unit.name(), value).as_bytes());
        out.extend_from_slice(b"\"}");
    }
    out.extend_from_slice(b"]}");
}
