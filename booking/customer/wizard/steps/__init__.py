"""THE STEPS: a module each, behind the interface of `base`: what it shows, takes and keeps."""
