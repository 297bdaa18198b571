-- Pitch bend: a take's events to the bends of its notes, as docs/protocol.md has them.
--
-- A bend is a list of points { seconds from the note's onset, semitones }, straight lines between
-- them. A wheel goes as far as its channel's range says (RPN 0: two semitones, if nothing does).

local Bends = {}

local CONTROLLER, PITCH_BEND = 0xB0, 0xE0
local RANGE_SEMITONES = 2
local STEP_S = 0.005 -- an event without a line to it is reached within this time

local function square(take, index)
  local _, shape = reaper.MIDI_GetCCShape(take, index)
  return (shape or 0) == 0
end

--- What bends each channel: channel -> list of { ppq, semitones, is_held } by time. An event that
--- is held stays until the next; from another a line goes there (REAPER's curves too).
function Bends.of_take(take)
  local _, _, count = reaper.MIDI_CountEvts(take)
  local channels = {}
  for index = 0, count - 1 do
    local _, _, is_muted, at, kind, number, first, second = reaper.MIDI_GetCC(take, index)
    local channel = channels[number]
    if not channel then
      channel = { events = {}, range = RANGE_SEMITONES, cents = 0, wheel = 0, rpn = { 127, 127 } }
      channels[number] = channel
    end
    local is_bent = kind == PITCH_BEND and not is_muted
    if is_bent then
      channel.wheel = (first + 128 * second - 8192) / 8192
    elseif kind == CONTROLLER and not is_muted then
      local is_range = channel.rpn[1] == 0 and channel.rpn[2] == 0
      if first == 101 then channel.rpn[1] = second
      elseif first == 100 then channel.rpn[2] = second
      elseif first == 98 or first == 99 then channel.rpn = { 127, 127 } -- another kind of number
      elseif first == 6 and is_range then channel.range, is_bent = second, true
      elseif first == 38 and is_range then channel.cents, is_bent = second, true
      end
    end
    if is_bent then
      local semitones = channel.wheel * (channel.range + channel.cents / 100)
      local is_held = kind ~= PITCH_BEND or square(take, index)
      channel.events[#channel.events + 1] = { at, math.max(-96, math.min(96, semitones)), is_held }
    end
  end
  local found = {}
  for number, channel in pairs(channels) do found[number] = channel.events end
  return found
end

-- How far a channel is bent at a time, before any event that is at or after it.
local function value_at(events, ppq)
  local last
  for _, event in ipairs(events) do
    if event[1] > ppq then
      if not last or last[3] then break end
      return last[2] + (event[2] - last[2]) * (ppq - last[1]) / (event[1] - last[1])
    end
    last = event
  end
  return last and last[2] or 0
end

--- The bend of a note; nil if there is none.
--
-- events: of its channel. from, to: its ends in ticks of the source. seconds: of a time in ticks,
-- from the note's onset. offset: semitones added to all, what the take's pitch has past its keys.
function Bends.of_note(events, from, to, seconds, offset)
  local points, is_bent = {}, false
  local function add(at_s, semitones)
    at_s = tonumber(("%.9f"):format(math.max(0, at_s)))
    semitones = math.max(-96, math.min(96, semitones + offset))
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

return Bends
