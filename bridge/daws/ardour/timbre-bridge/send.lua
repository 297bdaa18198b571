-- Send the selected MIDI regions to be rendered, and choose in what.

local send = {}

local link, memory, score, session

function send.use (parts)
  link, memory, score, session = parts.link, parts.memory, parts.score, parts.session
end

local function select_first ()
  session.say ("No MIDI region is selected.\n\nClick on one or more MIDI regions, then do this again.")
end

-- Ask which preset the tracks of these regions are to have; false if the user would not say.
local function ask (selected)
  local names, problem = link.presets ()
  if not names then
    session.say (problem)
    return false
  end
  local told = memory.read (session.memory_path ())
  local now = selected[1] and memory.preset (told, selected[1].track_id) or told.preset
  local choices = {}
  for _, name in ipairs (names) do
    choices[name] = name
  end
  local answer = LuaDialog.Dialog ("Timbre Bridge", {
    { type = "dropdown", key = "preset", title = "Preset", values = choices, default = now or names[1] },
  }):run ()
  if not answer then
    return false
  end
  memory.change (session.memory_path (), function (known)
    known.preset = answer.preset
    for _, found in ipairs (selected) do
      known.track_presets[found.track_id] = answer.preset
    end
  end)
  return true
end

-- Choose the preset of the selected regions' tracks, and of tracks that have none.
function send.choose ()
  ask (session.selected ())
end

-- Send the selected MIDI regions, each with its track's preset.
function send.selected ()
  local selected = session.selected ()
  if #selected == 0 then
    return select_first ()
  end
  local told = memory.read (session.memory_path ())
  for _, found in ipairs (selected) do
    if not memory.preset (told, found.track_id) then
      if not ask (selected) then
        return
      end
      told = memory.read (session.memory_path ())
      break
    end
  end
  local line = link.open ()
  if not line then
    session.log ("nothing sent: no bridge is running")
    return session.say (link.NOT_RUNNING)
  end
  -- Ids are never used twice: the time tells sessions apart, the clock presses of the key.
  local batch = string.format ("a%x-%x", os.time (), ARDOUR.LuaAPI.monotonic_time ())
  local silent = {}
  for number, found in ipairs (selected) do
    local notes, unheard, position, length = session.notes (found)
    local name = found.region:name ()
    if #notes == 0 then
      silent[#silent + 1] = name
      session.log ("not sent: region " .. name .. " has no notes")
    else
      local job = {
        id = batch .. "-" .. number,
        batch = batch,
        region = name,
        track = found.track:name (),
        track_id = found.track_id,
        preset = memory.preset (told, found.track_id),
        position = position,
        sample_rate = Session:nominal_sample_rate (),
        notes = #notes,
        sent_at = os.time (),
      }
      memory.change (session.memory_path (), function (known)
        known.jobs[#known.jobs + 1] = job
      end)
      local length_s = length / Session:nominal_sample_rate ()
      for _, message in ipairs (score.messages (job.id, name, notes, length_s, job.preset)) do
        line.send (message)
      end
      session.log (string.format ("sent %d notes of region %s at sample %d in %s as job %s%s", #notes, name,
        position, job.preset, job.id, unheard > 0 and "; notes outside it: " .. unheard or ""))
    end
  end
  if #silent > 0 then
    session.say ("There are no notes to play in " .. table.concat (silent, ", ") .. ".")
  end
end

return send
