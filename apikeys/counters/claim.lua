-- All claims of a request, or none. See protocol.py.
-- KEYS  one counter for each claim
-- ARGV  now ('' asks Redis), request id, lease, idle, '1' to only look; then for each claim:
--       'window' or 'quota', limit, need, want
-- A window is a sorted set of request ids by time, with '' at +inf so that an idle one still exists.
-- A quota is a hash (used, held, and each request id with its amount) and a sorted set of leases.
local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000000 + time[2]
end
local id, lease, only_look = ARGV[2], tonumber(ARGV[3]), ARGV[5] == '1'
local idle = math.floor(ARGV[4] / 1000)

local function claim_of(place)
  local at = 6 + (place - 1) * 4
  return ARGV[at] == 'window', tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3])
end

local function is_missing(key, is_window)
  if redis.call('EXISTS', key) == 0 then
    return true
  end
  if is_window or #redis.call('ZRANGEBYSCORE', key .. ':leases', '-inf', now, 'LIMIT', 0, 1) == 0 then
    return false
  end
  redis.call('DEL', key, key .. ':leases')
  return true
end

local generations, has_missing = {}, false
for place, key in ipairs(KEYS) do
  generations[place] = -1
  if is_missing(key, (claim_of(place))) then
    has_missing = true
    generations[place] = tonumber(redis.call('GET', key .. ':generation') or 0)
  end
end
if has_missing then
  return { 2, now, unpack(generations) }
end

-- A claim whose answer got lost comes again: what it took the first time is taken back.
local function take_back(key, is_window)
  if is_window then
    redis.call('ZREM', key, id)
    return
  end
  local amount = redis.call('HGET', key, id)
  if amount then
    redis.call('HDEL', key, id)
    redis.call('ZREM', key .. ':leases', id)
    -- Not "-amount": older Redis writes -0 as no integer.
    redis.call('HINCRBY', key, 'held', 0 - tonumber(amount))
  end
end

local function window_count(key)
  redis.call('ZREMRANGEBYSCORE', key, '-inf', now - 60000000)
  local used = redis.call('ZCARD', key) - 1
  if used == 0 then
    return 0, 0, 0, 0
  end
  local oldest = redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')[2]
  local newest = redis.call('ZRANGE', key, -2, -2, 'WITHSCORES')[2]
  return used, 0, tonumber(oldest), tonumber(newest)
end

local function quota_count(key)
  local amounts = redis.call('HMGET', key, 'used', 'held')
  return tonumber(amounts[1]), tonumber(amounts[2]), 0, 0
end

local counts, verdict = {}, 0
for place, key in ipairs(KEYS) do
  local is_window, limit, need = claim_of(place)
  if not only_look then
    take_back(key, is_window)
  end
  local used, held, oldest, newest = (is_window and window_count or quota_count)(key)
  counts[place] = { used, held, oldest, newest }
  if need > 0 and limit - used - held < need then
    verdict = 1
  end
end

local reply = { verdict, now }
for place, key in ipairs(KEYS) do
  local is_window, _, _, want = claim_of(place)
  local used, held, oldest, newest = unpack(counts[place])
  if verdict == 0 and not only_look then
    if is_window then
      redis.call('ZADD', key, now, id)
      used, oldest, newest = used + 1, (used == 0 and now or oldest), now
    else
      held = held + want
      redis.call('HSET', key, 'held', held, id, want)
      redis.call('ZADD', key .. ':leases', now + lease, id)
      redis.call('PEXPIRE', key .. ':leases', idle)
    end
    redis.call('PEXPIRE', key, idle)
  end
  for _, number in ipairs({ used, held, oldest, newest }) do
    reply[#reply + 1] = number
  end
end
return reply
