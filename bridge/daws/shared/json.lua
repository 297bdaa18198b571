-- JSON (RFC 8259), as far as the bridge's files need it: one file for the scripts of every DAW.
-- Pure Lua, 5.3 or 5.4; knows no DAW. null becomes nil, so an entry that is null is not there.
--
-- Scripts look for it beside their other parts, where installing copies it, and then here.

local json = {}

local ESCAPES = { b = "\b", f = "\f", n = "\n", r = "\r", t = "\t", ['"'] = '"', ["\\"] = "\\", ["/"] = "/" }
local WORDS = { ["true"] = true, ["false"] = false }
local MAX_DEPTH = 50

local function fail (at, what)
  error ("JSON: " .. what .. " at character " .. at, 0)
end

local function skip (text, at)
  return text:match ("^[ \t\r\n]*()", at)
end

local function code_unit (text, at)
  local digits = text:match ("^\\u(%x%x%x%x)", at)
  return digits and tonumber (digits, 16)
end

-- A string whose opening quote is at `at`; returns it and where it ends.
local function read_string (text, at)
  local parts = {}
  at = at + 1
  while true do
    -- Not %c: in some locales that is more than these, and parts of letters in UTF-8.
    local plain, after = text:match ('^([^"\\\0-\31]*)()', at)
    parts[#parts + 1] = plain
    local sign = text:sub (after, after)
    if sign == '"' then
      return table.concat (parts), after + 1
    end
    if sign ~= "\\" then
      fail (after, "a string does not end")
    end
    local unit = code_unit (text, after)
    if unit then
      at = after + 6
      local low = unit >= 0xD800 and unit < 0xDC00 and code_unit (text, at)
      if low and low >= 0xDC00 and low < 0xE000 then
        unit = 0x10000 + (unit - 0xD800) * 0x400 + (low - 0xDC00)
        at = at + 6
      elseif unit >= 0xD800 and unit < 0xE000 then
        unit = 0xFFFD -- half a pair
      end
      parts[#parts + 1] = utf8.char (unit)
    else
      local escaped = ESCAPES[text:sub (after + 1, after + 1)]
      parts[#parts + 1] = escaped or fail (after, "a string has an unknown escape")
      at = after + 2
    end
  end
end

local read_value

local function read_members (text, at, depth, close, read_one)
  local result = {}
  at = skip (text, at + 1)
  if text:sub (at, at) == close then
    return result, at + 1
  end
  while true do
    at = skip (text, read_one (result, at, depth + 1))
    local sign = text:sub (at, at)
    if sign == close then
      return result, at + 1
    elseif sign ~= "," then
      fail (at, "a comma or " .. close .. " is missing")
    end
    at = skip (text, at + 1)
  end
end

function read_value (text, at, depth)
  if depth > MAX_DEPTH then
    fail (at, "it is nested too deeply")
  end
  at = skip (text, at)
  local sign = text:sub (at, at)
  if sign == '"' then
    return read_string (text, at)
  elseif sign == "{" then
    return read_members (text, at, depth, "}", function (object, from, deeper)
      if text:sub (from, from) ~= '"' then
        fail (from, "a name is missing")
      end
      local key, after = read_string (text, from)
      after = skip (text, after)
      if text:sub (after, after) ~= ":" then
        fail (after, "a colon is missing")
      end
      object[key], after = read_value (text, after + 1, deeper)
      return after
    end)
  elseif sign == "[" then
    local count = 0
    return read_members (text, at, depth, "]", function (array, from, deeper)
      local value, after = read_value (text, from, deeper)
      count = count + 1
      array[count] = value
      return after
    end)
  end
  local word = text:match ("^%a+", at)
  if word == "null" then
    return nil, at + 4
  elseif WORDS[word] ~= nil then
    return WORDS[word], at + #word
  end
  local digits = text:match ("^-?%d+%.?%d*[eE]?[+-]?%d*", at)
  local number = digits and tonumber (digits)
  if not number then
    fail (at, "a value is missing")
  end
  return number, at + #digits
end

-- Lua's value of a JSON text. Raises a one-line message if it is none.
function json.decode (text)
  local value, at = read_value (text, 1, 1)
  at = skip (text, at)
  if at <= #text then
    fail (at, "something follows the value")
  end
  return value
end

local function quoted (text)
  -- Names may hold bytes that are no UTF-8 (of old projects): no JSON reader takes those.
  if not utf8.len (text) then
    text = text:gsub ("[\x80-\xff]", "?")
  end
  return '"' .. text:gsub ('[\0-\31\127"\\]', function (sign)
    return string.format ("\\u%04x", sign:byte ())
  end) .. '"'
end

-- The shortest of two forms that comes back as the same number. A whole one keeps its point.
local function of_float (value)
  if value ~= value or value == math.huge or value == -math.huge then
    error ("JSON: " .. tostring (value) .. " cannot be written", 0)
  end
  local text = string.format ("%.15g", value)
  if tonumber (text) ~= value then
    text = string.format ("%.17g", value)
  end
  text = text:gsub (",", ".") -- some locales write a comma
  return text:find ("[.e]") and text or text .. ".0"
end

-- JSON of strings, numbers, booleans and tables of them. A table with a first entry is an
-- array; an empty one is an object.
function json.encode (value)
  local kind = type (value)
  if kind == "string" then
    return quoted (value)
  elseif kind == "boolean" or math.type (value) == "integer" then
    return tostring (value)
  elseif kind == "number" then
    return of_float (value)
  elseif kind ~= "table" then
    error ("JSON: a " .. kind .. " cannot be written", 0)
  end
  local parts = {}
  if value[1] ~= nil then
    for _, entry in ipairs (value) do
      parts[#parts + 1] = json.encode (entry)
    end
    return "[" .. table.concat (parts, ",") .. "]"
  end
  local keys = {}
  for key in pairs (value) do
    keys[#keys + 1] = tostring (key)
  end
  table.sort (keys)
  for _, key in ipairs (keys) do
    parts[#parts + 1] = quoted (key) .. ":" .. json.encode (value[key])
  end
  return "{" .. table.concat (parts, ",") .. "}"
end

return json
