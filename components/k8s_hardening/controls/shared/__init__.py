"""What several controls read or say alike; no control stands here."""
