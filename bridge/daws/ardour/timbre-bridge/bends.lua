-- Pitch bend: what bends the channels of a MIDI region. Ardour keeps wheels and controllers as
-- automation of the region's source, each channel's apart; times are ticks from its start.

local bends = {}

local note_bends

function bends.use (parts)
  note_bends = parts.note_bends
end

-- Of RPN 0, which sets a wheel's range: in the order in which they work, where they are at one time.
local CONTROLLERS = { 101, 100, 6, 38 }

-- All events of one kind, { ticks, value } by time, and whether lines go between them.
local function events_of (midi, kind, channel, number)
  local control = midi:control (Evoral.Parameter (kind, channel, number), false)
  local found = {}
  if control:isnil () then
    return found
  end
  for event in control:list ():events ():iter () do
    found[#found + 1] = { event.when:ticks (), math.floor (event.value + 0.5) }
  end
  return found, control:list ():interpolation () ~= Evoral.InterpolationStyle.Discrete
end

-- What bends a channel (0–15), as note_bends.of_channel has it.
function bends.of_channel (midi, channel)
  local wheel, is_line = events_of (midi, ARDOUR.AutomationType.MidiPitchBenderAutomation, channel, 0)
  if #wheel == 0 then
    return {}
  end
  local events = {}
  local function add (event, order)
    event.order = order * 1000000 + #events -- a sort that keeps what is at one time in order
    events[#events + 1] = event
  end
  for order, number in ipairs (CONTROLLERS) do
    for _, event in ipairs (events_of (midi, ARDOUR.AutomationType.MidiCCAutomation, channel, number)) do
      add ({ event[1], number, event[2] }, order)
    end
  end
  for _, event in ipairs (wheel) do
    add ({ event[1], wheel = event[2], is_held = not is_line }, #CONTROLLERS + 1)
  end
  table.sort (events, function (a, b)
    if a[1] ~= b[1] then
      return a[1] < b[1]
    end
    return a.order < b.order
  end)
  return note_bends.of_channel (events)
end

return bends
