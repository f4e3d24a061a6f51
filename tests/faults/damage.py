"""Damaged and foreign files where a sweep reads: each is named in a line, set aside, never trusted; the rest goes on."""

import contextlib
import random
import shutil
import sqlite3

import pyarrow as pa
import pyarrow.parquet as pq

from faults import children
from faults.page import Row
from nnexp import config, pipeline
from nnexp.frames import frame
from nnexp.records import Records

TITLE = "Damaged and foreign files"
MUST = (
    "named in one line, set aside and kept to the byte; what it held is made again, with the same bits; the rest stays"
)

SERIAL = {"backend": {"where": "serial"}, "tracking": {"store": "none"}, "steps": 50, "seeds": 4, "curve_points": 5}


class Listening(pipeline.Silence):
    """A watcher that keeps what it is told."""

    def __init__(self):
        self.aside, self.lines = [], []

    def set_aside(self, files):
        self.aside += [file for file in files if file not in self.aside]

    def not_tracked(self, why):
        self.lines.append(why)


def carry(root, **changed):
    """A small sweep carried through in this process; gives what came of it, and what was said."""
    heard, wanted = Listening(), children.asked(root, **{**SERIAL, **changed})
    return pipeline.run(config.check(wanted), config=wanted, watcher=heard), heard


def bits(root):
    """A sweep's runs and verdicts, as they are on record."""
    kept = Records(root)
    return frame(kept, sorted(kept.sweep("disturbed").runs)).drop(columns="seconds")


def truncated(file):
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def empty(file):
    file.write_bytes(b"")


def text(file):
    file.write_text("run,J\na,1\n")


def foreign(file):
    pq.write_table(pa.table({"x": [1.0, 2.0]}), file)


def other_types(file):
    rows = pq.read_table(file)
    place = rows.schema.names.index("run")
    pq.write_table(
        rows.set_column(place, pa.field("run", pa.large_string()), rows["run"].cast(pa.large_string())), file
    )


def older(file):
    rows = pq.read_table(file)
    pq.write_table(rows.replace_schema_metadata({key: b"1" for key in rows.schema.metadata if b"nnexp" in key}), file)


def flipped(file):
    """A bit of the numbers themselves."""
    content = bytearray(file.read_bytes())
    column = (
        pq.read_metadata(file)
        .row_group(0)
        .column(pq.read_schema(file).names.index("J" if b"curve_J" in content else "moved"))
    )
    content[column.data_page_offset + column.total_compressed_size - 8] ^= 0x10
    file.write_bytes(content)


def a_folder(file):
    file.unlink()
    file.mkdir()
    (file / "inside").write_text("kept")


def not_json(file):
    file.write_text('{"id": "abc", ')


def other_json(file):
    file.write_text('["a", "list"]')


def other_fields(file):
    file.write_text('{"id": 1, "name": "a", "question": "", "created": "", "config": [], "runs": "abc"}')


TABLES = (truncated, empty, text, foreign, other_types, flipped, a_folder)
CASES = [
    *(("records", "*.parquet", "record file", damage) for damage in (*TABLES, older)),
    *(("judgements", "*.parquet", "judgement file", damage) for damage in TABLES),
    *(
        ("sweeps", "*.json", "sweep's file", damage)
        for damage in (truncated, empty, not_json, other_json, other_fields)
    ),
]
"""Folder, files, what they are, and what is done to one of them."""


def kept(path):
    """The content of a file, or of the files in a folder."""
    return {each.name: each.read_bytes() for each in path.iterdir()} if path.is_dir() else path.read_bytes()


def damaged(root, folder, pattern, damage, times=2):
    """Damage a file of a finished sweep, have the same sweep again, and once more so; fails where something does not hold."""
    carry(root)
    whole = bits(root)
    seen, files = [], {file.name for file in (root / folder).glob(pattern)}
    for _ in range(times):
        file = sorted((root / folder).glob(pattern))[0]
        rest = {each: kept(each) for each in (root / folder).iterdir() if each != file}
        damage(file)
        content = kept(file)
        _, heard = carry(root)
        (aside,) = heard.aside
        assert (kept(aside.file), aside.was) == (content, file), "it was not set aside as it is"
        assert str(file) in str(aside), "it is not named"
        assert "\n" not in str(aside), "it is named in several lines"
        assert all(kept(each) == was for each, was in rest.items()), "something else was changed"
        assert {each.name for each in (root / folder).glob(pattern)} == files, "it was not made again"
        children.pd.testing.assert_frame_equal(bits(root), whole, check_exact=True)
        seen.append(aside)
    return seen


