"""What runs while everybody else waits: it takes as long with a million rows as with none."""

from booking import migrate

METADATA = migrate.merged_metadata()


def test_every_foreign_key_has_an_index():
    """Or whoever deletes a row has the database search the whole table for what points to it."""
    keys = [(table, list(key.column_keys)) for table in METADATA.tables.values()
            for key in table.foreign_key_constraints]  # fmt: skip
    bare = [f"{table.name}: {columns}" for table, columns in keys if not is_indexed(table, columns)]
    assert keys
    assert not bare, "A migration gives each an index, or a wider one that begins with it."


def is_indexed(table, columns):
    kinds = [table.primary_key, *table.indexes]
    kinds += [each for each in table.constraints if each.__visit_name__ == "unique_constraint"]
    return any(
        [column.key for column in kind.columns][: len(columns)] == columns
        and condition_of(kind) in {"", f"{columns[0]} IS NOT NULL"}
        for kind in kinds
    )


def condition_of(kind):
    options = getattr(kind, "dialect_options", {})
    found = [options[name]["where"] for name in ("sqlite", "postgresql") if name in options]
    return " ".join({str(each) for each in found if each is not None})
