-- Tests of the parts of Ardour's scripts that need no Ardour; run by test_ardour_parts.py
-- under a plain Lua: lua ardour_parts.lua FOLDER SCRATCH.

local folder, scratch = arg[1], arg[2]

local function part (name)
  return assert (loadfile (folder .. "/" .. name .. ".lua")) ()
end

local json, places, score, memory = part ("json"), part ("places"), part ("score"), part ("memory")
local note_bends, bends = part ("note_bends"), part ("bends")
memory.use ({ json = json, places = places })
score.use ({ note_bends = note_bends })
bends.use ({ note_bends = note_bends })

local function same (found, expected, where)
  where = where or "value"
  if type (expected) ~= "table" or type (found) ~= "table" then
    if found ~= expected or math.type (found) ~= math.type (expected) then
      error (where .. " is " .. tostring (found) .. ", not " .. tostring (expected), 3)
    end
    return
  end
  for key, value in pairs (expected) do
    same (found[key], value, where .. "." .. tostring (key))
  end
  for key in pairs (found) do
    if expected[key] == nil then
      error (where .. " has a " .. tostring (key), 3)
    end
  end
end

local function fails (what, work, ...)
  local fine, problem = pcall (work, ...)
  if fine or not tostring (problem):find (what, 1, true) then
    error ("expected an error with '" .. what .. "', got " .. tostring (problem), 2)
  end
end

local tests = {}

function tests.json_reads_what_python_writes ()
  same (json.decode (' {"a": [1, -2.5e3, true, false, null, "x"], "b": {}, "c": ""} '),
    { a = { 1, -2500.0, true, false, nil, "x" }, b = {}, c = "" })
  same (json.decode ('"\\u00e9 \\ud83c\\udfb9 \\ud83c \\n\\"\\\\\\/ é"'), "é 🎹 \u{FFFD} \n\"\\/ é")
end

function tests.json_refuses_what_is_none ()
  for _, text in ipairs ({ "", "{", '{"a" 1}', "[1,]", '"x', '"\\q"', "1 2", "nil", "-", '{1:2}', "[1 2]" }) do
    fails ("JSON", json.decode, text)
  end
  fails ("deeply", json.decode, ("["):rep (1000))
end

function tests.json_comes_back_as_it_went ()
  local value = {
    jobs = { { id = "a-1", position = 123456789012, rate = 48000, part = 0.1, done = false }, { id = "ü\"\\\0\n" } },
    none = {},
  }
  same (json.decode (json.encode (value)), value)
  fails ("cannot be written", json.encode, { print })
  fails ("cannot be written", json.encode, { 0 / 0 })
end

function tests.beats_are_read_from_their_text ()
  for text, ticks in pairs ({ ["3:960"] = 6720, ["0:0"] = 0, ["-1:-480"] = -2400, ["0:-960"] = -960 }) do
    same (score.ticks (text), ticks)
  end
  fails ("BEATS:TICKS", score.ticks, "3.5")
  fails ("BEATS:TICKS", score.ticks, "b6720")
end

local function steady (ticks) -- 120 beats a minute at 48 kHz
  return math.floor (ticks * 12.5)
end

local function event (pitch, start_beats, beats, velocity)
  return { pitch = pitch, velocity = velocity or 100, start_ticks = 1920 * start_beats, length_ticks = 1920 * beats }
end

local function region (from_beat, beats)
  return { start_ticks = 1920 * from_beat, position_ticks = 1920 * 7 + 1, length_samples = 24000 * beats,
    sample_rate = 48000 }
end

function tests.notes_are_in_seconds_from_the_regions_start ()
  local notes, unheard = score.notes ({ event (64, 1, 1), event (60, 0, 2), event (55, 0, 1) }, region (0, 4), steady)
  same (unheard, 0)
  same (notes, {
    { pitch = 55, start_s = 0.0, duration_s = 0.5, velocity = 100 },
    { pitch = 60, start_s = 0.0, duration_s = 1.0, velocity = 100 },
    { pitch = 64, start_s = 0.5, duration_s = 0.5, velocity = 100 },
  })
end

function tests.a_cut_region_plays_what_begins_in_it_until_its_end ()
  local events = { event (60, 0, 3), event (61, 1, 1), event (62, 2.5, 4), event (63, 3, 1) }
  local notes, unheard = score.notes (events, region (1, 2), steady)
  same (unheard, 2) -- the one held from before, and the one at the end
  same (notes, {
    { pitch = 61, start_s = 0.0, duration_s = 0.5, velocity = 100 },
    { pitch = 62, start_s = 0.75, duration_s = 0.25, velocity = 100 },
  })
