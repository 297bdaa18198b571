-- ReaScript: Timbre Bridge: render selected MIDI items
--
-- Sends the selected MIDI items to `timbre serve --spool FOLDER`, and puts each render on a new
-- track, where its item stands, as one undo step. REAPER goes on working meanwhile: everything
-- here happens in short steps (reaper.defer), and closing the small window cancels.
-- README.md says how to install it and what to do when nothing happens.

TIMBRE = { folder = select(2, reaper.get_action_context()):match("^(.*[/\\])") }

function TIMBRE.load(name)
  local separator = TIMBRE.folder:sub(-1)
  local path = TIMBRE.folder .. "timbre" .. separator .. name .. ".lua"
  local shared = TIMBRE.folder .. ".." .. separator .. "shared" .. separator .. name .. ".lua"
  -- Some parts are one file for every DAW: there, if they were not installed with the rest.
  if not reaper.file_exists(path) and reaper.file_exists(shared) then path = shared end
  return dofile(path)
end

local Spool, Clips = TIMBRE.load("spool"), TIMBRE.load("clips")
local Tracks, Window = TIMBRE.load("tracks"), TIMBRE.load("window")

local LOOK_EVERY_S = 0.15
local SILENT_AFTER_S = 2.0 -- unread this long, a request waits for a program that is not there
local CHECK_AFTER_S = 10.0 -- no news of a job for this long: see whether anybody is there
local CANCEL_WITHIN_S = 5.0

local again = TIMBRE_AGAIN
TIMBRE_AGAIN = nil -- a global lives on into the next action of REAPER's
local spool, project, preset, clips
local jobs = {} -- each: id, clip, state, fraction, stage, notes_shown, path, message, changed_at, taken
local question -- an id the spool was asked for presets under, and when: id, asked_at
local step -- what to do next time
local looked_at = 0
local told_command = false

local function say(text)
  reaper.ShowConsoleMsg("Timbre Bridge: " .. text .. "\n")
end

local function alert(text)
  Window.close()
  reaper.ShowMessageBox(text, "Timbre Bridge", 0)
end

-- Show that nobody answers, and how to change that; the window stays, and so does the request.
local function show_silence(doing)
  if not told_command then
    told_command = true
    say("nothing answers yet. Start the bridge in a terminal (it loads for some seconds), or " ..
        "leave it if it is starting:\n\n    " .. spool:command() .. "\n")
  end
  return Window.show(doing .. ": timbre serve does not answer",
                     "Start it as the console says; this goes on by itself. Esc: give up")
end

local function ask_presets()
  question = { id = Spool.new_id(), asked_at = reaper.time_precise() }
  return spool:ask(question.id, { presets = "" })
end

local function is_over(job)
  return job.state == "done" or job.state == "failed"
end

local function look_at(job, now)
  job.taken = job.taken or spool:is_taken(job.id)
  local result = spool:result(job.id)
  if not result then return end
  local fraction, stage = result.fraction or 0, result.stage
  -- A remark for scripts older than this one: here it comes in notes.
  if stage and stage:match("^note: ") then stage = job.stage or "starting" end
  if result.state ~= job.state or fraction ~= job.fraction or stage ~= job.stage then
    job.changed_at, question = now, nil
  end
  job.state, job.fraction, job.stage = result.state, fraction, stage
  for number = job.notes_shown + 1, #(result.notes or {}) do
    say(job.clip.name .. ": " .. result.notes[number])
    job.notes_shown = number
  end
  if result.state == "done" then job.path = result.takes[1].path end
  if result.state == "failed" then job.code, job.message = result.code, result.message end
  if is_over(job) then spool:forget(job.id) end
end

