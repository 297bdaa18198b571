-- The line to the bridge: OSC out, files in. Ardour's Lua can send but not receive, so
-- `timbre serve` writes its answers to DATA/answers/ardour, and where it listens to
-- DATA/answers/bridge.json while it runs.

local link = {}

local CLIENT = "ardour"
local ANSWER_IN_FILES = -1

local json, places

function link.use (parts)
  json, places = parts.json, parts.places
end

local function path (...)
  return ARDOUR.LuaAPI.build_filename (places.data_dir (os.getenv), "answers", ...)
end

local function read (file)
  local text = places.read (file)
  local is_json, data = pcall (json.decode, text or "")
  return is_json and type (data) == "table" and data or nil
end

-- Begin to talk: an object with send (message), or nil if the bridge does not run.
function link.open ()
  local where = read (path ("bridge.json"))
  if not where then
    return nil
  end
  local host = tostring (where.host)
  if host:find (":", 1, true) then
    host = "[" .. host .. "]"
  end
  local url = "osc.tcp://" .. host .. ":" .. tostring (where.tcp_port) .. "/"
  local address = ARDOUR.LuaOSC.Address (url) -- TCP: no note is lost, whatever their number
  local line = {}
  function line.send (message)
    address:send (table.unpack (message)) -- what it returns says nothing
  end
  local token = os.getenv ("TIMBRE_TOKEN")
  if token and token ~= "" then
    line.send ({ "/timbre/1/hello", "sis", CLIENT, ANSWER_IN_FILES, token })
  else
    line.send ({ "/timbre/1/hello", "si", CLIENT, ANSWER_IN_FILES })
  end
  return line
end

-- Have the bridge say how jobs stand, those included that it does not know; false if it does
-- not run. The answers come in a moment.
function link.ask (ids)
  local line = link.open ()
  if not line then
    return false
  end
  for _, id in ipairs (ids) do
    line.send ({ "/timbre/1/status", "s", id })
  end
  return true
end

-- The last word about a job, as docs/protocol.md describes it; nil if there is none.
function link.answer (id)
  return read (path (CLIENT, "jobs", id .. ".json"))
end

-- A job's end was read: the bridge need not say it again.
function link.acknowledge (id)
  local line = link.open ()
  if line then
    line.send ({ "/timbre/1/ack", "s", id })
  end
end

-- The names of all presets, or nil and why not. Waits two seconds at most.
function link.presets ()
  local file = path (CLIENT, "presets.json")
  os.remove (file)
  local line = link.open ()
  if not line then
    return nil, link.NOT_RUNNING
  end
  line.send ({ "/timbre/1/presets", "" })
  local deadline = ARDOUR.LuaAPI.monotonic_time () + 2000000
  local answer
  repeat
    ARDOUR.LuaAPI.usleep (20000)
    answer = read (file)
  until answer or ARDOUR.LuaAPI.monotonic_time () > deadline
  if not answer then
    return nil, link.SILENT
  end
  local names = {}
  for _, preset in ipairs (answer.presets or {}) do
    names[#names + 1] = preset.name
  end
  table.sort (names)
  return names
end

link.NOT_RUNNING = "Timbre Bridge is not running.\n\nOpen a terminal, start it with\n\n    timbre serve\n\nand try again."
link.SILENT = "Timbre Bridge does not answer.\n\nStop it with Ctrl-C in its terminal, start it again with\n\n    timbre serve\n\nand look there for what it says."

return link
