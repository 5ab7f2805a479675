-- Traces that pass: the last word of the metric about the trace, by value, else by label, which is then the right answer.
WITH
    1 / t.probability AS weight,
    multiIf(
        f.value IS NOT NULL, (f.value >= {pass_at:Float64}) != {lower_is_better:Bool},
        f.label IS NOT NULL, lower(trimBoth(f.label)) = lower(trimBoth(ifNull(t.output, ''))),
        NULL) AS passed
SELECT
    /*keys*/ AS keys,
    sum(weight) AS traces,
    count() AS observed,
    sum(weight * /*errors*/) AS errors,
    sum(weight * /*calls*/) AS model_calls,
    sum(weight * /*cost*/) AS cost_nano,
    sum(weight * /*unpriced*/) AS unpriced_calls,
    sum(weight * /*input*/) AS input_tokens,
    sum(weight * /*output*/) AS output_tokens,
    arrayMap(q -> toFloat64(q), quantilesTDigestWeighted(0.5, 0.95, 0.99)(toFloat64(/*duration*/), toUInt64(greatest(1, round(weight))))) AS durations,
    countIf(passed IS NOT NULL) AS judged,
    sumIf(weight, passed IS NOT NULL) AS judged_weight,
    sumIf(weight, ifNull(passed, 0)) AS passed_weight,
    (countIf(t.probability < 1) > 0)::Bool AS weighted
FROM
(
    SELECT * FROM traces FINAL
    WHERE project = {project:String}
        AND start >= fromUnixTimestamp64Micro({low:Int64}) AND start < fromUnixTimestamp64Micro({high:Int64})
        AND /*filters*/
) AS t
/*join*/
LEFT JOIN
(
    SELECT target, argMax(value, (at, written)) AS value, argMax(label, (at, written)) AS label
    FROM feedback FINAL
    WHERE project = {project:String} AND target_kind = 'trace' AND span_id = '' AND name = {metric:String}
    GROUP BY target
) AS f ON f.target = t.trace_id
GROUP BY keys
ORDER BY /*order*/
LIMIT {limit:UInt32}
SETTINGS join_use_nulls = 1
