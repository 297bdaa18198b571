-- JSON, as much of it as the spool speaks: objects, arrays, strings, numbers, true, false, null.

local json = {}

local ESCAPES = { ['"'] = '\\"', ["\\"] = "\\\\", ["\b"] = "\\b", ["\f"] = "\\f",
                  ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t" }
local UNESCAPES = { b = "\b", f = "\f", n = "\n", r = "\r", t = "\t",
                    ['"'] = '"', ["\\"] = "\\", ["/"] = "/" }

local function quoted(text)
  -- REAPER's names may hold bytes that are no UTF-8 (old projects): no JSON reader takes those.
  if not utf8.len(text) then text = text:gsub("[\x80-\xff]", "?") end
  return '"' .. text:gsub('[%c"\\\127]', function(c)
    return ESCAPES[c] or ("\\u%04x"):format(c:byte())
  end) .. '"'
end

local function number(value)
  if value ~= value or value == math.huge or value == -math.huge then
    error("JSON has no number " .. tostring(value))
  end
  if math.type(value) == "integer" then return ("%d"):format(value) end
  -- A plug-in may have set a locale that writes 0,5.
  return (("%.9f"):format(value):gsub(",", "."))
end

--- A value as JSON. A table with a first element is an array, any other an object.
function json.encode(value)
  local kind = type(value)
  if kind == "string" then return quoted(value) end
  if kind == "number" then return number(value) end
  if kind == "boolean" then return tostring(value) end
  if kind ~= "table" then error("JSON has no " .. kind) end
  local parts = {}
  if value[1] ~= nil then
    for index, entry in ipairs(value) do parts[index] = json.encode(entry) end
    return "[" .. table.concat(parts, ",") .. "]"
  end
  for key, entry in pairs(value) do
    parts[#parts + 1] = quoted(key) .. ":" .. json.encode(entry)
  end
  return "{" .. table.concat(parts, ",") .. "}"
end

local value_at -- (text, position) -> value, next position

local function skip_space(text, at)
  return text:find("[^ \t\r\n]", at) or #text + 1
end

local function fail(at, what)
  error(("not JSON at byte %d: %s"):format(at, what), 0)
end

local function code_unit(text, at)
  local digits = text:match("^\\u(%x%x%x%x)", at)
  if not digits then fail(at, "a broken \\u") end
  return tonumber(digits, 16)
end

local function string_at(text, at)
  local parts = {}
  at = at + 1
  while true do
    local stop = text:find('["\\]', at)
    if not stop then fail(at, "a string without an end") end
    parts[#parts + 1] = text:sub(at, stop - 1)
    if text:sub(stop, stop) == '"' then return table.concat(parts), stop + 1 end
    local letter = text:sub(stop + 1, stop + 1)
    if letter == "u" then
      local unit = code_unit(text, stop)
      at = stop + 6
      if unit >= 0xD800 and unit < 0xDC00 then -- the first half of a pair
        local low = code_unit(text, at)
        unit = 0x10000 + (unit - 0xD800) * 0x400 + (low - 0xDC00)
        at = at + 6
      end
      parts[#parts + 1] = utf8.char(unit)
    else
      parts[#parts + 1] = UNESCAPES[letter] or fail(stop, "an unknown escape")
      at = stop + 2
    end
  end
end

local function array_at(text, at)
  local array = {}
  at = skip_space(text, at + 1)
  if text:sub(at, at) == "]" then return array, at + 1 end
  while true do
    array[#array + 1], at = value_at(text, at)
    at = skip_space(text, at)
    local mark = text:sub(at, at)
    if mark == "]" then return array, at + 1 end
    if mark ~= "," then fail(at, "no , in an array") end
    at = at + 1
  end
end

local function object_at(text, at)
  local object = {}
  at = skip_space(text, at + 1)
  if text:sub(at, at) == "}" then return object, at + 1 end
  while true do
    at = skip_space(text, at)
    if text:sub(at, at) ~= '"' then fail(at, "no name in an object") end
    local key
    key, at = string_at(text, at)
    at = skip_space(text, at)
    if text:sub(at, at) ~= ":" then fail(at, "no : in an object") end
    object[key], at = value_at(text, at + 1)
    at = skip_space(text, at)
    local mark = text:sub(at, at)
    if mark == "}" then return object, at + 1 end
    if mark ~= "," then fail(at, "no , in an object") end
    at = at + 1
  end
end

local WORDS = { ["true"] = true, ["false"] = false }

function value_at(text, at)
  at = skip_space(text, at)
  local mark = text:sub(at, at)
  if mark == '"' then return string_at(text, at) end
  if mark == "{" then return object_at(text, at) end
  if mark == "[" then return array_at(text, at) end
  local word = text:match("^%a+", at)
  if word == "null" then return nil, at + 4 end
  if WORDS[word] ~= nil then return WORDS[word], at + #word end
  local digits = text:match("^-?[%d.eE+-]+", at)
  if not (digits and tonumber(digits)) then fail(at, "no value") end
  return tonumber(digits), at + #digits
end

--- What JSON says; an error, with the place, if it is none. null becomes nil.
function json.decode(text)
  local value, at = value_at(text, 1)
  if skip_space(text, at) <= #text then fail(at, "something after the end") end
  return value
end

return json
