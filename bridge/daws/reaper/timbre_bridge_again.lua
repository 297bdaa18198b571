-- ReaScript: Timbre Bridge: render selected MIDI items again
-- As timbre_bridge.lua, in the preset that was chosen last, without asking.

TIMBRE_AGAIN = true
dofile(select(2, reaper.get_action_context()):match("^(.*[/\\])") .. "timbre_bridge.lua")
