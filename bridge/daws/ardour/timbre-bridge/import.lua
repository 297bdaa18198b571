-- Bring finished renders into the session, each exactly where its region starts.

local import = {}

local EVERY_CALLS = 5 -- the timer calls ten times a second
local ASK_EVERY_S = 5 -- the bridge may have been started anew, and know no more of us
local PATIENCE_S = 15

local link, memory, session

function import.use (parts)
  link, memory, session = parts.link, parts.memory, parts.session
end

local function rounded (number)
  return math.floor (number + 0.5)
end

-- Put a job's takes on a new track, or on the one that others of its batch went to.
local function bring_in (job, takes)
  local sample = rounded (job.position * Session:nominal_sample_rate () / job.sample_rate)
  for _, take in ipairs (takes) do
    if not ARDOUR.LuaAPI.file_test (take.path, ARDOUR.LuaAPI.FileTest.Exists) then
      error ("the file " .. take.path .. " is gone", 0)
    end
    local target = session.tracks ()[job.target or ""]
    local added = session.put (take.path, sample, target)
    if added then
      -- Ardour does not take a colon in a name.
      local name = (job.track .. " (" .. job.preset .. ")"):gsub (":", "-")
      session.tracks ()[added]:set_name (name)
      memory.share_target (session.memory_path (), job, added)
    end
    session.log (string.format ("imported %s at sample %d on %s", take.path, sample,
      session.tracks ()[added or job.target]:name ()))
  end
end

-- What a failed answer tells the user, in words of Ardour's menu.
local function why_failed (answer)
  if answer.code == "unknown_preset" then
    return "there is no such preset; pick another with Timbre: Choose Preset"
  elseif answer.code == "bad_request" then
    return tostring (answer.message) .. "; send the region again"
  end
  return answer.message
end

-- Take up what has ended; returns how many came in, the jobs still under way (with what is
-- known of each), and what went wrong.
local function collect ()
  local path = session.memory_path ()
  local arrived, waiting, problems = 0, {}, {}
  for _, listed in ipairs (memory.read (path).jobs) do
    local answer = link.answer (listed.id)
    local state = answer and answer.state
    if state == "done" or state == "failed" then
      -- Before anything is done: importing lets the timer tick, and an action may run.
      local job = memory.claim (path, listed.id)
      if job then
        local problem = why_failed (answer)
        if state == "done" then
          local fine, why = pcall (bring_in, job, answer.takes)
          problem = not fine and tostring (why) or nil
        end
        if problem then
          problems[#problems + 1] = job.region .. " in " .. job.preset .. ": " .. problem
          session.log ("failed: " .. problems[#problems])
        else
          arrived = arrived + 1
        end
        for _, note in ipairs (answer.notes or {}) do
          session.log (job.region .. " in " .. job.preset .. ": " .. note)
        end
        link.acknowledge (job.id)
      end
    else
      waiting[#waiting + 1] = { job = listed, answer = answer }
    end
  end
  return arrived, waiting, problems
end

-- Import what is finished, and say what is not.
function import.by_hand ()
  local ids = {}
  for _, job in ipairs (memory.read (session.memory_path ()).jobs) do
    ids[#ids + 1] = job.id
  end
  local runs = #ids == 0 or link.ask (ids)
  ARDOUR.LuaAPI.usleep (200000)
  local arrived, waiting, problems = collect ()
  local lines = {}
  for _, entry in ipairs (waiting) do
    local answer, how = entry.answer, "no answer yet"
    if answer and answer.state == "queued" then
      how = "waits for its turn, " .. answer.position .. " before it"
    elseif answer and answer.state == "running" then
      how = string.format ("%s, %d %%", answer.stage, rounded (100 * answer.fraction))
    end
    lines[#lines + 1] = entry.job.region .. " in " .. entry.job.preset .. ": " .. how
  end
  for _, problem in ipairs (problems) do
    lines[#lines + 1] = problem
  end
  if #waiting > 0 and not runs then
    lines[#lines + 1] = link.NOT_RUNNING
  end
  if #lines > 0 then
    session.say (table.concat (lines, "\n"))
  elseif arrived == 0 then
    session.say ("Nothing to import: every render that was asked for in this session is here.")
  end
end

-- A function to be called ten times a second: imports what is finished.
function import.watcher ()
  local calls, busy, asked_at, complained = 0, false, 0, {}
  local function look ()
    local _, waiting, problems = collect ()
    local now, late, unheard = os.time (), {}, false
    for _, entry in ipairs (waiting) do
      local age = now - entry.job.sent_at
      if age > ASK_EVERY_S then
        late[#late + 1] = entry.job.id
      end
      if not entry.answer and age > PATIENCE_S and not complained[entry.job.batch] then
        complained[entry.job.batch] = true
        unheard = true
      end
    end
    local runs = true
    if #late > 0 and (unheard or now - asked_at > ASK_EVERY_S) then
      runs, asked_at = link.ask (late), now
    end
    if unheard then
      problems[#problems + 1] = runs and link.SILENT or link.NOT_RUNNING
    end
    if #problems > 0 then
      session.say (table.concat (problems, "\n\n"))
    end
  end
  return function ()
    calls = calls + 1
    -- Importing and messages let the timer tick while they run.
    if busy or calls % EVERY_CALLS ~= 0 or Session:actively_recording () then
      return
    end
    busy = true
    local fine, problem = pcall (look)
    busy = false
    if not fine then
      error (problem, 0)
    end
  end
end

return import
