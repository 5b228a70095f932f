-- Sends the requests of a file in turn and prints what came of it as one line of JSON.
local requests, position

function init(args)
  requests = dofile(args[1])
  for each, request in ipairs(requests) do
    requests[each] = wrk.format(request[1], request[2], request[3], request[4])
  end
  math.randomseed(os.time() + tonumber(tostring({}):match("0x(%x+)"), 16) % 1000)
  position = math.random(#requests)
end

function request()
  position = position % #requests + 1
  return requests[position]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '{"requests": %d, "seconds": %f, "errors": %d, "p50": %f, "p99": %f}\n',
    summary.requests, summary.duration / 1e6,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout,
    latency:percentile(50), latency:percentile(99)))
end
