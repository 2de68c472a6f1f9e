NAME = "vendor"