-- What became of the jobs, into the project and before the user's eyes.
local function finish()
  local renders, troubles = {}, {}
  for _, job in ipairs(jobs) do
    if job.path then
      renders[#renders + 1] = { clip = job.clip, path = job.path, preset = preset }
    elseif job.code ~= "cancelled" then
      troubles[#troubles + 1] = job.clip.name .. ": " .. (job.message or "no answer")
    end
  end
  Window.close()
  jobs = {}
  if #renders > 0 then
    for _, trouble in ipairs(Tracks.place(project, renders)) do
      troubles[#troubles + 1] = trouble
    end
  end
  if #troubles > 0 then alert(table.concat(troubles, "\n")) end
end

-- Ask for a job to be stopped as soon as its request has been read; true once it is over.
local function cancel(job, now)
  if is_over(job) then return true end
  look_at(job, now)
  if is_over(job) then return true end
  if not job.taken then
    spool:forget(job.id) -- nobody has read it, and nobody will
    job.state, job.code = "failed", "cancelled"
    return true
  end
  if not job.cancel_asked then
    job.cancel_asked = spool:ask(job.id, { client = "reaper", cancel = true })
  end
  return false
end

local function wait_cancelled()
  local now, all_over = reaper.time_precise(), true
  for _, job in ipairs(jobs) do all_over = cancel(job, now) and all_over end
  if all_over or now - looked_at > CANCEL_WITHIN_S then
    jobs = {}
    return nil
  end
  return wait_cancelled
end

local function progress(now)
  local over, sum, stage = 0, 0, "queued"
  local waits = false
  for _, job in ipairs(jobs) do
    over = over + (is_over(job) and 1 or 0)
    sum = sum + (is_over(job) and 1 or job.fraction)
    if job.state == "running" then stage = job.stage or stage end
    waits = waits or not job.taken and now - job.changed_at > SILENT_AFTER_S
    if not is_over(job) and job.taken and now - job.changed_at > CHECK_AFTER_S and not question then
      ask_presets()
    end
  end
  if question and now - question.asked_at > SILENT_AFTER_S then
    if spool:is_taken(question.id) then
      spool:forget(question.id)
      question = nil
      for _, job in ipairs(jobs) do job.changed_at = now end -- alive, and busy
    else
      waits = true
    end
  end
  if waits then return show_silence("Rendering") end
  return Window.show(("%s: %d of %d item(s) done"):format(preset, over, #jobs),
                     stage .. "   (Esc or closing this window cancels)", sum / #jobs)
end

local function wait_rendered()
  local now = reaper.time_precise()
  if now - looked_at > LOOK_EVERY_S then
    looked_at = now
    local open = 0
    for _, job in ipairs(jobs) do
      if not is_over(job) then look_at(job, now) end
      open = open + (is_over(job) and 0 or 1)
    end
    if open == 0 then return finish() end
  end
  if progress(now) then return wait_rendered end
  looked_at = now
  if question then spool:forget(question.id) end
  return wait_cancelled
end

local function send()
  local now = reaper.time_precise()
  for _, clip in ipairs(clips) do
    local job = { id = Spool.new_id(), clip = clip, fraction = 0, changed_at = now, notes_shown = 0 }
    local is_asked, reason = spool:ask(job.id, {
      client = "reaper", preset = preset,
      clip = { name = clip.name, length_s = clip.length_s, notes = clip.notes },
    })
    if not is_asked then
      alert(("The request cannot be written to %s (%s)."):format(spool.folder, reason))
      looked_at = now
      return wait_cancelled
    end
    jobs[#jobs + 1] = job
  end
  return wait_rendered
end

local function choose(result)
  if result.state ~= "presets" then return alert(result.message or "No presets came.") end
  preset = Window.choose_preset(result.presets, reaper.GetExtState("timbre_bridge", "preset"))
  if not preset then return Window.close() end
  reaper.SetExtState("timbre_bridge", "preset", preset, true)
  return send()
end

local function wait_presets()
  local now = reaper.time_precise()
  if now - looked_at > LOOK_EVERY_S then
    looked_at = now
    local result = spool:result(question.id)
    if result then
      spool:forget(question.id)
      question = nil
      return choose(result)
    end
  end
  local stays
  if now - question.asked_at > SILENT_AFTER_S then
    stays = show_silence("Presets")
  else
    stays = Window.show("Asking for presets", "")
  end
  if stays then return wait_presets end
  spool:forget(question.id)
end

local function begin()
  local remarks
  clips, remarks = Clips.selected()
  for _, remark in ipairs(remarks) do say(remark) end
  if #clips == 0 then
    local why = #remarks > 0 and "\n\n" .. table.concat(remarks, "\n") or ""
    return alert("Select one or more MIDI items with notes, then run this again." .. why)
  end
  local problem
  spool, problem = Spool.open(Spool.default_folder())
  if not spool then return alert(problem) end
  project = reaper.EnumProjects(-1)
  Window.open()
  preset = reaper.GetExtState("timbre_bridge", "preset")
  if again and preset ~= "" then return send() end
  local is_asked, reason = ask_presets()
  if not is_asked then
    return alert(("The request cannot be written to %s (%s)."):format(spool.folder, reason))
  end
  return wait_presets
end

local function run()
  step = step()
  if step then reaper.defer(run) end
end

reaper.atexit(function() -- also when the user ends the script: no job is left behind
  if step == nil then return end
  if question then spool:forget(question.id) end
  for _, job in ipairs(jobs) do cancel(job, reaper.time_precise()) end
  Window.close()
end)

step = begin
run()
