"""Ableton Live, through AbletonOSC: the selected clip out, its render back into Live.

Start at :class:`bridge.hosts.ableton.host.AbletonHost`. What is installed inside Live is in
``bridge/daws/ableton``.
"""
