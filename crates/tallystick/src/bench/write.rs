//! Writing events: batches over a few connections, and one event a call over many.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use bytes::Bytes;

use super::{
    http::{Connection, Target},
    samples::Samples,
};

/// What writing took.
#[derive(Debug, Default)]
pub(crate) struct Written {
    /// From the first byte sent to the last acknowledgement.
    pub(crate) wall: Duration,
    /// Time to the acknowledgement of each call, waits for a busy service included.
    pub(crate) acks: Samples,
    /// How often the service was too busy.
    pub(crate) busy: u64,
}

impl Written {
    /// Adds what came after.
    pub(crate) fn add(&mut self, later: Self) {
        self.wall += later.wall;
        self.acks.append(later.acks);
        self.busy += later.busy;
    }
}

/// Sends all bodies over `connections` connections, each sending the next body as soon as its last is acknowledged.
pub(crate) async fn all(
    target: &Target,
    bodies: Vec<Bytes>,
    content_type: &'static str,
    connections: usize,
) -> anyhow::Result<Written> {
    let bodies: Arc<[Bytes]> = bodies.into();
    let next = Arc::new(AtomicUsize::new(0));
    let mut open = Vec::with_capacity(connections);
    for _ in 0..connections {
        open.push(Connection::open(target).await?);
    }
    let started = Instant::now();
    let senders: Vec<_> = open
        .into_iter()
        .map(|connection| {
            tokio::spawn(send(connection, Arc::clone(&bodies), Arc::clone(&next), content_type))
        })
        .collect();
    let mut written = Written::default();
    for sender in senders {
        written.add(sender.await??);
    }
    written.wall = started.elapsed();
    Ok(written)
}

async fn send(
    mut connection: Connection,
    bodies: Arc<[Bytes]>,
    next: Arc<AtomicUsize>,
    content_type: &'static str,
) -> anyhow::Result<Written> {
    let mut written = Written::default();
    while let Some(body) = bodies.get(next.fetch_add(1, Ordering::Relaxed)) {
        let started = Instant::now();
        let (_, busy) = connection.write(content_type, body).await?;
        written.acks.push(started.elapsed());
        written.busy += busy;
    }
    Ok(written)
}
