"""What moves in a notebook: sliders, networks, games."""
