"""DAWs on this machine, by :mod:`bridge.daw_install`."""

from __future__ import annotations

from collections.abc import Sequence

from desktop.services.interfaces import DawFound


class InstalledDaws:
    """A :class:`desktop.services.interfaces.DawService`."""

    def found(self) -> Sequence[DawFound]:
        """Every DAW that there are scripts for, those that are here first."""
        from bridge.daw_install.cli import STATES
        from bridge.daw_install.daws import DAWS
        from bridge.daw_install.installation import inspect
        from bridge.daw_install.user_environment import UserEnvironment

        environment = UserEnvironment.current()
        rows = []
        for daw in DAWS.values():
            for place in daw.find(environment):
                state = inspect(daw, place.folder).state
                may = state not in ("current", "changed")
                rows.append(DawFound(daw.name, place.daw, True, STATES[state], may))
            if not any(row.name == daw.name for row in rows):
                looked = f"not found ({daw.usual_folder(environment)})"
                rows.append(DawFound(daw.name, daw.title, False, looked, False))
        return sorted(rows, key=lambda row: not row.is_here)

    def install(self, name: str) -> Sequence[str]:
        """Put the scripts into every version of a DAW that is here; what to do next there.

        Raises:
            OutputError: if a folder cannot be written, or the user has changed what is there.
        """
        from bridge.daw_install.daws import DAWS
        from bridge.daw_install.installation import install
        from bridge.daw_install.user_environment import UserEnvironment

        daw = DAWS[name]
        steps: list[str] = []
        for place in daw.find(UserEnvironment.current()):
            install(daw, place.folder)
            steps = daw.next_steps(place.folder)
        return steps
