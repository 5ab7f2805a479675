-- Each trace stands for 1/probability of them. Where all are kept the sums are exact: dollars never pass through floating point.
SELECT
    count() AS observed,
    sum(1 / probability) AS traces,
    sum(attempts / probability) AS attempts,
    sum(model_calls / probability) AS model_calls,
    sumIf(1 / probability, has_error) AS errors,
    if(countIf(probability < 1) = 0, sum(known_cost_nano), toInt64(round(sum(known_cost_nano / probability)))) AS cost_nano,
    sum(unpriced_calls / probability) AS unpriced_calls,
    (countIf(probability < 1) > 0)::Bool AS weighted
FROM traces FINAL
WHERE project = {project:String}
    AND start >= fromUnixTimestamp64Micro({low:Int64}) AND start < fromUnixTimestamp64Micro({high:Int64})
    AND /*filters*/
