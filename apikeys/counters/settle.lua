-- What a request really used, in place of what was held for it. See protocol.py.
-- KEYS  quotas; ARGV  request id, how long to remember a generation, then what it used of each
-- Answers used and held of each quota, -1 for one that was thrown away.
local reply = {}
for place, key in ipairs(KEYS) do
  local held = redis.call('HGET', key, ARGV[1])
  if held then
    redis.call('HDEL', key, ARGV[1])
    redis.call('ZREM', key .. ':leases', ARGV[1])
    reply[#reply + 1] = redis.call('HINCRBY', key, 'used', ARGV[2 + place])
    -- See claim.lua on "0 -".
    reply[#reply + 1] = redis.call('HINCRBY', key, 'held', 0 - tonumber(held))
  else
    redis.call('DEL', key, key .. ':leases')
    redis.call('INCR', key .. ':generation')
    redis.call('PEXPIRE', key .. ':generation', math.floor(ARGV[2] / 1000))
    reply[#reply + 1] = -1
    reply[#reply + 1] = -1
  end
end
return reply
