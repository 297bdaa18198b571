ardour {
  ["type"] = "EditorHook",
  name = "Timbre: Import Renders As They Finish",
  license = "GPLv3",
  author = "Timbre Bridge",
  description = [[Put each render of Timbre Bridge where it belongs, as soon as it is finished.]],
}

function signals ()
  return LuaSignal.Set ():add ({ [LuaSignal.LuaTimerDS] = true })
end

function factory ()
  local watch
  return function (signal)
    if signal ~= LuaSignal.LuaTimerDS then
      return
    end
    if not watch then
      local folder = ARDOUR.LuaAPI.build_filename (ARDOUR.user_config_directory (-1), "scripts", "timbre-bridge")
      local main, problem = loadfile (ARDOUR.LuaAPI.build_filename (folder, "main.lua"))
      if main then
        watch = main (folder).watcher ()
      else
        watch = function () end
        LuaDialog.Message ("Timbre Bridge", "The folder timbre-bridge must be beside Timbre's scripts:\n\n" .. problem,
          LuaDialog.MessageType.Error, LuaDialog.ButtonType.Close):run ()
      end
    end
    watch ()
  end
end
