"""The ways out of a closed function: who would try them, and what decides whether they succeed."""
