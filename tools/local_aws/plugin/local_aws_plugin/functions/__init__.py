"""Lambda: code signing enforced, code run under AWS's runtime interface emulator."""

__all__: list[str] = []
