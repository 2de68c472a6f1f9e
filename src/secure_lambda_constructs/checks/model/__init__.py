"""What a cloud assembly would create, as plain values: templates, intrinsics, physical names."""
