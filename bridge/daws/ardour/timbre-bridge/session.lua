-- Ardour's session as the other parts need it: its files, tracks and selection, and a way to
-- say something to the user.

local session = {}

local bends, score

function session.use (parts)
  bends, score = parts.bends, parts.score
end

local function file (name)
  return ARDOUR.LuaAPI.build_filename (Session:path (), name)
end

-- Where this session's memory is.
function session.memory_path ()
  return file ("timbre-bridge.json")
end

-- Note something in timbre-bridge.log in the session's folder.
function session.log (text)
  local log = io.open (file ("timbre-bridge.log"), "a")
  if log then
    log:write (os.date ("%Y-%m-%d %H:%M:%S "), text, "\n")
    log:close ()
  end
end

-- Show a message and wait until it is closed.
function session.say (text)
  LuaDialog.Message ("Timbre Bridge", text, LuaDialog.MessageType.Info, LuaDialog.ButtonType.Close):run ()
end

function session.id (object)
  return object:to_stateful ():id ():to_s ()
end

-- All tracks, { [id] = track }.
function session.tracks ()
  local found = {}
  for route in Session:get_tracks ():iter () do
    local track = route:to_track ()
    if not track:isnil () then
      found[session.id (route)] = track
    end
  end
  return found
end

-- The selected MIDI regions by position: { region, midi, track, track_id }.
function session.selected ()
  local owner = {} -- playlist id → track
  for id, track in pairs (session.tracks ()) do
    owner[session.id (track:playlist ())] = { id = id, track = track }
  end
  local found = {}
  for region in Editor:get_selection ().regions:regionlist ():iter () do
    local midi = region:to_midiregion ()
    local own = not midi:isnil () and owner[session.id (region:playlist ())]
    if own then
      found[#found + 1] = { region = region, midi = midi, track = own.track, track_id = own.id }
    end
  end
  table.sort (found, function (a, b)
    return a.region:position ():samples () < b.region:position ():samples ()
  end)
  return found
end

-- What a region plays, as score.notes returns it, its position and its length in samples.
function session.notes (found)
  local events, channels = {}, {}
  for note in ARDOUR.LuaAPI.note_list (found.midi:midi_source (0):model ()):iter () do
    local channel = note:channel ()
    channels[channel] = channels[channel] or bends.of_channel (found.midi, channel)
    events[#events + 1] = {
      pitch = note:note (),
      velocity = note:velocity (),
      start_ticks = score.ticks (tostring (note:time ())),
      length_ticks = score.ticks (tostring (note:length ())),
      channel_bends = #channels[channel] > 0 and channels[channel] or nil,
    }
  end
  local region = found.region
  local position, length = region:position ():samples (), region:length ():samples ()
  local notes, unheard = score.notes (events, {
    start_ticks = region:start ():ticks (),
    position_ticks = region:position ():ticks (),
    length_samples = length,
    sample_rate = Session:nominal_sample_rate (),
  }, function (ticks)
    return Temporal.timepos_t.from_ticks (ticks):samples ()
  end)
  return notes, unheard, position, length
end

-- The new track's id, or nil, and how many regions there are.
local function changes (before)
  local added, regions = nil, 0
  for id, track in pairs (session.tracks ()) do
    if not before[id] then
      added = id
    end
    regions = regions + track:playlist ():region_list ():size ()
  end
  return added, regions
end

-- Put a sound file at a sample, on `track` or on a new one; returns the id of the new one.
-- The selection stays as it is.
function session.put (path, sample, track)
  local selected = {}
  for region in Editor:get_selection ().regions:regionlist ():iter () do
    selected[#selected + 1] = region
  end
  local before = session.tracks ()
  local _, regions = changes (before)
  local files = C.StringVector ()
  files:push_back (path)
  -- For distinct files Ardour takes the selected track, whichever is given.
  local order, mode = Editing.ImportDistinctFiles, Editing.ImportAsTrack
  if track then
    order, mode = Editing.ImportSerializeFiles, Editing.ImportToTrack
  end
  Editor:do_import (files, order, mode, ARDOUR.SrcQuality.SrcBest, ARDOUR.MidiTrackNameSource.SMFTrackName,
    ARDOUR.MidiTempoMapDisposition.SMFTempoIgnore, Temporal.timepos_t (sample), ARDOUR.PluginInfo (),
    track or ARDOUR.Track (), false)
  local added, now = changes (before)
  if now <= regions then
    error ("Ardour did not import " .. path, 0)
  end
  -- Ardour selects what it imports; the user may be in the midst of something else.
  local selection = ArdourUI.SelectionList ()
  for _, region in ipairs (selected) do
    local view = Editor:regionview_from_region (region)
    if view then
      selection:push_back (view)
    end
  end
  Editor:set_selection (selection, ArdourUI.SelectionOp.Set)
  return added
end

return session
