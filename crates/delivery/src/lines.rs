//! NDJSON, and one JSON object with all events: both are the events as the API shows them, spliced from what is stored.

use serde_json::Value;
use tallystick_engine::search::StoredEvent;

use crate::{failure::Failure, shape::Shape};

/// One event a line.
pub(crate) struct Ndjson;

impl Shape for Ndjson {
    fn head(&mut self, _out: &mut Vec<u8>) -> Result<(), Failure> {
        Ok(())
    }

    fn event(&mut self, event: &StoredEvent, _row: u64, out: &mut Vec<u8>) -> Result<(), Failure> {
        event.render(out)?;
        out.push(b'\n');
        Ok(())
    }

    fn end(&mut self, _rows: u64, _out: &mut Vec<u8>) {}
}

/// `{"export": {…}, "events": [` one event a line `], "rows": n}`.
pub(crate) struct Json {
    pub(crate) statement: Value,
}

impl Shape for Json {
    fn head(&mut self, out: &mut Vec<u8>) -> Result<(), Failure> {
        out.extend_from_slice(b"{\"export\":");
        out.extend_from_slice(self.statement.to_string().as_bytes());
        out.extend_from_slice(b",\n\"events\":[\n");
        Ok(())
    }

    fn event(&mut self, event: &StoredEvent, row: u64, out: &mut Vec<u8>) -> Result<(), Failure> {
        if row > 0 {
            out.extend_from_slice(b",\n");
        }
        event.render(out)?;
        Ok(())
    }

    fn end(&mut self, rows: u64, out: &mut Vec<u8>) {
        out.extend_from_slice(format!("\n],\n\"rows\":{rows}}}\n").as_bytes());
    }
}
