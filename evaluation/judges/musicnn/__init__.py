"""musicnn: networks that tag music, in torch, with the published weights (Pons and Serra, 2019)."""
