SELECT
    trace_id, toUnixTimestamp64Micro(t.start) AS start_us, duration_us, agent, agents, version, purpose, conversation, user, session, service,
    environment, prompt_name, prompt_version, spans, model_calls, attempts, tools, response_ids, input_uncached, cache_read, cache_write, cache_write_hour, input_audio,
    output_text, output_reasoning, output_audio, usage_complete, known_cost_nano, unpriced_calls, models, error, incomplete, input, output, probability
FROM traces AS t FINAL
WHERE project = {project:String}
    AND t.start >= fromUnixTimestamp64Micro({low:Int64}) AND t.start < fromUnixTimestamp64Micro({high:Int64})
    AND (t.start, trace_id) < (fromUnixTimestamp64Micro({cursor_us:Int64}), {cursor_id:String})
    AND /*filters*/
ORDER BY t.start DESC, trace_id DESC
LIMIT {limit:UInt32}
