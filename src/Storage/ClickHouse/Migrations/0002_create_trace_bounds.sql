-- When each trace was: from here to the few granules of spans that hold it. Least and greatest only, so that a batch that is
-- written twice changes nothing.
CREATE TABLE IF NOT EXISTS trace_bounds
(
    project  LowCardinality(String),
    trace_id String CODEC(ZSTD(1)),
    earliest SimpleAggregateFunction(min, DateTime64(6, 'UTC')),
    latest   SimpleAggregateFunction(max, DateTime64(6, 'UTC'))
)
ENGINE = AggregatingMergeTree
ORDER BY (project, trace_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE MATERIALIZED VIEW IF NOT EXISTS trace_bounds_of_spans TO trace_bounds AS
SELECT project, trace_id, min(start) AS earliest, max(start) AS latest
FROM spans
GROUP BY project, trace_id;
