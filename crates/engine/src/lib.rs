//! The engine: sequencer, tail, sealer, compactor, recovery, search and live tail.
