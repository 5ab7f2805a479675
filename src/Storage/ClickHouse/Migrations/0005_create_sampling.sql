-- Where spans wait, when traffic is sampled, until it is decided whether their trace is kept. Dropped by tens of minutes.
CREATE TABLE IF NOT EXISTS pending_spans AS spans
ENGINE = ReplacingMergeTree(written)
PARTITION BY intDiv(written, 600000000)
ORDER BY (project, start, trace_id, span_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS all_spans AS spans ENGINE = Merge(currentDatabase(), '^(spans|pending_spans)$');

-- What was decided, and with which chance such a trace is kept; as long as spans of it may still come.
CREATE TABLE IF NOT EXISTS sampling_decisions
(
    project     LowCardinality(String),
    trace_id    String CODEC(ZSTD(1)),
    kept        UInt8,
    probability Float64,
    at          DateTime64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(at)
ORDER BY (project, trace_id)
TTL toDateTime(at) + INTERVAL 2 DAY
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;