def a_flipped_bit(root, times, seed):
    """Flip a bit anywhere in a record file, many times; gives how often that was found out, did nothing, or went unseen."""
    carry(root)
    (file, *_) = sorted((root / "records").glob("*.parquet"))
    content, draw, found = file.read_bytes(), random.Random(seed), {"found": 0, "harmless": 0, "unseen": 0}
    alone = Records(root / "alone")
    alone.folder.mkdir(parents=True)
    (alone.folder / file.name).write_bytes(content)
    whole = _bytes(alone.read())
    for _ in range(times):
        changed = bytearray(content)
        changed[draw.randrange(len(content))] ^= 1 << draw.randrange(8)
        (alone.folder / file.name).write_bytes(changed)
        rows = alone.read()
        what = "found" if not rows.num_rows else "harmless" if _bytes(rows) == whole else "unseen"
        found[what] += 1
        for aside in alone.folder.glob("*.damaged"):
            aside.unlink()
    return found


def _bytes(rows):
    """What a table holds, to the bit; NaN equals itself so."""
    return [None if b is None else b.to_pybytes() for column in rows.columns for b in column.combine_chunks().buffers()]


def no_database(file):
    file.write_bytes(b"this is no database " * 200)


def half_a_database(file):
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def zeroed_database(file):
    file.write_bytes(file.read_bytes()[:16384] + bytes(file.stat().st_size - 16384))


def older_database(file):
    with contextlib.closing(sqlite3.connect(file)) as database:
        database.execute("update alembic_version set version_num = '90e64c465722'")
        database.commit()


def other_database(file):
    file.unlink()
    with contextlib.closing(sqlite3.connect(file)) as database:
        database.execute("create table other (x)")
        database.commit()


STORES = {
    no_database: "is damaged",
    half_a_database: "is damaged",
    zeroed_database: "is damaged",
    older_database: "is of another version of MLflow",
    other_database: "is a database of something else",
}
"""What is done to MLflow's store, and how it is said."""


def damaged_store(root, shown, damage, again=True):
    """Damage MLflow's store of a sweep that lies at `shown`, and have more seeds; what was said of it.

    Unless not `again`, the store is then moved away, as the line says, and has to be written anew.
    """
    shutil.copytree(shown, root)
    file = root / "mlflow.db"
    with contextlib.closing(sqlite3.connect(file)) as database:
        database.execute("PRAGMA journal_mode=DELETE")
    damage(file)
    content = file.read_bytes()
    sweep = children.start(root, backend={"where": "serial"}, seeds=20)
    assert sweep.end() == 0, sweep.said
    (line,) = sweep.said.splitlines()
    assert file.read_bytes()[100:] == content[100:], "the damaged store was written to, and not only its header"
    assert len(frame(Records(root), Records(root).sweep("disturbed").runs)) == 2 * 20, "runs are missing"
    if not again:
        return line
    file.rename(file.with_suffix(".moved"))
    assert children.start(root, backend={"where": "serial"}, seeds=20).end() == 0
    counts = children.shown(root, Records(root).sweep("disturbed"))
    assert counts["run"] == 2 * 20, "the store was not written again"
    return line


def _held(do, *arguments):
    """What a scenario gives, and nothing wrong; or nothing, and what was wrong."""
    try:
        return do(*arguments), ""
    except AssertionError as error:
        return None, " ".join(str(error).split())[:200]


def rows(folder):
    """The long form."""
    for i, (where, pattern, what, damage) in enumerate(CASES):
        seen, wrong = _held(damaged, folder / f"{i}" / "runs", where, pattern, damage)
        named = str(seen[0]).split(";")[0].rpartition("/")[2] if seen else wrong
        yield Row(f"{what}: {damage.__name__.replace('_', ' ')}", 2, MUST, len(seen or ()), named)
    found = a_flipped_bit(folder / "bits", 4000, seed=1)
    seen = f"found {found['found']:,}, harmless {found['harmless']:,}, unseen {found['unseen']:,}"
    yield Row(
        "one bit of a record file flipped, anywhere", 4000, "found, or no number changed", 4000 - found["unseen"], seen
    )
    assert children.start(folder / "shown", backend={"where": "serial"}).end() == 0
    for damage, said in STORES.items():
        line, wrong = _held(damaged_store, folder / damage.__name__, folder / "shown", damage)
        must = "training ends well, a line says what to do, the store is left as it is; moved away, it is written again"
        shown = line.replace(f"{folder}/", "") if line else wrong
        yield Row(f"MLflow's store: {damage.__name__.replace('_', ' ')}", 1, must, int(said in (line or "")), shown)
