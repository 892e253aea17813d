-- Prints what wrk measured as one line of JSON. With BENCH_PAUSE_MS in the environment a connection waits for so long
-- before each request.
local pause = tonumber(os.getenv("BENCH_PAUSE_MS") or "")
if pause then
    function delay()
        return pause
    end
end

function done(summary, latency)
    local e = summary.errors
    io.write(string.format('\n{"requests":%d,"us":%d,"p50":%.1f,"p99":%.1f,"errors":%d,"late":%d}\n',
        summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
        e.connect + e.read + e.write + e.status, e.timeout))
end
