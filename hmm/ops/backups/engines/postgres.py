"""PostgreSQL: COPY in one snapshot, restored into a schema of its own that then takes the place of the old one.

`pg_dump` would have to be there and no older than the server; COPY's text form is read by every version.
The tables are made by the product's own migrations, up to those the backup had.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader

from hmm.ops.backups.archive import Archive, ArchiveWriter
from hmm.ops.backups.engines.base import turned_to
from hmm.ops.backups.errors import DamagedError, RefusedError
from hmm.ops.backups.manifest import Contents, compare

TRIAL, BEFORE = "hmm_trial", "hmm_before"
COLUMNS = """
SELECT c.relname, array_agg(a.attname ORDER BY a.attnum)
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r'
  AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
GROUP BY c.relname ORDER BY c.relname
"""
SEQUENCES = """
SELECT t.relname, a.attname, n.nspname, s.relname
FROM pg_class s JOIN pg_depend d ON d.objid = s.oid AND d.deptype IN ('a', 'i') AND d.classid = 'pg_class'::regclass
JOIN pg_class t ON t.oid = d.refobjid JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = d.refobjsubid
JOIN pg_namespace n ON n.oid = s.relnamespace
WHERE s.relkind = 'S' AND t.relnamespace = current_schema()::regnamespace
"""
LINKS = """
SELECT t.relname, c.conname, pg_get_constraintdef(c.oid) FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid
WHERE c.contype = 'f' AND t.relnamespace = current_schema()::regnamespace
"""


class PostgresEngine:
    """The tables of an installation in the schema its user writes to; those of others are left alone."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._settings = settings

    def size_bytes(self) -> int:
        with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
            cursor.execute("SELECT pg_database_size(current_database())")
            return int(cursor.fetchone()[0])

    def is_empty(self) -> bool:
        return not our_tables(connections[DEFAULT_DB_ALIAS])

    def dump(self, writer: ArchiveWriter) -> Contents:
        with turned_to(self._settings) as connection, connection.cursor() as cursor:
            cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            columns = our_tables(connection)
            rows = {}
            for table, names in columns.items():
                words = copy(table, names, "TO STDOUT")
                with (
                    writer.member(member_of(table)) as write,
                    connection.wrap_database_errors,
                    cursor.copy(words) as stream,
                ):
                    for chunk in stream:
                        write(bytes(chunk))
                rows[table] = int(cursor.rowcount)
            contents = Contents(
                rows=rows,
                columns=columns,
                migrations=migrations_in(cursor, rows),
                sequences=sequences_in(cursor, columns),
                engine_version=str(connection.pg_version),  # type: ignore[attr-defined]  # PostgreSQL's has it
            )
            cursor.execute("ROLLBACK")
        return contents

    def load(self, archive: Archive, *, stays: bool = False) -> None:
        self.drop_trial()
        usual = connections[DEFAULT_DB_ALIAS]
        with usual.cursor() as cursor, may_make_schemas():
            cursor.execute(f"CREATE SCHEMA {TRIAL}")
        links = None if stays else copy_tables(usual, archive.manifest.contents)
        with self.trial() as connection:
            if links is not None:
                with transaction.atomic(), connection.cursor() as cursor:
                    for link in links:
                        cursor.execute(link)
            else:
                make_tables(connection, archive.manifest.contents.migrations)
            try:
                with transaction.atomic():
                    fill(connection, archive)
            except DatabaseError as error:
                words = str(error).strip().splitlines()[0]
                raise DamagedError(f"The backup cannot be restored: {words}.") from error
            with connection.cursor() as cursor:
                compare(archive.manifest, counted(cursor, tables_of(connection)))

    @contextmanager
    def trial(self) -> Iterator[BaseDatabaseWrapper]:
        options = dict(self._settings.get("OPTIONS", {}))
        # The transaction that makes a trial the database brings to the disk what came before it, too.
        asked = f"-c search_path={TRIAL} -c synchronous_commit=off"
        options["options"] = f"{options.get('options', '')} {asked}".strip()
        with turned_to({**self._settings, "OPTIONS": options}) as connection:
            yield connection

    def swap(self, keep: Path | None) -> None:  # noqa: ARG002  # a server keeps no files of ours
        """One transaction: whoever looks sees the old tables or the new ones."""
        connection = connections[DEFAULT_DB_ALIAS]
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT current_schema()")
            place = connection.ops.quote_name(cursor.fetchone()[0])
            cursor.execute(f"DROP SCHEMA IF EXISTS {BEFORE} CASCADE")
            cursor.execute(f"CREATE SCHEMA {BEFORE}")
            for table in our_tables(connection):
                cursor.execute(f"ALTER TABLE {place}.{quoted(table)} SET SCHEMA {BEFORE}")
            cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [TRIAL])
            for (table,) in cursor.fetchall():
                cursor.execute(f"ALTER TABLE {TRIAL}.{quoted(table)} SET SCHEMA {place}")
        self.drop_trial()

    def drop_trial(self) -> None:
        with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
            cursor.execute(f"DROP SCHEMA IF EXISTS {TRIAL} CASCADE")
            cursor.execute(f"DROP SCHEMA IF EXISTS {BEFORE} CASCADE")

    def empty(self) -> None:
        connection = connections[DEFAULT_DB_ALIAS]
        with transaction.atomic(), connection.cursor() as cursor:
            for table in our_tables(connection):
                cursor.execute(f"DROP TABLE {quoted(table)} CASCADE")


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def member_of(table: str) -> str:
    return f"tables/{table}.copy"


