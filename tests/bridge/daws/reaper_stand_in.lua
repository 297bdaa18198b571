-- Stands in for REAPER: the functions our scripts use, over a project in tables.
--
-- Reads Lua chunks from stdin, one a line, and answers each with one line of JSON. The project
-- changes only through API calls, as in REAPER; a change outside an undo block is an error.

local stand_in = { os = "Other", resource = ".", console = {}, boxes = {}, ext = {}, undo = {},
                   clock = 0, deferred = {}, exits = {}, menus = {}, answers = {}, project = nil,
                   projects = {}, context = "", picks = {}, windows = 0, rename_overwrites = true,
                   drawn = {} }
local block

-- Projects

local function changing()
  assert(block, "a change outside an undo block")
end

function stand_in.new_project(tempo)
  local project = { kind = "ReaProject*", tracks = {}, tempo = tempo or { { time = 0, bpm = 120 } } }
  stand_in.projects[#stand_in.projects + 1] = project
  stand_in.project = stand_in.project or project
  return project
end

function stand_in.add_track(name, depth, project)
  local tracks = (project or stand_in.project).tracks
  local track = { kind = "MediaTrack*", P_NAME = name, I_FOLDERDEPTH = depth or 0, items = {} }
  tracks[#tracks + 1] = track
  return track
end

-- note: { pitch, velocity, from_ppq, to_ppq, muted, channel }; of more, cc: a list of
-- { ppq, channel, kind, first, second, shape, muted }
function stand_in.add_midi(track, position, length, source_ppq, notes, more)
  local take = { P_NAME = "riff", D_PITCH = 0, D_PLAYRATE = 1, offset_ppq = 0, midi = true,
                 notes = notes, source_ppq = source_ppq, cc = {} }
  local item = { kind = "MediaItem*", D_POSITION = position, D_LENGTH = length, B_LOOPSRC = 0,
                 takes = { take }, active = 1, track = track, selected = true }
  take.item = item
  for key, value in pairs(more or {}) do
    if item[key] ~= nil then item[key] = value else take[key] = value end
  end
  track.items[#track.items + 1] = item
  return item
end

function stand_in.remove(item)
  for index, other in ipairs(item.track.items) do
    if other == item then table.remove(item.track.items, index) end
  end
end

-- Time: between two marks the tempo is constant.

local function qn_of(project, time)
  local qn = 0
  for index, mark in ipairs(project.tempo) do
    local next_mark = project.tempo[index + 1]
    if not next_mark or time < next_mark.time then
      return qn + (time - mark.time) * mark.bpm / 60
    end
    qn = qn + (next_mark.time - mark.time) * mark.bpm / 60
  end
end

local function time_of(project, wanted)
  local qn = 0
  for index, mark in ipairs(project.tempo) do
    local next_mark = project.tempo[index + 1]
    local in_mark = next_mark and (next_mark.time - mark.time) * mark.bpm / 60
    if not next_mark or wanted < qn + in_mark then return mark.time + (wanted - qn) * 60 / mark.bpm end
    qn = qn + in_mark
  end
end

local TICKS = 960

local function ppq_to_time(take, ppq)
  local project = stand_in.project
  local qn = qn_of(project, take.item.D_POSITION) + (ppq - take.offset_ppq) / TICKS / take.D_PLAYRATE
  return time_of(project, qn)
end

local function time_to_ppq(take, time)
  local project = stand_in.project
  local qn = qn_of(project, time) - qn_of(project, take.item.D_POSITION)
  return qn * TICKS * take.D_PLAYRATE + take.offset_ppq
end

-- The API

local function get_info(object, key) return assert(object[key], key) + 0.0 end
local function set_info(object, key, value) changing(); object[key] = value; return true end
local function info_string(object, key, text, is_set)
  if is_set then changing(); object[key] = text end
  return true, object[key] or ""
end

local function all_items(project)
  local items = {}
  for _, track in ipairs(project.tracks) do
    for _, item in ipairs(track.items) do items[#items + 1] = item end
  end
  return items
end

local function selected()
  local items = {}
  for _, item in ipairs(all_items(stand_in.project)) do
    if item.selected then items[#items + 1] = item end
  end
  return items
end

local function copy(tracks)
  local copies = {}
  for index, track in ipairs(tracks) do
    local copied = {}
    for key, value in pairs(track) do copied[key] = value end
    copied.items = { table.unpack(track.items) }
    copies[index] = copied
  end
  return copies
end

local function wav_seconds(path)
  local file = io.open(path, "rb")
  if not file then return nil end
  local data = file:read("a")
  file:close()
  if data:sub(1, 4) ~= "RIFF" then return nil end
  local at, rate = 13, nil
  while at < #data do
    local id, size = string.unpack("<c4I4", data, at)
    if id == "fmt " then rate = string.unpack("<I4", data, at + 16) end
    if id == "data" then return size / rate end
    at = at + 8 + size + size % 2
  end
end

local function number_of(track)
  for index, other in ipairs(stand_in.project.tracks) do if other == track then return index end end
end

reaper = {
  get_action_context = function() return false, stand_in.context end,
  GetOS = function() return stand_in.os end,
  GetResourcePath = function() return stand_in.resource end,
  GetExtState = function(section, key) return stand_in.ext[section .. "/" .. key] or "" end,
  SetExtState = function(section, key, value) stand_in.ext[section .. "/" .. key] = value end,
  RecursiveCreateDirectory = function(path) os.execute(("mkdir -p '%s'"):format(path)) end,
  file_exists = function(path)
    local file = io.open(path, "rb")
    if file then file:close() end
    return file ~= nil
  end,
  genGuid = function()
    return ("{%08X-0000-4000-8000-%04X%08X}"):format(
      math.random(0, 0xFFFFFFFF), math.random(0, 0xFFFF), math.random(0, 0xFFFFFFFF))
  end,
  time_precise = function() return stand_in.clock end,
  defer = function(work) stand_in.deferred[#stand_in.deferred + 1] = work end,
  atexit = function(work) stand_in.exits[#stand_in.exits + 1] = work end,
  ShowConsoleMsg = function(text) stand_in.console[#stand_in.console + 1] = text end,
  ShowMessageBox = function(text) stand_in.boxes[#stand_in.boxes + 1] = text; return 1 end,
  GetUserInputs = function() return stand_in.typed ~= nil, stand_in.typed or "" end,
  EnumProjects = function(index)
    assert(index == -1)
    return stand_in.project, ""
  end,
  SelectProjectInstance = function(project) stand_in.project = project end,
  ValidatePtr = function(object, kind)
    assert(kind == "ReaProject*")
    for _, project in ipairs(stand_in.projects) do if project == object then return true end end
    return false
  end,
  ValidatePtr2 = function(project, object, kind)
    assert(object.kind == kind)
    for _, track in ipairs(project.tracks) do
      if track == object then return true end
      for _, item in ipairs(track.items) do if item == object then return true end end
    end
    return false
  end,
  CountSelectedMediaItems = function() return #selected() end,
  GetSelectedMediaItem = function(_, index) return selected()[index + 1] end,
  GetActiveTake = function(item) return item.takes[item.active] end,
  TakeIsMIDI = function(take) return take.midi == true end,
  GetMediaItemTrack = function(item) return item.track end,
  GetMediaItemInfo_Value = get_info,
  SetMediaItemInfo_Value = set_info,
  GetMediaItemTakeInfo_Value = get_info,
  GetSetMediaItemTakeInfo_String = info_string,
  GetSetMediaTrackInfo_String = info_string,
  GetMediaTrackInfo_Value = function(track, key)
    return key == "IP_TRACKNUMBER" and number_of(track) + 0.0 or get_info(track, key)
  end,
  SetMediaTrackInfo_Value = set_info,
  MIDI_CountEvts = function(take) return true, #take.notes, #(take.cc or {}), 0 end,
  MIDI_GetCC = function(take, index)
    local event = take.cc[index + 1]
    return true, false, event[7] == true, event[1] + 0.0, event[3], event[2], event[4], event[5]
  end,
  MIDI_GetCCShape = function(take, index) return true, take.cc[index + 1][6] or 0, 0.0 end,
  MIDI_GetNote = function(take, index)
    local note = take.notes[index + 1]
    return true, false, note[5] == true, note[3] + 0.0, note[4] + 0.0, note[6] or 0, note[1], note[2]
  end,
  MIDI_GetAllEvts = function(take)
    local events = {}
    for _, note in ipairs(take.notes) do
      events[#events + 1] = { note[3], string.char(0x90, note[1], note[2]) }
      events[#events + 1] = { note[4], string.char(0x80, note[1], 0) }
    end
    table.sort(events, function(a, b) return a[1] < b[1] end)
    events[#events + 1] = { take.source_ppq, string.char(0xB0, 123, 0) }
    local packed, before = {}, 0
    for index, event in ipairs(events) do
      packed[index] = string.pack("<i4Bs4", event[1] - before, 0, event[2])
      before = event[1]
    end
    return true, table.concat(packed)
  end,
  MIDI_GetProjTimeFromPPQPos = ppq_to_time,
  MIDI_GetPPQPosFromProjTime = time_to_ppq,
  CountTracks = function(project) return #project.tracks end,
  GetTrack = function(project, index) return project.tracks[index + 1] end,
  InsertTrackAtIndex = function(index)
    changing()
    assert(math.type(index) == "integer")
    table.insert(stand_in.project.tracks, index + 1,
                 { kind = "MediaTrack*", P_NAME = "", I_FOLDERDEPTH = 0, items = {} })
  end,
  AddMediaItemToTrack = function(track)
    changing()
    local item = { kind = "MediaItem*", D_POSITION = 0, D_LENGTH = 0, B_LOOPSRC = 1, takes = {},
                   active = 1, track = track }
    track.items[#track.items + 1] = item
    return item
  end,
  AddTakeToMediaItem = function(item)
    changing()
    item.takes[1] = { item = item }
    return item.takes[1]
  end,
  PCM_Source_CreateFromFile = function(path)
    local seconds = wav_seconds(path)
    return seconds and { path = path, seconds = seconds }
  end,
  GetMediaSourceLength = function(source) return source.seconds, false end,
  SetMediaItemTake_Source = function(take, source) changing(); take.source = source end,
  Undo_BeginBlock2 = function(project)
    assert(not block and project == stand_in.project)
    block = copy(project.tracks)
  end,
  Undo_EndBlock2 = function(_, name)
    stand_in.undo[#stand_in.undo + 1] = { name = name, before = assert(block) }
    block = nil
  end,
  PreventUIRefresh = function() end,
  TrackList_AdjustWindows = function() end,
  UpdateArrange = function() end,
  Main_OnCommand = function(command) assert(command == 40047) end,
}
-- What REAPER does not have is an error here, not nil.
setmetatable(reaper, { __index = function(_, name) error("REAPER has no " .. name) end })

gfx = {
  w = 0, h = 0,
  init = function(_, w, h) gfx.w, gfx.h = w, h; stand_in.windows = stand_in.windows + 1 end,
  quit = function() stand_in.windows = stand_in.windows - 1 end,
  getchar = function() local key = stand_in.key or 0; stand_in.key = nil; return key end,
  showmenu = function(text)
    stand_in.menus[#stand_in.menus + 1] = text
    local wanted, index = table.remove(stand_in.picks, 1), 0
    for entry in text:gmatch("[^|]+") do
      if entry:sub(1, 1) ~= ">" then
        index = index + 1
        if entry:gsub("^<", "") == wanted then return index end
      end
    end
    return 0
  end,
  drawstr = function(text) stand_in.drawn[#stand_in.drawn + 1] = text end,
  set = function() end, rect = function() end, update = function() end, setfont = function() end,
}

-- Windows refuses to rename onto a file that is there.
local rename = os.rename
os.rename = function(from, to)
  if not stand_in.rename_overwrites and reaper.file_exists(to) then return nil, "File exists" end
  return rename(from, to)
end

-- What the test says

function stand_in.run(script)
  stand_in.context, stand_in.deferred, stand_in.exits = script, {}, {}
  dofile(script)
end

-- One round of REAPER's timer; whether the script still runs.
function stand_in.tick(clock)
  stand_in.clock = clock
  local works = stand_in.deferred
  stand_in.deferred, stand_in.drawn = {}, {}
  for _, work in ipairs(works) do work() end
  if #stand_in.deferred == 0 then stand_in.stop() end
  return #stand_in.deferred > 0
end

function stand_in.stop() -- the script ends, or is ended
  local exits = stand_in.exits
  stand_in.deferred, stand_in.exits = {}, {}
  for _, work in ipairs(exits) do work() end
end

function stand_in.undo_last()
  stand_in.project.tracks = table.remove(stand_in.undo).before
end

function stand_in.project_state()
  local state = {}
  for index, track in ipairs(stand_in.project.tracks) do
    local items = {}
    for _, item in ipairs(track.items) do
      local source = item.takes[1] and item.takes[1].source
      items[#items + 1] = { position = item.D_POSITION, length = item.D_LENGTH,
                            path = source and source.path or "",
                            name = item.takes[1] and item.takes[1].P_NAME or "" }
    end
    state[index] = { name = track.P_NAME, depth = track.I_FOLDERDEPTH, items = items }
  end
  return state
end

S = stand_in
stand_in.new_project()

local function to_json(value) -- not the scripts' own, which is under test
  if type(value) == "string" then
    return '"' .. value:gsub('[%c"\\]', function(c) return ("\\u%04x"):format(c:byte()) end) .. '"'
  elseif type(value) ~= "table" then
    return value == nil and "null" or tostring(value)
  end
  local parts = {}
  if value[1] ~= nil or next(value) == nil then
    for index, entry in ipairs(value) do parts[index] = to_json(entry) end
    return "[" .. table.concat(parts, ",") .. "]"
  end
  for key, entry in pairs(value) do parts[#parts + 1] = to_json(key) .. ":" .. to_json(entry) end
  return "{" .. table.concat(parts, ",") .. "}"
end

math.randomseed(os.time())
for line in io.lines() do
  local chunk, problem = load(line)
  local is_done, result
  if chunk then is_done, result = pcall(chunk) else is_done, result = false, problem end
  io.write(to_json({ ok = is_done, value = result }), "\n")
  io.flush()
end
