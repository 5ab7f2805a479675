SELECT
    count() AS traces,
    sum(attempts) AS attempts,
    countIf(has_error) AS errors,
    sum(known_cost_nano) AS cost_nano,
    sum(unpriced_attempts) AS unpriced_attempts
FROM (/*trace_rows*/)
WHERE start_us >= {low:Int64} AND start_us < {high:Int64} AND /*filters*/
