"""Outcry: the engine and app that live-auction marketplaces run on."""

__version__ = "0.1.0"
