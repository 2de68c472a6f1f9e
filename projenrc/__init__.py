"""What `.projenrc.py` generates, one module for each kind of file."""
