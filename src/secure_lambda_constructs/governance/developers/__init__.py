"""What the developers' boundary leaves open, and the statements it is written as."""
