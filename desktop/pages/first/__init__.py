"""The first page: from nothing to a sound, without reading."""

from desktop.pages.first.page import FirstPage

__all__ = ["FirstPage"]
