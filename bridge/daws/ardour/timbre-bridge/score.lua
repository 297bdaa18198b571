-- From a region's notes to OSC messages. Pure Lua; tempo and samples come in from outside.

local score = {}

local note_bends

function score.use (parts)
  note_bends = parts.note_bends
end

score.TICKS_PER_BEAT = 1920
score.MAX_NOTES_PER_MESSAGE = 100
score.MAX_POINTS_PER_MESSAGE = 100

local SHORTEST_S = 0.001 -- a note of no length is a trigger; the bridge wants some length

-- Ticks of an Ardour beat time, which only its text tells: "3:960", "-1:-480".
function score.ticks (text)
  local beats, ticks = text:match ("^%s*(-?%d+):(-?%d+)%s*$")
  if not beats then
    error ("Ardour gave '" .. text .. "' for a time in beats; expected BEATS:TICKS", 0)
  end
  return math.tointeger (beats) * score.TICKS_PER_BEAT + math.tointeger (ticks)
end

-- The notes a region plays, in seconds from its start.
--
-- events: { pitch, velocity, start_ticks, length_ticks, channel_bends }, times from the source's start;
--   channel_bends is what bends the note's channel (note_bends.of_channel), nil if nothing does.
-- region: start_ticks (how much of the source is cut off), position_ticks, length_samples,
--   sample_rate.
-- sample_at: the sample of a position in ticks, by the tempo map.
-- Returns notes { pitch, start_s, duration_s, velocity, bend } by start, bend being nil for a note
-- that is not bent, and how many notes of the source the region does not play. As Ardour plays it: what begins before the region does
-- not sound, what is held at its end stops there.
function score.notes (events, region, sample_at)
  local notes, unheard = {}, 0
  local base = sample_at (region.position_ticks)
  local function sample (ticks)
    return sample_at (region.position_ticks + ticks - region.start_ticks) - base
  end
  for _, event in ipairs (events) do
    local from = event.start_ticks >= region.start_ticks and sample (event.start_ticks)
    if from and from < region.length_samples then
      local to = sample (event.start_ticks + event.length_ticks)
      to = math.min (to, region.length_samples)
      notes[#notes + 1] = {
        pitch = event.pitch,
        start_s = from / region.sample_rate,
        duration_s = math.max ((to - from) / region.sample_rate, SHORTEST_S),
        velocity = math.min (math.max (event.velocity, 1), 127),
        bend = event.channel_bends and note_bends.of_note (event.channel_bends, event.start_ticks,
          event.start_ticks + event.length_ticks, function (ticks)
            return (sample (ticks) - from) / region.sample_rate
          end, 0),
      }
    else
      unheard = unheard + 1
    end
  end
  table.sort (notes, function (a, b)
    if a.start_s ~= b.start_s then
      return a.start_s < b.start_s
    end
    return a.pitch < b.pitch
  end)
  return notes, unheard
end

-- At most 200 bytes of a name, no letter cut in half.
local function short (name)
  if #name <= 200 then
    return name
  end
  return (name:sub (1, 200):gsub ("[\xC0-\xFF][\x80-\xBF]*$", ""))
end

-- The messages that send a clip and ask for its render, in order: { address, types, … }.
-- Clip and job have one id. Times go out as doubles: a float is off by samples after minutes.
function score.messages (id, name, notes, length_s, preset)
  local points = 0
  for _, note in ipairs (notes) do
    points = points + (note.bend and #note.bend or 0)
  end
  local begin = { "/timbre/1/clip/begin", "ssid", id, short (name), #notes, length_s }
  if points > 0 then -- left out where there are none: bridges older than bends know no such argument
    begin[2], begin[7] = "ssidi", points
  end
  local messages = { begin }
  for first = 1, #notes, score.MAX_NOTES_PER_MESSAGE do
    local last = math.min (first + score.MAX_NOTES_PER_MESSAGE - 1, #notes)
    local message = { "/timbre/1/clip/notes", "si" .. ("iddi"):rep (last - first + 1), id, first - 1 }
    for index = first, last do
      local note = notes[index]
      message[#message + 1] = note.pitch
      message[#message + 1] = note.start_s
      message[#message + 1] = note.duration_s
      message[#message + 1] = note.velocity
    end
    messages[#messages + 1] = message
  end
  for index, note in ipairs (notes) do
    for first = 1, #(note.bend or {}), score.MAX_POINTS_PER_MESSAGE do
      local last = math.min (first + score.MAX_POINTS_PER_MESSAGE - 1, #note.bend)
      local message = { "/timbre/1/clip/bend", "si" .. ("dd"):rep (last - first + 1), id, index - 1 }
      for number = first, last do
        message[#message + 1] = note.bend[number][1]
        message[#message + 1] = note.bend[number][2]
      end
      messages[#messages + 1] = message
    end
  end
  messages[#messages + 1] = { "/timbre/1/clip/end", "s", id }
  messages[#messages + 1] = { "/timbre/1/render", "sss", id, id, preset }
  return messages
end

return score
