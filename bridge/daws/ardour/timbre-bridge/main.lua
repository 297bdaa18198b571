-- What Timbre Bridge's scripts do inside Ardour. The scripts themselves only load this file,
-- afresh each time, so that replacing it is all an update needs.

local folder = ...

local function part (name)
  local chunk, problem = loadfile (ARDOUR.LuaAPI.build_filename (folder, name .. ".lua"))
  if not chunk then -- where parts for every DAW are, if not installed with the rest
    chunk = loadfile (ARDOUR.LuaAPI.build_filename (folder, "..", "..", "shared", name .. ".lua"))
  end
  if not chunk then
    error ("Timbre Bridge's scripts are not complete: " .. tostring (problem), 0)
  end
  return chunk ()
end

local parts = {}
for _, name in ipairs ({ "json", "note_bends", "places", "bends", "score", "memory", "link", "session", "send", "import" }) do
  parts[name] = part (name)
  if parts[name].use then
    parts[name].use (parts)
  end
end

local main = {}

-- Errors in an action would unregister it without a word: they become a message.
local function guarded (work)
  local fine, problem = pcall (work)
  if not fine then
    problem = tostring (problem)
    pcall (parts.session.log, "error: " .. problem)
    parts.session.say ("Something went wrong:\n\n" .. problem)
  end
  return fine
end

function main.send ()
  guarded (parts.send.selected)
end

function main.choose ()
  guarded (parts.send.choose)
end

function main.import ()
  guarded (parts.import.by_hand)
end

-- What Ardour's timer is to call, ten times a second. After an error it rests until the
-- session is opened again: a message ten times a second would help nobody.
function main.watcher ()
  local watch = parts.import.watcher ()
  local works = true
  return function ()
    works = works and guarded (watch)
  end
end

return main