def copy(table: str, columns: list[str], way: str) -> str:
    return f"COPY {quoted(table)} ({', '.join(map(quoted, columns))}) {way}"


def tables_of(connection: BaseDatabaseWrapper) -> dict[str, list[str]]:
    """Return every table of the schema in use, each with its columns."""
    with connection.cursor() as cursor:
        cursor.execute(COLUMNS)
        return {str(table): [str(name) for name in names] for table, names in cursor.fetchall()}


def our_tables(connection: BaseDatabaseWrapper) -> dict[str, list[str]]:
    """Return those that this product made: a database may hold more."""
    ours = {*connection.introspection.django_table_names(include_views=False), "django_migrations"}
    return {table: names for table, names in tables_of(connection).items() if table in ours}


def migrations_in(cursor: Any, tables: Mapping[str, Any]) -> list[str]:
    if "django_migrations" not in tables:
        return []
    cursor.execute("SELECT app || '.' || name FROM django_migrations ORDER BY id")
    return [str(row[0]) for row in cursor.fetchall()]


def sequences_in(cursor: Any, tables: Mapping[str, Any]) -> dict[str, tuple[str, int, bool]]:
    cursor.execute(SEQUENCES)
    found = {}
    for table, column, schema, name in cursor.fetchall():
        if table in tables:
            cursor.execute(f"SELECT last_value, is_called FROM {quoted(schema)}.{quoted(name)}")  # noqa: S608
            last, was_used = cursor.fetchone()
            found[str(table)] = (str(column), int(last), bool(was_used))
    return found


def counted(cursor: Any, tables: Mapping[str, Any]) -> Contents:
    rows = {}
    for table in tables:
        cursor.execute(f"SELECT count(*) FROM {quoted(table)}")  # noqa: S608  # its own tables
        rows[table] = int(cursor.fetchone()[0])
    return Contents(rows=rows, migrations=migrations_in(cursor, rows))


def copy_tables(connection: BaseDatabaseWrapper, contents: Contents) -> list[str] | None:
    """Make empty tables like those in use where the backup is of the same version; return what links them, else None.

    Migrating takes seconds of one processor, too long for each day. Indexes get other names this way, so what is
    to stay is migrated.
    """
    tables = our_tables(connection)
    with transaction.atomic(), connection.cursor() as cursor:
        if set(migrations_in(cursor, tables)) != set(contents.migrations) or set(tables) != set(contents.rows):
            return None
        for table in tables:
            cursor.execute(f"CREATE TABLE {TRIAL}.{quoted(table)} (LIKE {quoted(table)} INCLUDING ALL)")
        cursor.execute(LINKS)
        return [
            f"ALTER TABLE {quoted(table)} ADD CONSTRAINT {quoted(name)} {words}"
            for table, name, words in cursor.fetchall()
            if table in tables
        ]


def make_tables(connection: BaseDatabaseWrapper, migrations: list[str]) -> None:
    """Migrate an empty schema to where the backup was."""
    wanted = {(app, name) for app, _point, name in (text.partition(".") for text in migrations)}
    graph = MigrationLoader(connection).graph
    last = [
        node
        for node in wanted & set(graph.nodes)
        if not any(child.key in wanted and child.key[0] == node[0] for child in graph.node_map[node].children)
    ]
    MigrationExecutor(connection).migrate(sorted(last))


def fill(connection: BaseDatabaseWrapper, archive: Archive) -> None:
    """Bring the rows in. What points to a row that comes later is looked at when all are there."""
    contents = archive.manifest.contents
    missing = sorted(set(contents.rows) - set(tables_of(connection)))
    if missing:
        raise DamagedError(f"The backup has a table {missing[0]} that its own version did not make.")
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        if contents.rows:
            cursor.execute(f"TRUNCATE {', '.join(map(quoted, contents.rows))} CASCADE")
        for table in contents.rows:
            words = copy(table, contents.columns[table], "FROM STDIN")
            with connection.wrap_database_errors, cursor.copy(words) as stream:
                for chunk in archive.chunks(member_of(table)):
                    stream.write(chunk)
        for table, (column, last, was_used) in contents.sequences.items():
            cursor.execute(
                "SELECT setval(pg_get_serial_sequence(%s, %s), %s, %s)", [quoted(table), column, last, was_used]
            )


@contextmanager
def may_make_schemas() -> Iterator[None]:
    try:
        yield
    except DatabaseError as error:
        if "permission denied" not in str(error):
            raise
        raise RefusedError(
            "The database user may not make a schema, in which each backup is restored for proof."
            " As the database's owner: GRANT CREATE ON DATABASE the-database TO the-user."
        ) from error
