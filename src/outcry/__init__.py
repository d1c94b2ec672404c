"""Outcry: the engine and app that live-auction marketplaces run on."""
