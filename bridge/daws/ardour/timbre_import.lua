ardour {
  ["type"] = "EditorAction",
  name = "Timbre: Import Finished Renders",
  license = "GPLv3",
  author = "Timbre Bridge",
  description = [[Put renders that are finished where they belong, and say how far the others are.]],
}

function factory () return function ()
  local folder = ARDOUR.LuaAPI.build_filename (ARDOUR.user_config_directory (-1), "scripts", "timbre-bridge")
  local main, problem = loadfile (ARDOUR.LuaAPI.build_filename (folder, "main.lua"))
  if main then
    main (folder).import ()
  else
    LuaDialog.Message ("Timbre Bridge", "The folder timbre-bridge must be beside Timbre's scripts:\n\n" .. problem,
      LuaDialog.MessageType.Error, LuaDialog.ButtonType.Close):run ()
  end
end end
