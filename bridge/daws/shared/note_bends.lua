-- Pitch bend: a channel's wheel and range to the bends of its notes, as docs/protocol.md has them.
--
-- A bend is a list of points { seconds from the note's onset, semitones }, straight lines between
-- them. A wheel goes as far as its channel's range says (RPN 0: two semitones, if nothing does).
-- Pure Lua, for every DAW.

local note_bends = {}

local RANGE_SEMITONES = 2
local MOST_SEMITONES = 96
local STEP_S = 0.005 -- an event without a line to it is reached within this time

local function within(semitones)
  return math.max(-MOST_SEMITONES, math.min(MOST_SEMITONES, semitones))
end

--- What bends a channel: a list of { time, semitones, is_held } by time. An event that is held
-- stays until the next; from another a line goes there.
--
-- events: by time, each { time, wheel = 0–16383, is_held } or { time, number, value } of a controller.
function note_bends.of_channel(events)
  local found = {}
  local range, cents, wheel, rpn = RANGE_SEMITONES, 0, 0, { 127, 127 }
  for _, event in ipairs(events) do
    local is_bent = event.wheel ~= nil
    if is_bent then
      wheel = (event.wheel - 8192) / 8192
    else
      local is_range = rpn[1] == 0 and rpn[2] == 0
      local number, value = event[2], event[3]
      if number == 101 then rpn[1] = value
      elseif number == 100 then rpn[2] = value
      elseif number == 98 or number == 99 then rpn = { 127, 127 } -- another kind of number
      elseif number == 6 and is_range then range, is_bent = value, true
      elseif number == 38 and is_range then cents, is_bent = value, true
      end
    end
    if is_bent then
      local is_held = event.wheel == nil or event.is_held
      found[#found + 1] = { event[1], within(wheel * (range + cents / 100)), is_held }
    end
  end
  return found
end

-- How far a channel is bent at a time, before any event that is at or after it.
local function value_at(events, time)
  local last
  for _, event in ipairs(events) do
    if event[1] > time then
      if not last or last[3] then break end
      return last[2] + (event[2] - last[2]) * (time - last[1]) / (event[1] - last[1])
    end
    last = event
  end
  return last and last[2] or 0
end

--- The bend of a note; nil if there is none.
--
-- events: of its channel, as of_channel gives them. from, to: the note's ends, in the events' time.
-- seconds: of such a time, from the note's onset. offset: semitones added to all.
function note_bends.of_note(events, from, to, seconds, offset)
  local points, is_bent = {}, false
  local function add(at_s, semitones)
    at_s = tonumber(("%.9f"):format(math.max(0, at_s)))
    semitones = within(semitones + offset)
    local before = points[#points]
    if before and at_s <= before[1] then -- two events at once: the later counts
      before[2] = semitones
    else
      points[#points + 1] = { at_s, semitones }
    end
    is_bent = is_bent or semitones ~= 0
  end
  add(0, value_at(events, from))
  local is_held = true
  for _, event in ipairs(events) do
    if event[1] > from then
      local before = points[#points]
      local at_s = seconds(event[1])
      if event[1] >= to then
        if not is_held then add(seconds(to), value_at(events, to)) end
        break
      end
      if is_held and at_s - STEP_S > before[1] then add(at_s - STEP_S, before[2] - offset) end
      add(at_s, event[2])
    end
    is_held = event[3]
  end
  return is_bent and points or nil
end

return note_bends
