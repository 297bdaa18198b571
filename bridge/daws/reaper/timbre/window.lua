-- The small window: what is going on, how far it is, and the menu of presets.

local Window = {}

local WIDTH, HEIGHT, MARGIN = 460, 96, 14
local is_open = false

function Window.open()
  if is_open then return end
  gfx.init("Timbre Bridge", WIDTH, HEIGHT, 0)
  gfx.setfont(1, "Arial", 15)
  is_open = true
end

--- Draw a line of text, a smaller one below, and a bar (0–1, or nil for none).
-- Returns false once the user has closed the window or pressed Esc.
function Window.show(text, detail, fraction)
  if not is_open then return false end
  local key = gfx.getchar()
  if key == -1 or key == 27 then
    Window.close()
    return false
  end
  gfx.set(0.13, 0.13, 0.14, 1)
  gfx.rect(0, 0, gfx.w, gfx.h, 1)
  gfx.set(0.92, 0.92, 0.92, 1)
  gfx.x, gfx.y = MARGIN, MARGIN
  gfx.drawstr(text)
  gfx.set(0.62, 0.62, 0.64, 1)
  gfx.x, gfx.y = MARGIN, MARGIN + 24
  gfx.drawstr(detail)
  if fraction then
    local width = gfx.w - 2 * MARGIN
    gfx.set(0.26, 0.26, 0.28, 1)
    gfx.rect(MARGIN, MARGIN + 52, width, 10, 1)
    gfx.set(0.35, 0.68, 0.62, 1)
    gfx.rect(MARGIN, MARGIN + 52, math.floor(width * math.max(0, math.min(1, fraction))), 10, 1)
  end
  gfx.update()
  return true
end

function Window.close()
  if is_open then gfx.quit() end
  is_open = false
end

-- In a menu's text | parts the entries, and some first characters have a meaning.
local function entry(name)
  return (name:gsub("|", "/"):gsub("^([#!<>])", " %1"))
end

local KINDS = { { "audio", "Recordings" }, { "text", "Words" }, { "blend", "Blends" } }

--- Let the user choose among presets (each name, kind); nil if none is chosen.
function Window.choose_preset(presets, last)
  local entries, names = {}, {}
  local function add(text, name)
    entries[#entries + 1], names[#names + 1] = text, name
  end
  for _, preset in ipairs(presets) do
    if preset.name == last then add(entry(last) .. " (again)", last) end
  end
  for _, kind in ipairs(KINDS) do
    local of_kind = {}
    for _, preset in ipairs(presets) do
      if preset.kind == kind[1] then of_kind[#of_kind + 1] = preset.name end
    end
    table.sort(of_kind)
    if #of_kind > 0 then entries[#entries + 1] = ">" .. kind[2] end
    for index, name in ipairs(of_kind) do
      add((index == #of_kind and "<" or "") .. entry(name), name)
    end
  end
  add("Another, by its name…", false)
  gfx.x, gfx.y = MARGIN, MARGIN
  local chosen = names[gfx.showmenu(table.concat(entries, "|"))]
  if chosen ~= false then return chosen end
  local is_given, typed = reaper.GetUserInputs("Timbre Bridge", 1, "Preset,extrawidth=160", last)
  return is_given and typed ~= "" and typed or nil
end

return Window
