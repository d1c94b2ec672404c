"""Pictures of the sample world, drawn by code: no photograph, no font, no licence to ask for."""
