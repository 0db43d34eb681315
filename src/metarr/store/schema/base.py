"""What the tables have in common: how constraints are named, how rows are numbered and refer to each other."""

from __future__ import annotations

import sqlalchemy as sa

metadata = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    }
)

# 64 bits everywhere; SQLite only counts up by itself for the type INTEGER.
Id = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def own_id() -> sa.Column[int]:
    return sa.Column("id", Id, primary_key=True)


def ref(name: str, table: str, *, cascade: bool, nullable: bool = False, index: bool = True) -> sa.Column[int]:
    rule = "CASCADE" if cascade else "SET NULL"
    return sa.Column(
        name, Id, sa.ForeignKey(f"{table}.id", ondelete=rule), nullable=nullable or not cascade, index=index
    )
