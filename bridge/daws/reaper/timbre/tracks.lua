-- Puts rendered files into the project: for each track they were rendered from a new one below
-- it, each file where its item stands, all of it one undo step.

local Tracks = {}

-- Where a clip belongs now: its item may have been moved, or removed, while it was rendered.
local function place_of(project, clip)
  if reaper.ValidatePtr2(project, clip.item, "MediaItem*") then
    return reaper.GetMediaItemTrack(clip.item),
           reaper.GetMediaItemInfo_Value(clip.item, "D_POSITION")
  end
  if reaper.ValidatePtr2(project, clip.track, "MediaTrack*") then
    return clip.track, clip.position
  end
  return nil, clip.position -- the track is gone too: at the end of the project
end

local function new_track_below(project, source, name)
  local index = reaper.CountTracks(project)
  if source then index = math.floor(reaper.GetMediaTrackInfo_Value(source, "IP_TRACKNUMBER")) end
  reaper.InsertTrackAtIndex(index, false)
  local track = reaper.GetTrack(project, index)
  reaper.GetSetMediaTrackInfo_String(track, "P_NAME", name, true)
  if source then -- a track that closes its folder hands that on, so that ours is inside too
    local depth = reaper.GetMediaTrackInfo_Value(source, "I_FOLDERDEPTH")
    if depth < 0 then
      reaper.SetMediaTrackInfo_Value(source, "I_FOLDERDEPTH", 0)
      reaper.SetMediaTrackInfo_Value(track, "I_FOLDERDEPTH", depth)
    end
  end
  return track
end

local function add_item(track, position, clip, render)
  local source = reaper.PCM_Source_CreateFromFile(render.path)
  local length_s = source and reaper.GetMediaSourceLength(source) or 0
  if length_s <= 0 then return false end
  -- InsertMedia would move the edit cursor and may ask the user things.
  local item = reaper.AddMediaItemToTrack(track)
  local take = reaper.AddTakeToMediaItem(item)
  reaper.SetMediaItemTake_Source(take, source)
  reaper.SetMediaItemInfo_Value(item, "D_POSITION", position)
  reaper.SetMediaItemInfo_Value(item, "D_LENGTH", length_s)
  reaper.SetMediaItemInfo_Value(item, "B_LOOPSRC", 0)
  reaper.GetSetMediaItemTakeInfo_String(take, "P_NAME", clip.name .. " – " .. render.preset, true)
  return true
end

local function place_all(project, renders)
  local made, failed = {}, {}
  for _, render in ipairs(renders) do
    local source, position = place_of(project, render.clip)
    local key = source or "none"
    if not made[key] then
      local name = render.clip.name
      if source then
        local _, source_name = reaper.GetSetMediaTrackInfo_String(source, "P_NAME", "", false)
        if source_name ~= "" then name = source_name end
      end
      made[key] = new_track_below(project, source, name .. " – " .. render.preset)
    end
    if not add_item(made[key], position, render.clip, render) then
      failed[#failed + 1] = "REAPER cannot open " .. render.path
    end
  end
  return failed
end

--- Place renders (each clip, path, preset) in the project they were asked for in.
--
-- The project's tab is brought to the front for it and sent back. Returns a list of what did
-- not work, for the user.
function Tracks.place(project, renders)
  if not reaper.ValidatePtr(project, "ReaProject*") then
    local lost = {}
    for _, render in ipairs(renders) do
      lost[#lost + 1] = "The project was closed; the render is at " .. render.path
    end
    return lost
  end
  local in_front = reaper.EnumProjects(-1)
  if in_front ~= project then reaper.SelectProjectInstance(project) end
  reaper.Undo_BeginBlock2(project)
  reaper.PreventUIRefresh(1)
  local is_placed, failed = pcall(place_all, project, renders)
  reaper.PreventUIRefresh(-1)
  -- Closed whatever happened: an open block would swallow the user's next steps.
  reaper.Undo_EndBlock2(project, ("Timbre: render %d item(s)"):format(#renders), -1)
  reaper.TrackList_AdjustWindows(false)
  reaper.UpdateArrange()
  reaper.Main_OnCommand(40047, 0) -- Peaks: Build any missing peaks
  if in_front ~= project then reaper.SelectProjectInstance(in_front) end
  if not is_placed then return { "The renders could not be placed: " .. tostring(failed) } end
  return failed
end

return Tracks
