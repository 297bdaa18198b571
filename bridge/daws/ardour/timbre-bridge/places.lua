-- Where things are: the bridge's folder on each platform, and whole files in it.
-- Pure Lua; the same rules as core/paths.py.

local places = {}

local APP = "timbre-bridge"

-- Timbre Bridge's data folder. `getenv` is os.getenv, or a stand-in.
function places.data_dir (getenv)
  local function set (name)
    local value = getenv (name)
    if value and value:match ("%S") then
      return value
    end
  end
  local home = set ("HOME") or set ("USERPROFILE") or "."
  local own = set ("TIMBRE_HOME")
  if own then
    return (own:gsub ("^%s+", ""):gsub ("%s+$", ""):gsub ("^~", function () return home end))
  end
  local windows = set ("LOCALAPPDATA")
  if windows then
    return windows .. "\\" .. APP
  end
  -- io.open cannot tell a folder from nothing everywhere; every Mac has this file.
  local mac = io.open ("/System/Library/CoreServices/SystemVersion.plist")
  if mac then
    mac:close ()
    return home .. "/Library/Application Support/" .. APP
  end
  return (set ("XDG_DATA_HOME") or home .. "/.local/share") .. "/" .. APP
end

-- All of a file, or nil.
function places.read (path)
  local file = io.open (path, "rb")
  if not file then
    return nil
  end
  local text = file:read ("a")
  file:close ()
  return text
end

-- Put a text at a path, never half of it. Raises a one-line message.
function places.write (path, text)
  local temporary = path .. ".part"
  local file, problem = io.open (temporary, "wb")
  if not file then
    error ("cannot write " .. problem, 0)
  end
  local written, problem = file:write (text)
  local closed, other = file:close ()
  if not (written and closed) then
    os.remove (temporary)
    error ("cannot write " .. path .. ": " .. tostring (problem or other), 0)
  end
  if not os.rename (temporary, path) then -- Windows renames over nothing
    os.remove (path)
    local renamed, why = os.rename (temporary, path)
    if not renamed then
      error ("cannot write " .. tostring (why), 0)
    end
  end
end

return places
