"""THE STEPS: what each shows and takes."""
