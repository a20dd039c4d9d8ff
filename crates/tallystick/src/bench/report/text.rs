//! The report as text: columns for a terminal, or a Markdown table.

use super::{
    Report,
    rows::{Row, Unit},
};
use crate::output::{bytes, thousands};

/// Columns for a terminal.
pub(super) fn table(report: &Report) -> String {
    let cells = cells(report);
    let columns = cells[0].len();
    let width = |column: usize| cells.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut out = format!("{}\n\n", heading(report).join("\n"));
    for row in &cells {
        let line: Vec<String> = row
            .iter()
            .enumerate()
            .map(|(at, cell)| {
                let pad = " ".repeat(widths[at] - cell.chars().count());
                if at == 0 { format!("{cell}{pad}") } else { format!("{pad}{cell}") }
            })
            .collect();
        out.push_str(line.join("  ").trim_end());
        out.push('\n');
    }
    out.push('\n');
    out.push_str(&details(report).join("\n"));
    out.push('\n');
    out
}

/// A Markdown table with what it needs to be understood.
pub(super) fn markdown(report: &Report) -> String {
    let item = |line: String| format!("- {line}");
    let mut lines: Vec<String> = heading(report).into_iter().map(item).collect();
    lines.push(String::new());
    for (at, row) in cells(report).iter().enumerate() {
        lines.push(format!("| {} |", row.join(" | ")));
        if at == 0 {
            lines.push(format!("|---|{}", "--:|".repeat(row.len() - 1)));
        }
    }
    lines.push(String::new());
    lines.extend(details(report).into_iter().map(item));
    lines.join("\n") + "\n"
}

fn heading(report: &Report) -> Vec<String> {
    let machine = &report.machine;
    let memory = machine.memory.map(|memory| format!(", {} of memory", bytes(memory))).unwrap_or_default();
    let build =
        if report.optimized { "" } else { " (built without optimizations: the numbers mean nothing)" };
    vec![
        format!("Tallystick {}{build}, {}", report.version, report.date),
        format!("{}, {} cores{memory}, {}", machine.processor, machine.cores, machine.system),
        format!(
            "{} events of {:.0} bytes on average, seed {}; batches of {} over {} connections",
            thousands(report.events),
            report.ours.event_bytes,
            report.seed,
            thousands(report.batch),
            report.connections
        ),
    ]
}

/// The rows as text, the head first.
fn cells(report: &Report) -> Vec<Vec<String>> {
    let mut head = vec!["what".to_owned(), "Tallystick".to_owned()];
    head.extend(report.peers.iter().map(|peer| format!("{} {}", peer.label, peer.version)));
    let mut cells = vec![head];
    for row in &report.rows {
        let mut line = vec![row.what.clone(), row.ours.map_or_else(dash, |value| number(row.unit, value))];
        line.extend((0..report.peers.len()).map(|peer| peer_cell(row, peer)));
        cells.push(line);
    }
    cells
}

fn peer_cell(row: &Row, peer: usize) -> String {
    let Some(value) = row.peers[peer] else { return dash() };
    let value = number(row.unit, value);
    row.ratio(peer).map_or_else(|| value.clone(), |ratio| format!("{value} ({})", times(ratio)))
}

fn dash() -> String {
    "-".to_owned()
}

/// `0.4x`, `3.1x`, `120x`.
fn times(ratio: f64) -> String {
    if ratio < 0.1 {
        format!("{ratio:.2}x")
    } else if ratio < 10.0 {
        format!("{ratio:.1}x")
    } else {
        format!("{}x", thousands(ratio.round() as u64))
    }
}

fn number(unit: Unit, value: f64) -> String {
    match unit {
        Unit::EventsASecond => format!("{}/s", thousands(value.round() as u64)),
        Unit::Microseconds => format!("{value:.1} us"),
        Unit::Milliseconds if value < 10.0 => format!("{value:.2} ms"),
        Unit::Milliseconds if value < 100.0 => format!("{value:.1} ms"),
        Unit::Milliseconds => format!("{} ms", thousands(value.round() as u64)),
        Unit::Seconds => format!("{value:.2} s"),
        Unit::Bytes if value < 1_000.0 => format!("{value:.1} B"),
        Unit::Bytes => format!("{} B", thousands(value.round() as u64)),
        Unit::Mebibytes => format!("{value:.0} MiB"),
    }
}

/// What stands below the table.
fn details(report: &Report) -> Vec<String> {
    let ours = &report.ours;
    let mut lines = Vec::new();
    if let Some(disk) = &ours.disk {
        let per_event = |parts: &[(String, u64)]| {
            let parts = parts.iter().map(|(name, size)| (name, *size as f64 / report.events as f64));
            let shown =
                parts.filter(|(_, size)| *size >= 0.05).map(|(name, size)| format!("{name} {size:.1}"));
            shown.collect::<Vec<_>>().join(", ")
        };
        lines.push(format!("Bytes an event on disk: {}.", per_event(&disk.components)));
        lines.push(format!("In {} segments, by section: {}.", disk.segments, per_event(&disk.sections)));
    }
    lines.push(format!(
        "Making the events took {:.2} us each, before the clock started. The service was too busy \
         {} times during ingest.",
        ours.generate_us,
        thousands(ours.ingest_busy)
    ));
    if !ours.settled {
        lines.push("Sealing and compacting had not come to an end when sizes were taken.".to_owned());
    }
    match ours.cold_dropped_cache {
        Some(true) => lines.push(
            "Cold: the first search of a restarted service, after the operating system's page cache \
             was dropped."
                .to_owned(),
        ),
        Some(false) => lines.push(
            "Cold: the first search of a restarted service; the page cache was not dropped, which \
             needs root."
                .to_owned(),
        ),
        None => {}
    }
    for peer in &report.peers {
        let answers = match peer.mismatches.len() {
            0 => "all answers equal to ours".to_owned(),
            many => format!("{many} ANSWERS DIFFER FROM OURS"),
        };
        lines.push(format!("{} {}: {answers}; {}.", peer.label, peer.version, peer.settings.join(", ")));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_three_digits_or_so() {
        let shown = [
            number(Unit::EventsASecond, 123_456.4),
            number(Unit::Milliseconds, 0.123),
            number(Unit::Milliseconds, 45.67),
            number(Unit::Milliseconds, 1_234.5),
            number(Unit::Bytes, 98.76),
            number(Unit::Bytes, 2_659.2),
        ];
        assert_eq!(shown, ["123,456/s", "0.12 ms", "45.7 ms", "1,235 ms", "98.8 B", "2,659 B"]);
        assert_eq!(
            [times(0.04), times(0.5), times(3.12), times(1_234.4)],
            ["0.04x", "0.5x", "3.1x", "1,234x"]
        );
    }
}
