"""The window in the user's language.

Texts are English in the code, ``self.tr("text")`` in widgets and
:data:`desktop.translations.words.translate` elsewhere. ``python -m desktop.translations FILE``
collects them for translators; ``timbre_LANGUAGE.qm`` in this folder is loaded at the start.
"""
