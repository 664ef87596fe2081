-- A rebuilt counter, unless it is there already or its generation has passed. See protocol.py.
-- KEYS  the counter
-- ARGV  now ('' asks Redis), lease, idle, generation, 'window' or 'quota', used;
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
local idle = math.floor(ARGV[3] / 1000)

if ARGV[5] == 'window' then
  redis.call('ZADD', key, '+inf', '')
  for at = 7, #ARGV, 2 do
    redis.call('ZADD', key, ARGV[at + 1], ARGV[at])
  end
  redis.call('PEXPIRE', key, idle)
  return 1
end

local held = 0
for at = 7, #ARGV, 2 do
  held = held + tonumber(ARGV[at + 1])
  redis.call('HSET', key, ARGV[at], ARGV[at + 1])
  redis.call('ZADD', key .. ':leases', now + tonumber(ARGV[2]), ARGV[at])
end
redis.call('HSET', key, 'used', ARGV[6], 'held', held)
redis.call('PEXPIRE', key, idle)
redis.call('PEXPIRE', key .. ':leases', idle)
return 1
