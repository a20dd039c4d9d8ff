//! What a pack says of itself to people. Nobody believes it for anything.

use tallystick_event::format_ms;

use super::{PreparedPack, What};

impl PreparedPack {
    /// For the name of the file.
    pub fn name(&self) -> String {
        match &self.pack.what {
            What::Range { from, to } => format!("{from}-{to}"),
            What::Selection { indexes, .. } => format!("selection-{}", indexes.len()),
        }
    }

    /// For people.
    pub fn description(&self) -> String {
        let left_out = match self.pack.redact.as_slice() {
            [] => String::new(),
            units => format!(", without {}", units.join(", ")),
        };
        match &self.pack.what {
            What::Range { from, to } => format!("{} events, leaves {from} up to {to}{left_out}", to - from),
            What::Selection { indexes, query, times } => {
                let times = times.as_ref().map(|times| format!(" {times}")).unwrap_or_default();
                format!("{} events that match \"{query}\"{times}{left_out}", indexes.len())
            }
        }
    }

    /// What people read first.
    pub(super) fn report(&self) -> String {
        let manifest = &self.head.manifest;
        let witnessed = match self.base.directory.as_ref().map(|directory| directory.witnessed_ms) {
            Some(Some(ms)) => format!("yes, by {}", format_ms(ms)),
            Some(None) => "in the directory, no quorum of witnesses yet".to_owned(),
            None => "not in the directory yet".to_owned(),
        };
        let complete = match &self.pack.what {
            What::Range { .. } => "All events of this range are here; that none is missing is proven.",
            What::Selection { .. } => {
                "Each event is proven by itself. That nothing else would have matched is not proven."
            }
        };
        let before = match self.pack.base {
            0 => String::new(),
            base => format!(
                "The log begins with seq {base}. What came before stands in a closed log, and is not here.\n"
            ),
        };
        format!(
            "EVIDENCE PACK\n\n\
             organization  {} ({})\n\
             log           {}\n\
             content       {}\n\
             made          {} by {}\n\
             checkpoint    {} events\n\
             witnessed     {witnessed}\n\n\
             {complete}\n{before}\n\
             Check it, believing nobody, with\n\
             \x20 tallystick-verify pack THIS-FILE --policy YOUR-POLICY\n\
             or with the verifier page in a browser. The policy holds the keys that you got on another way; the file\n\
             \"policy\" in here is a template only.\n",
            self.pack.org,
            self.pack.name,
            manifest.origin,
            self.description(),
            manifest.created_at,
            manifest.tool,
            self.base.size,
        )
    }
}
