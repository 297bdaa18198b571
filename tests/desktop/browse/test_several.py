"""Several presets at once: the clip in all of them, or a blind test of them."""

from __future__ import annotations

from tests.desktop.browse.conftest import Stage


def test_several_presets_are_compared_blind(stage: Stage) -> None:
    wanted: list[list[str]] = []
    stage.page.blind_wanted.connect(wanted.append)
    stage.select(2)
    actions = stage.page.actions_by_name
    assert not actions["browse.blind"].isEnabled()
    assert actions["browse.blind"].statusTip() == "select two presets or more first"
    assert actions["browse.render"].text() == "Render the clip in it"
    stage.select(2, 3)
    assert actions["browse.render"].text() == "Render the clip in these …"
    stage.do("blind")
    model = stage.page._model
    assert wanted == [[model.preset(2).id, model.preset(3).id]]  # type: ignore[union-attr]
