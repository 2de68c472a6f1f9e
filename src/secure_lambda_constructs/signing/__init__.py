"""Code signing: the baseline, signed code, and the program that signs."""
