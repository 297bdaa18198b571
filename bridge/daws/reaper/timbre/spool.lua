-- The folder through which this script and `timbre serve --spool` talk.
--
-- A request is written under another name and then renamed, so that it is never read half
-- written; a result is whole whenever it is there. See docs/protocol.md for what they hold.

local json = TIMBRE.load("json")

local Spool = {}
Spool.__index = Spool

--- Where the spool is: the folder set by "Timbre Bridge: folder", else one beside REAPER's own.
function Spool.default_folder()
  local set = reaper.GetExtState("timbre_bridge", "spool")
  if set ~= "" then return set end
  local separator = reaper.GetOS():match("^Win") and "\\" or "/"
  return reaper.GetResourcePath() .. separator .. "TimbreBridge"
end

--- A spool in a folder, which is made. Nil and why, if it cannot be used.
function Spool.open(folder)
  local spool = setmetatable({ folder = folder, separator = folder:match("[/\\]") or "/" }, Spool)
  for _, name in ipairs({ "requests", "results" }) do
    reaper.RecursiveCreateDirectory(folder .. spool.separator .. name, 0)
  end
  local probe = spool:_path("requests", "probe-" .. Spool.new_id() .. ".tmp")
  local file, reason = io.open(probe, "wb")
  if not file then return nil, ("The folder %s cannot be written to (%s)."):format(folder, reason) end
  file:close()
  os.remove(probe)
  return spool
end

--- An id no other request has.
function Spool.new_id()
  return (reaper.genGuid(""):gsub("[{}]", ""))
end

--- What to type to start the program that answers.
function Spool:command()
  return ('timbre serve --spool "%s"'):format(self.folder)
end

--- Leave a request. Nil and why, if it cannot be left now; asking again later is safe.
function Spool:ask(id, request)
  local unfinished = self:_path("requests", id .. ".tmp")
  local file, reason = io.open(unfinished, "wb")
  if not file then return nil, reason end
  local written
  written, reason = file:write(json.encode(request))
  local closed, close_reason = file:close()
  if not (written and closed) then
    os.remove(unfinished)
    return nil, reason or close_reason
  end
  return os.rename(unfinished, self:_path("requests", id .. ".json"))
end

--- Whether a request has been read by the other side.
function Spool:is_taken(id)
  return not reaper.file_exists(self:_path("requests", id .. ".json"))
end

--- The newest result of a request; nil if there is none yet.
function Spool:result(id)
  local file = io.open(self:_path("results", id .. ".json"), "rb")
  if not file then return nil end
  local text = file:read("a")
  file:close()
  local is_json, result = pcall(json.decode, text or "")
  return is_json and type(result) == "table" and result or nil
end

--- Take back a request nobody has read, and remove a result that has been read.
function Spool:forget(id)
  os.remove(self:_path("requests", id .. ".json"))
  os.remove(self:_path("results", id .. ".json"))
end

function Spool:_path(kind, name)
  return self.folder .. self.separator .. kind .. self.separator .. name
end

return Spool
