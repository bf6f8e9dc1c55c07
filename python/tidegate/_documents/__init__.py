"""The parts of Document and DocumentArray that are written in Python, imported when first used."""
