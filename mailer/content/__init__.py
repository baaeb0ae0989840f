"""Issue to bytes, pure: reading a file, checking it, rendering it once, composing each copy."""
