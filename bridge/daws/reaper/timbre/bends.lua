-- Pitch bend: what in a take's events bends its channels.

local NoteBends = TIMBRE.load("note_bends")

local Bends = { of_note = NoteBends.of_note }

local CONTROLLER, PITCH_BEND = 0xB0, 0xE0

local function square(take, index)
  local _, shape = reaper.MIDI_GetCCShape(take, index)
  return (shape or 0) == 0
end

--- What bends each channel, as NoteBends.of_channel has it, by the channel's number. Where REAPER
-- has a curve between two events, there is a line.
function Bends.of_take(take)
  local _, _, count = reaper.MIDI_CountEvts(take)
  local channels = {}
  for index = 0, count - 1 do
    local _, _, is_muted, at, kind, number, first, second = reaper.MIDI_GetCC(take, index)
    local events = channels[number] or {}
    channels[number] = events
    if kind == PITCH_BEND and not is_muted then
      events[#events + 1] = { at, wheel = first + 128 * second, is_held = square(take, index) }
    elseif kind == CONTROLLER and not is_muted then
      events[#events + 1] = { at, first, second }
    end
  end
  local found = {}
  for number, events in pairs(channels) do found[number] = NoteBends.of_channel(events) end
  return found
end

return Bends
