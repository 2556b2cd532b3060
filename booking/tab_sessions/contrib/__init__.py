"""What the library offers beside its core: people who log in, binding, hand-over."""