end

function tests.a_change_of_tempo_is_heard ()
  local function slower (ticks) -- half the tempo from beat 8 on
    return steady (ticks) + math.max (0, steady (ticks) - 192000)
  end
  local at_beat_7 = { start_ticks = 0, position_ticks = 1920 * 7, length_samples = 480000, sample_rate = 48000 }
  local notes = score.notes ({ event (60, 0, 2), event (61, 2, 1) }, at_beat_7, slower)
  same (notes[1].duration_s, 1.5)
  same (notes[2].start_s, 1.5)
  same (notes[2].duration_s, 1.0)
end

function tests.notes_keep_within_what_the_bridge_takes ()
  local notes = score.notes ({ event (60, 0, 0), event (61, 1, 1, 0), event (62, 2, 1, 200) }, region (0, 4), steady)
  same (notes[1].duration_s, 0.001)
  same (notes[2].velocity, 1)
  same (notes[3].velocity, 127)
  same ({ score.notes ({}, region (0, 4), steady) }, { {}, 0 })
end

function tests.a_clip_goes_out_in_messages_of_a_hundred_notes ()
  local notes = {}
  for index = 1, 201 do
    notes[index] = { pitch = index % 128, start_s = index / 8, duration_s = 0.125, velocity = 1 + index % 127 }
  end
  local messages = score.messages ("j", "Riff", notes, 30.5, "My preset")
  same (#messages, 6)
  same (messages[1], { "/timbre/1/clip/begin", "ssid", "j", "Riff", 201, 30.5 })
  same (messages[4], { "/timbre/1/clip/notes", "siiddi", "j", 200, 73, 25.125, 0.125, 75 })
  same (messages[5], { "/timbre/1/clip/end", "s", "j" })
  same (messages[6], { "/timbre/1/render", "sss", "j", "j", "My preset" })
  for index, message in ipairs (messages) do
    same (#message, 2 + #message[2], "message " .. index)
  end
end

-- A MIDI region as Ardour shows it to us: automation by kind, channel and number.
local function midi_region (controls)
  ARDOUR = { AutomationType = { MidiPitchBenderAutomation = 15, MidiCCAutomation = 13 } }
  Evoral = { InterpolationStyle = { Discrete = 0, Linear = 1 }, Parameter = function (kind, channel, number)
    return kind .. "/" .. channel .. "/" .. number
  end }
  return { control = function (_, key)
    local events = controls[key]
    return {
      isnil = function () return events == nil end,
      list = function ()
        return {
          interpolation = function () return events.line and 1 or 0 end,
          events = function ()
            return { iter = function ()
              local at = 0
              return function ()
                at = at + 1
                local event = events[at]
                return event and { when = { ticks = function () return event[1] end }, value = event[2] + 0.0 }
              end
            end }
          end,
        }
      end,
    }
  end }
end

function tests.a_channels_wheel_bends_by_its_range ()
  local midi = midi_region ({
    ["15/0/0"] = { { 0, 8192 }, { 960, 16383 }, { 1920, 0 } },
    ["13/0/101"] = { { 0, 0 } }, ["13/0/100"] = { { 0, 0 } }, ["13/0/6"] = { { 0, 12 } }, ["13/0/38"] = { { 0, 50 } },
    ["15/1/0"] = { { 0, 12288 }, { 960, 8192 }, line = true },
    ["13/2/6"] = { { 0, 12 } },
  })
  local wide, plain = bends.of_channel (midi, 0), bends.of_channel (midi, 1)
  same (wide[#wide][2], -12.5)
  same (wide[#wide][3], true)
  same (wide[#wide - 1][2], 12.5 * 8191 / 8192)
  same (plain, { { 0, 1.0, false }, { 960, 0.0, false } })
  same (bends.of_channel (midi, 2), {}) -- a range alone bends nothing
  same (bends.of_channel (midi, 3), {})
end

function tests.a_range_counts_from_where_it_is_set ()
  local midi = midi_region ({
    ["15/0/0"] = { { 0, 16383 }, { 1920, 0 } },
    ["13/0/101"] = { { 960, 0 } }, ["13/0/100"] = { { 960, 0 } }, ["13/0/6"] = { { 0, 7 }, { 960, 24 } },
  })
  local found = bends.of_channel (midi, 0)
  same ({ found[1][1], found[2][1], found[3][1] }, { 0, 960, 1920 })
  same (found[1][2], 2 * 8191 / 8192)
  same (found[2][2], 24 * 8191 / 8192)
  same (found[3][2], -24.0)
end

function tests.notes_take_their_channels_bend_along ()
  local up = { { 960, 1.0, true }, { 1440, 2.0, true }, { 1920, 0.0, true } }
  local bent, straight = event (60, 0, 2), event (62, 0, 2)
  bent.channel_bends = up
  local later = event (64, 1, 1)
  later.channel_bends = up
  local notes = score.notes ({ bent, straight, later }, region (0, 4), steady)
  same (notes[1].bend, { { 0.0, 0 }, { 0.245, 0 }, { 0.25, 1.0 }, { 0.37, 1.0 }, { 0.375, 2.0 }, { 0.495, 2.0 }, { 0.5, 0.0 } })
  same (notes[2].bend, nil)
  same (notes[3].bend, nil) -- the wheel is back
  local cut = event (60, 0, 2)
  cut.channel_bends = { { 0, 1.0, true } }
  same (score.notes ({ cut }, region (1, 4), steady)[1], nil)
end

function tests.bends_go_out_a_hundred_points_at_a_time ()
  local long = {}
  for index = 1, 101 do
    long[index] = { index / 100, 0.5 }
  end
  local notes = {
    { pitch = 60, start_s = 0.0, duration_s = 1.5, velocity = 90 },
    { pitch = 62, start_s = 0.0, duration_s = 1.5, velocity = 90, bend = long },
  }
  local messages = score.messages ("j", "Riff", notes, 2.0, "p")
  same (messages[1], { "/timbre/1/clip/begin", "ssidi", "j", "Riff", 2, 2.0, 101 })
  same (#messages, 6)
  same (messages[4], { "/timbre/1/clip/bend", "sidd", "j", 1, 1.01, 0.5 })
  same (#messages[3], 2 + #messages[3][2])
  same (messages[5][1], "/timbre/1/clip/end")
end

function tests.a_long_name_is_cut_between_letters ()
  local name = score.messages ("j", ("é"):rep (99) .. "aéé", {}, 1.0, "p")[1][4]
  same (name, ("é"):rep (99) .. "a")
  same (score.messages ("j", ("x"):rep (300), {}, 1.0, "p")[1][4], ("x"):rep (200))
end

function tests.the_bridges_folder_is_where_python_says ()
  local function env (values)
    return function (name)
      return values[name]
    end
  end
  same (places.data_dir (env ({ TIMBRE_HOME = " ~/x ", HOME = "/home/me" })), "/home/me/x")
  same (places.data_dir (env ({ TIMBRE_HOME = "/t", LOCALAPPDATA = "C:\\L" })), "/t")
  same (places.data_dir (env ({ TIMBRE_HOME = " ", LOCALAPPDATA = "C:\\L" })), "C:\\L\\timbre-bridge")
  print ("data_dir " .. places.data_dir (os.getenv))
end

function tests.files_are_written_whole_and_replaced ()
  local path = scratch .. "/file"
  same (places.read (path), nil)
  places.write (path, "one")
  places.write (path, "two\r\n\0")
  same (places.read (path), "two\r\n\0")
  same (places.read (path .. ".part"), nil)
  fails ("cannot write", places.write, scratch .. "/no/folder", "")
end

function tests.a_job_is_claimed_once_and_its_batch_shares_a_track ()
  local path = scratch .. "/memory"
  same (memory.read (path), { jobs = {}, track_presets = {} })
  memory.change (path, function (told)
    told.preset = "Flute"
    told.track_presets["9"] = "Bass"
    for number, track in ipairs ({ "9", "9", "8" }) do
      told.jobs[number] = { id = "b-" .. number, batch = "b", track_id = track }
    end
  end)
  local told = memory.read (path)
  same (memory.preset (told, "9"), "Bass")
  same (memory.preset (told, "7"), "Flute")
  local job = memory.claim (path, "b-1")
  same (job.id, "b-1")
  same (memory.claim (path, "b-1"), nil)
  memory.share_target (path, job, "77")
  local jobs = memory.read (path).jobs
  same ({ #jobs, jobs[1].target, jobs[2].target }, { 2, "77", nil })
  places.write (path, "{damaged")
  same (memory.read (path), { jobs = {}, track_presets = {} })
end

local names = {}
for name in pairs (tests) do
  names[#names + 1] = name
end
table.sort (names)
for _, name in ipairs (names) do
  local fine, problem = xpcall (tests[name], debug.traceback)
  print (fine and "ok" or "failed", name)
  if not fine then
    print (problem)
    os.exit (1)
  end
end
print (#names .. " tests")
