-- One chat completion of about 1 KB for wrk; STREAM=1 asks for a stream, KEY is the key, PORTKEY the upstream that Portkey is told of.
-- Ends with one line of numbers: requests, microseconds, p50, p99 (microseconds), answers that are not 2xx, socket errors.
local text = string.rep("The quick brown fox jumps over the lazy dog. ", 18)
local stream = os.getenv("STREAM") == "1"
local body = '{"model":"gpt-4o-mini","messages":[{"role":"system","content":"You are brief."},{"role":"user","content":"' .. text
  .. '"}],"max_tokens":256,"temperature":0' .. (stream and ',"stream":true,"stream_options":{"include_usage":true}' or "") .. "}"

wrk.method = "POST"
wrk.body = body
wrk.headers["content-type"] = "application/json"
wrk.headers["authorization"] = "Bearer " .. (os.getenv("KEY") or "sk-fake")
if os.getenv("PORTKEY") then
  wrk.headers["x-portkey-provider"] = "openai"
  wrk.headers["x-portkey-custom-host"] = os.getenv("PORTKEY")
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    "RESULT %d %d %d %d %d %d\n", summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
