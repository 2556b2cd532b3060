from tests.fixtures.small_shop import shop

__all__ = ["shop"]
