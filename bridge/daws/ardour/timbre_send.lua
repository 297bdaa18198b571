ardour {
  ["type"] = "EditorAction",
  name = "Timbre: Send Selected Regions",
  license = "GPLv3",
  author = "Timbre Bridge",
  description = [[Render the selected MIDI regions with Timbre Bridge; each comes back as audio on a new track, where it starts.]],
}

function factory () return function ()
  local folder = ARDOUR.LuaAPI.build_filename (ARDOUR.user_config_directory (-1), "scripts", "timbre-bridge")
  local main, problem = loadfile (ARDOUR.LuaAPI.build_filename (folder, "main.lua"))
  if main then
    main (folder).send ()
  else
    LuaDialog.Message ("Timbre Bridge", "The folder timbre-bridge must be beside Timbre's scripts:\n\n" .. problem,
      LuaDialog.MessageType.Error, LuaDialog.ButtonType.Close):run ()
  end
end end
