-- Every load of the benchmark. The environment says how its requests differ; the end is told as one line of JSON.
--   BENCH_PIPELINE   requests in one write
--   BENCH_BODY       bytes of content of each request

local body = tonumber(os.getenv("BENCH_BODY") or "0")
if body > 0 then
    wrk.method = "POST"
    wrk.body = string.rep("x", body)
    wrk.headers["Content-Type"] = "application/octet-stream"
end

-- Replacing wrk.format, not request, keeps the request static: no Lua runs while the load does.
local depth = tonumber(os.getenv("BENCH_PIPELINE") or "1")
local format = wrk.format
wrk.format = function(...) return string.rep(format(...), depth) end

function done(summary, latency)
    local errors = summary.errors
    io.write(string.format(
        '\nBENCH {"requests":%d,"seconds":%.6f,"bytes":%d,"p50":%.4f,"p99":%.4f,' ..
        '"errors":{"connect":%d,"read":%d,"write":%d,"status":%d,"timeout":%d}}\n',
        summary.requests, summary.duration / 1e6, summary.bytes,
        latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
        errors.connect, errors.read, errors.write, errors.status, errors.timeout))
end
