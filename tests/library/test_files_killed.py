from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import killing
from killing import AFTER, BEFORE, FOREIGN, House
from metarr.library.files import sweep_temporary
from metarr.store.disk import TEMPORARY_PREFIX

_STEPS = 20  # at the least: five files are opened, copied, synced and renamed


def test_killed_at_any_step_it_leaves_whole_files_only_and_the_next_run_does_the_rest(tmp_path: Path) -> None:
    subprocess.run([sys.executable, killing.__file__, str(tmp_path)], check=True, timeout=60)
    houses = sorted(tmp_path.iterdir())
    assert len(houses) > _STEPS
    for base in houses:
        house = House(base)
        found = _files(house)
        for name, data in found.items():
            if not Path(name).name.startswith(TEMPORARY_PREFIX):
                assert data in {BEFORE.get(name), AFTER.get(name), *_others(name)}, (
                    f"{name} is not whole in {base.name}"
                )
        if found["Heat.nfo"] != FOREIGN:
            kept = {path.read_bytes() for path in (base / "cache").rglob("*.nfo")}
            assert FOREIGN in kept, "what is replaced is in the cache before"
        for folder in (house.folder, house.folder / ".actors"):
            sweep_temporary(folder, older_than=timedelta())
        house.publish(AFTER)
        assert _files(house) == {**AFTER, "Heat.mkv": b"video"}
        assert house.plan(AFTER) == ()


def _files(house: House) -> dict[str, bytes]:
    return {
        str(path.relative_to(house.folder)): path.read_bytes() for path in house.folder.rglob("*") if path.is_file()
    }


def _others(name: str) -> set[bytes]:
    return {"Heat.mkv": {b"video"}, "Heat.nfo": {FOREIGN}}.get(name, set())
