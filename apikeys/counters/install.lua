-- A rebuilt counter, unless it is there already or its generation has passed. See protocol.py.
-- KEYS  the counter
-- ARGV  now ('' asks Redis), lease, keep, generation, 'window' or 'quota', end of its period, used;
--       then request ids, each with its time (window) or the amount held for it (quota)
local key = KEYS[1]
local generation = redis.call('GET', key .. ':generation') or '0'
if redis.call('EXISTS', key) == 1 or generation ~= ARGV[4] then
  return 0
end
local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000000 + time[2]
end
local keep = tonumber(ARGV[3])

if ARGV[5] == 'window' then
  redis.call('ZADD', key, '+inf', '')
  for at = 8, #ARGV, 2 do
    redis.call('ZADD', key, ARGV[at + 1], ARGV[at])
  end
  redis.call('PEXPIRE', key, math.floor(keep / 1000))
  return 1
end

local held = 0
for at = 8, #ARGV, 2 do
  held = held + tonumber(ARGV[at + 1])
  redis.call('HSET', key, ARGV[at], ARGV[at + 1])
  redis.call('ZADD', key .. ':leases', now + tonumber(ARGV[2]), ARGV[at])
end
redis.call('HSET', key, 'used', ARGV[7], 'held', held)
local stays = math.floor(math.max(keep, tonumber(ARGV[6]) - now + keep) / 1000)
redis.call('PEXPIRE', key, stays)
redis.call('PEXPIRE', key .. ':leases', stays)
return 1
