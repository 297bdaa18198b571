-- What the selected MIDI items play, as REAPER plays it: clips with times in seconds from each
-- item's left edge.
--
-- Of each item its active take counts. Loops are unrolled; tempo changes, the take's offset,
-- rate and pitch are obeyed; what does not sound is left out, and counted.

local Bends = TIMBRE.load("bends")

local Clips = {}

Clips.MAX_NOTES = 100000 -- of one clip; the bridge takes no more
local EDGE_PPQ = 0.01 -- rounding of positions that went through seconds

-- The source's length in ticks: where its last event stands, which REAPER keeps at its end.
local function source_length_ppq(take)
  local is_read, events = reaper.MIDI_GetAllEvts(take, "")
  if not is_read then return 0 end
  local length, at = 0, 1
  while at <= #events do
    local offset
    offset, _, _, at = string.unpack("<i4Bs4", events, at)
    length = length + offset
  end
  return length
end

-- Seconds to the nanosecond: the same item gives the same clip, whatever it went through.
local function to_nanosecond(seconds)
  return tonumber(("%.9f"):format(seconds))
end

local function count_note(left_out, why)
  left_out[why] = (left_out[why] or 0) + 1
end

local function take_name(item, take)
  local _, name = reaper.GetSetMediaItemTakeInfo_String(take, "P_NAME", "", false)
  if name ~= "" then return name end
  local _, track_name = reaper.GetSetMediaTrackInfo_String(
    reaper.GetMediaItemTrack(item), "P_NAME", "", false)
  return track_name ~= "" and track_name or "clip"
end

-- The source's notes that sound, in ticks from its start, cut at its end.
local function source_notes(take, transpose, length_ppq, left_out)
  local _, count = reaper.MIDI_CountEvts(take)
  local notes = {}
  for index = 0, count - 1 do
    local _, _, is_muted, from, to, channel, pitch, velocity = reaper.MIDI_GetNote(take, index)
    to, pitch = math.min(to, length_ppq), pitch + transpose
    if is_muted then
      count_note(left_out, "muted")
    elseif pitch < 0 or pitch > 127 then
      count_note(left_out, "outside MIDI's range after transposing")
    elseif to <= from then
      count_note(left_out, "of no length")
    else
      notes[#notes + 1] = { from, to, pitch, math.max(1, math.min(127, velocity)), channel }
    end
  end
  return notes
end

--- The clip an item plays.
--
-- Returns a table: item, track, take_name, position (seconds of the project), length_s, notes
-- (each pitch, velocity, start_s, duration_s, and bend if there is one) and left_out (reason -> number of notes).
-- Nil and why, if there is nothing to render.
function Clips.of(item)
  local take = reaper.GetActiveTake(item)
  if not take then return nil, "is empty" end
  if not reaper.TakeIsMIDI(take) then return nil, "is audio, or its active take is" end
  local position = reaper.GetMediaItemInfo_Value(item, "D_POSITION")
  local length_s = reaper.GetMediaItemInfo_Value(item, "D_LENGTH")
  local length_ppq = source_length_ppq(take)
  if length_ppq <= 0 or length_s <= 0 then return nil, "has no notes" end
  local from = reaper.MIDI_GetPPQPosFromProjTime(take, position)
  local to = reaper.MIDI_GetPPQPosFromProjTime(take, position + length_s)
  local first, last = 0, 0
  if reaper.GetMediaItemInfo_Value(item, "B_LOOPSRC") == 1 then
    first = math.floor((from + EDGE_PPQ) / length_ppq)
    last = math.ceil((to - EDGE_PPQ) / length_ppq) - 1
  end
  local clip = {
    item = item, track = reaper.GetMediaItemTrack(item), name = take_name(item, take),
    position = position, length_s = to_nanosecond(length_s), notes = {}, left_out = {},
  }
  local pitch = reaper.GetMediaItemTakeInfo_Value(take, "D_PITCH")
  local transpose = math.floor(pitch + 0.5)
  local played = source_notes(take, transpose, length_ppq, clip.left_out)
  local bends = Bends.of_take(take)
  if #played * (last - first + 1) > Clips.MAX_NOTES then
    return nil, ("plays more than %d notes; split it"):format(Clips.MAX_NOTES)
  end
  for round = first, last do
    local shift = round * length_ppq
    for _, note in ipairs(played) do
      local starts, ends = note[1] + shift, math.min(note[2] + shift, to)
      if starts < from - EDGE_PPQ or starts >= to - EDGE_PPQ then
        count_note(clip.left_out, "outside the item's edges")
      else
        local start_s = reaper.MIDI_GetProjTimeFromPPQPos(take, starts) - position
        local end_s = reaper.MIDI_GetProjTimeFromPPQPos(take, ends) - position
        local function seconds(ppq)
          return reaper.MIDI_GetProjTimeFromPPQPos(take, ppq + shift) - position - start_s
        end
        clip.notes[#clip.notes + 1] = {
          pitch = note[3], velocity = note[4],
          start_s = to_nanosecond(math.max(0.0, start_s)),
          duration_s = to_nanosecond(math.max(0.001, end_s - start_s)),
          bend = Bends.of_note(bends[note[5]] or {}, note[1], ends - shift, seconds, pitch - transpose),
        }
      end
    end
  end
  if #clip.notes == 0 then return nil, "has no notes that sound", clip.left_out end
  return clip
end

--- The clips of all selected items, and lines for the user about what is left out.
function Clips.selected()
  local clips, remarks = {}, {}
  for index = 0, reaper.CountSelectedMediaItems(0) - 1 do
    local item = reaper.GetSelectedMediaItem(0, index)
    local clip, reason = Clips.of(item)
    if clip then
      clips[#clips + 1] = clip
      for why, count in pairs(clip.left_out) do
        remarks[#remarks + 1] = ("%s: %d note(s) %s are left out"):format(clip.name, count, why)
      end
    else
      remarks[#remarks + 1] = ("Selected item %d %s."):format(index + 1, reason)
    end
  end
  table.sort(remarks)
  return clips, remarks
end

return Clips
