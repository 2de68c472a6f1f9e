"""Changes by anybody but the pipeline: reported, and on request stopped."""
