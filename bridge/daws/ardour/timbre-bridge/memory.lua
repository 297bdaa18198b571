-- What a session remembers: the presets chosen, and the renders asked for and not yet here.
-- One JSON file in the session's folder, read and written whole. Pure Lua.

local memory = {}

local json, places -- given by main.lua

function memory.use (parts)
  json, places = parts.json, parts.places
end

-- { preset = NAME, track_presets = { TRACK_ID = NAME }, jobs = { JOB, … } }. A job: id, batch,
-- region, track, track_id, preset, position (samples), sample_rate, notes, sent_at (Unix
-- seconds); target is the id of the track that others of its batch went to.
function memory.read (path)
  local text = places.read (path)
  local known, told = pcall (json.decode, text or "{}")
  if not known or type (told) ~= "table" then
    told = {} -- damaged: renders are still in the bridge's folder
  end
  for _, name in ipairs ({ "track_presets", "jobs" }) do
    if type (told[name]) ~= "table" then
      told[name] = {}
    end
  end
  return told
end

function memory.write (path, told)
  places.write (path, json.encode (told))
end

-- Change what is remembered: read, `change (told)`, write. Returns what `change` does.
function memory.change (path, change)
  local told = memory.read (path)
  local result = change (told)
  memory.write (path, told)
  return result
end

-- The preset for a track: its own, else the session's, else nil.
function memory.preset (told, track_id)
  return told.track_presets[track_id] or told.preset
end

-- Take a job off the list: whoever gets it, and nobody else, brings it in.
function memory.claim (path, id)
  return memory.change (path, function (told)
    for index, job in ipairs (told.jobs) do
      if job.id == id then
        return table.remove (told.jobs, index)
      end
    end
  end)
end

-- The other regions of one track that were sent together go to the same new track.
function memory.share_target (path, job, target)
  memory.change (path, function (told)
    for _, other in ipairs (told.jobs) do
      if other.batch == job.batch and other.track_id == job.track_id then
        other.target = target
      end
    end
  end)
end

return memory
