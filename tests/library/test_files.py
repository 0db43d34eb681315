from __future__ import annotations

import dataclasses
import errno
import hashlib
import io
import os
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from metarr.errors import InvalidInput, NotFound, Permanent, Transient, Wait
from metarr.library.files import Applied, Permissions, apply, sweep_temporary
from metarr.library.observing import observe
from metarr.library.reconcile import Action, Desired, Operation, Rules, plan
from metarr.model.artwork import BlobOrigin
from metarr.model.published import Owned, Purpose
from metarr.store.blobs import Blobs
from metarr.store.disk import Disk

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NFO = b"<movie><title>Heat</title></movie>"
OPEN = Rules(confirmed=True, replace_foreign=True)
STEPS = ["open", "copy", "fsync", "rename"]


def picture(color: str = "red", kind: str = "JPEG") -> bytes:
    buffer = io.BytesIO()
    Image.effect_noise((200, 300), 90).convert("RGB").save(buffer, kind) if color == "noise" else Image.new(
        "RGB", (200, 300), color
    ).save(buffer, kind)
    return buffer.getvalue()


def failing(step: str, number: int, after: int = 0) -> Disk:
    """A disk whose call fails, once it worked `after` times."""
    calls = 0
    real: Callable[..., Any] = getattr(Disk(), step)

    def fail(*arguments: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls > after:
            raise OSError(number, os.strerror(number))
        return real(*arguments)

    faults: dict[str, Any] = {step: fail}
    return dataclasses.replace(Disk(), **faults)


class Library:
    """A library with one movie, a cache, and the rows that publishing would keep."""

    def __init__(self, tmp_path: Path) -> None:
        self.root = tmp_path / "movies"
        self.folder = self.root / "Heat"
        self.folder.mkdir(parents=True)
        (self.folder / "Heat.mkv").write_bytes(b"video")
        self.blobs = Blobs(tmp_path / "cache")
        self.rows: dict[str, Owned] = {}
        self.heard: list[Applied] = []

    def want(self, name: str, data: bytes, purpose: Purpose = Purpose.ARTWORK) -> Desired:
        stored = self.blobs.put(data, name.rpartition(".")[2])
        return Desired(f"Heat/{name}", stored.sha256, stored.size, purpose)

    def plan(self, *desired: Desired, rules: Rules = OPEN) -> tuple[Operation, ...]:
        observed = observe(self.root, [one.path for one in desired], self.rows.values())
        return plan(desired, observed.values(), self.rows.values(), rules)

    def apply(
        self, operations: tuple[Operation, ...], disk: Disk | None = None, permissions: Permissions | None = None
    ) -> list[Applied]:
        return apply(operations, self.root, self.blobs, permissions or Permissions(), self._on_done, disk)

    def publish(self, *desired: Desired, rules: Rules = OPEN) -> list[Applied]:
        return self.apply(self.plan(*desired, rules=rules))

    def names(self) -> set[str]:
        return {str(path.relative_to(self.folder)) for path in self.folder.rglob("*") if not path.is_dir()}

    def _on_done(self, applied: Applied) -> None:
        self.heard.append(applied)
        if applied.row:
            self.rows[applied.row.path] = applied.row
        elif not applied.skipped:
            self.rows.pop(applied.operation.path, None)


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path)


def test_publishing_creates_whole_files_and_a_second_plan_is_empty(library: Library) -> None:
    desired = (library.want("Heat.nfo", NFO, Purpose.NFO), library.want("Heat-poster.jpg", picture()))
    done = library.publish(*desired)
    assert [one.operation.action for one in done] == [Action.CREATE, Action.CREATE]
    assert (library.folder / "Heat.nfo").read_bytes() == NFO
    assert library.names() == {"Heat.mkv", "Heat.nfo", "Heat-poster.jpg"}
    assert library.heard == done
    assert library.plan(*desired) == ()


def test_actor_pictures_bring_their_folder(library: Library) -> None:
    library.folder.chmod(0o2775)
    library.publish(library.want(".actors/Al_Pacino.jpg", picture(), Purpose.ACTOR))
    assert library.names() == {"Heat.mkv", ".actors/Al_Pacino.jpg"}
    assert (library.folder / ".actors").stat().st_mode & 0o2777 == 0o2775


@pytest.mark.parametrize(
    ("path", "allowed", "is_made"),
    [
        pytest.param("Sets/Alien/poster.jpg", 2, True, id="a set's folder, and that of all sets"),
        pytest.param("Heat/Alien/poster.jpg", 1, True, id="one that lies in another"),
        pytest.param("Sets/Alien/poster.jpg", 1, False, id="one more than may be made"),
        pytest.param("Heat/Alien/poster.jpg", 0, False, id="a media folder that is gone"),
        pytest.param("Gone/.actors/Al_Pacino.jpg", 0, False, id="that of a media folder that is gone"),
    ],
)
def test_only_folders_that_may_be_made_are(library: Library, path: str, allowed: int, *, is_made: bool) -> None:
    want = dataclasses.replace(library.want("x.jpg", picture()), path=path, new_folders=allowed)
    before = {*library.root.iterdir(), *library.folder.iterdir()}
    (done,) = library.publish(want)
    assert (done.skipped is None) == (library.root / path).is_file() == is_made
    assert is_made or {*library.root.iterdir(), *library.folder.iterdir()} == before


def test_replacing_leaves_hard_links_as_they_were(library: Library) -> None:
    foreign = library.folder / "Heat.nfo"
    foreign.write_bytes(b"<movie>old</movie>")
    foreign.chmod(0o640)
    os.link(foreign, library.folder / "seeding.nfo")
    (done,) = library.publish(library.want("Heat.nfo", NFO, Purpose.NFO))
    assert foreign.read_bytes() == NFO
    assert (library.folder / "seeding.nfo").read_bytes() == b"<movie>old</movie>"
    recycled = done.recycled
    assert recycled is not None
    assert (recycled.path, recycled.origin, recycled.mode) == ("Heat/Heat.nfo", BlobOrigin.LIBRARY, 0o640)
    assert library.blobs.read(recycled.sha256, recycled.extension) == b"<movie>old</movie>"


def test_what_is_no_longer_wanted_goes_to_the_recycle_bin(library: Library) -> None:
    library.publish(library.want("Heat-poster.jpg", picture()))
    (done,) = library.publish()
    assert (done.operation.action, done.row) == (Action.RECYCLE, None)
    assert library.names() == {"Heat.mkv"}
    assert done.recycled is not None
    assert library.blobs.verify(done.recycled.sha256, "jpg")
    assert done.recycled.origin is BlobOrigin.PROVIDER
    assert library.rows == {}


def test_the_same_bytes_are_adopted_without_a_write(library: Library) -> None:
    poster = library.folder / "Heat-poster.jpg"
    poster.write_bytes(picture())
    before = poster.stat()
    (done,) = library.publish(library.want("Heat-poster.jpg", picture()))
    assert done.operation.action is Action.ADOPT
    after = poster.stat()
    assert (after.st_ino, after.st_mtime_ns, after.st_ctime_ns) == (
        before.st_ino,
        before.st_mtime_ns,
        before.st_ctime_ns,
    )
    assert library.rows["Heat/Heat-poster.jpg"].inode == before.st_ino


def test_an_own_file_is_not_hashed_again_while_its_stat_stands(library: Library) -> None:
    library.publish(library.want("Heat-poster.jpg", picture()))
    poster = library.folder / "Heat-poster.jpg"
    stat = poster.stat()
    with poster.open("r+b") as file:
        file.write(b"evil")
    os.utime(poster, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    (unseen,) = observe(library.root, [], library.rows.values()).values()
    (seen,) = observe(library.root, ["Heat/Heat-poster.jpg"], []).values()
    assert unseen.sha256 == library.rows["Heat/Heat-poster.jpg"].sha256
    assert seen.sha256 == hashlib.sha256(poster.read_bytes()).hexdigest()


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        pytest.param("a.jpg", picture(), True, id="a JPEG"),
        pytest.param("a.png", picture("blue", "PNG"), True, id="a PNG"),
        pytest.param("a.webp", picture("blue", "WEBP"), True, id="a WebP"),
        pytest.param("a.jpg", picture("noise")[:-4000], False, id="a JPEG cut short"),
        pytest.param("a.png", picture("noise", "PNG")[:-4000], False, id="a PNG cut short"),
        pytest.param("a.jpg", b"", False, id="nothing"),
        pytest.param("a.jpg", b"<html>404</html>", False, id="an error page"),
        pytest.param("a.nfo", NFO, True, id="an NFO"),
        pytest.param("a.nfo", b"my own words", True, id="a text is somebody's"),
        pytest.param("a.nfo", b"\0" * 40, False, id="zeros after a power failure"),
        pytest.param("a.nfo", b" \n", False, id="an empty text"),
    ],
)
def test_intact(library: Library, name: str, data: bytes, expected: bool) -> None:  # noqa: FBT001 - a table
    (library.folder / name).write_bytes(data)
    (found,) = observe(library.root, [f"Heat/{name}"], []).values()
    assert found.is_intact is expected


def test_what_is_broken_is_restored_and_what_was_edited_is_kept(library: Library) -> None:
    desired = (library.want("Heat.nfo", NFO, Purpose.NFO), library.want("Heat-poster.jpg", picture()))
    library.publish(*desired)
    (library.folder / "Heat-poster.jpg").write_bytes(b"")
    (library.folder / "Heat.nfo").write_bytes(b"<movie><title>Mine</title></movie>")
    (done,) = library.publish(*desired)
    assert done.operation.action is Action.RESTORE
    assert (library.folder / "Heat-poster.jpg").read_bytes() == picture()
    assert (library.folder / "Heat.nfo").read_bytes() == b"<movie><title>Mine</title></movie>"


def test_a_link_in_our_place_is_left_alone(library: Library, tmp_path: Path) -> None:
    target = tmp_path / "precious.nfo"
    target.write_bytes(b"precious")
    (library.folder / "Heat.nfo").symlink_to(target)
    (library.folder / "Heat-poster.jpg").mkdir()
    desired = (library.want("Heat.nfo", NFO, Purpose.NFO), library.want("Heat-poster.jpg", picture()))
    assert [one.action for one in library.plan(*desired)] == [Action.KEEP, Action.KEEP]
    assert library.publish(*desired) == []
    assert target.read_bytes() == b"precious"


@pytest.mark.parametrize(
    "path", ["../x.nfo", "/etc/x.nfo", "Heat/../../x.nfo", "a\0.nfo", "", "Heat//x.nfo", "./x.nfo"]
)
def test_paths_that_leave_the_root_are_refused(library: Library, path: str) -> None:
    with pytest.raises(InvalidInput, match="no plain path"):
        observe(library.root, [path], [])
    operation = Operation(Action.CREATE, path, "test", Desired(path, "0" * 64, 1, Purpose.NFO))
    with pytest.raises(InvalidInput, match="no plain path"):
        library.apply((operation,))


def test_a_linked_folder_that_leads_out_is_refused(library: Library, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (library.root / "Link").symlink_to(tmp_path / "outside")
    with pytest.raises(InvalidInput, match="leads out"):
        observe(library.root, ["Link/x.nfo"], [])


@pytest.mark.parametrize("action", [Action.CREATE, Action.REPLACE, Action.RECYCLE])
def test_a_video_is_never_touched(library: Library, action: Action) -> None:
    video = "Heat/Heat.mkv"
    there = observe(library.root, [video], []).get(video)
    operation = Operation(action, video, "test", library.want("Heat.mkv", b"evil"), there)
    with pytest.raises(InvalidInput, match="only NFO files and pictures"):
        library.apply((operation,))
    assert (library.folder / "Heat.mkv").read_bytes() == b"video"


@pytest.mark.parametrize("change", ["edited", "removed", "appeared"])
def test_a_plan_that_the_world_overtook_is_not_carried_out(library: Library, change: str) -> None:
    poster = library.folder / "Heat-poster.jpg"
    if change != "appeared":
        poster.write_bytes(b"foreign")
    operations = library.plan(library.want("Heat-poster.jpg", picture()))
    if change == "removed":
        poster.unlink()
    else:
        poster.write_bytes(b"newer than the plan")
    (done,) = library.apply(operations)
    assert done.skipped
    assert library.rows == {}
    assert not poster.exists() if change == "removed" else poster.read_bytes() == b"newer than the plan"


def test_a_file_that_appears_while_ours_is_written_is_not_overwritten(library: Library) -> None:
    poster = library.folder / "Heat-poster.jpg"

    def late(handle: int) -> None:
        poster.write_bytes(b"quicker")
        os.fsync(handle)

    (done,) = library.apply(
        library.plan(library.want("Heat-poster.jpg", picture())), dataclasses.replace(Disk(), fsync=late)
    )
    assert done.skipped
    assert poster.read_bytes() == b"quicker"
    assert library.names() == {"Heat.mkv", "Heat-poster.jpg"}


def test_a_media_folder_that_is_gone_is_not_made_anew(library: Library) -> None:
    desired = library.want("Heat.nfo", NFO, Purpose.NFO)
    operations = library.plan(desired)
    library.folder.rename(library.root / "Moved")
    (done,) = library.apply(operations)
    assert "is gone" in (done.skipped or "")
    assert not library.folder.exists()


FAULTS = [
    pytest.param(errno.ENOSPC, Wait, "space:", id="disk full"),
    pytest.param(errno.EDQUOT, Wait, "space:", id="quota spent"),
    pytest.param(errno.EROFS, Wait, "readonly:", id="read-only"),
    pytest.param(errno.EACCES, Wait, "readonly:", id="no right"),
    pytest.param(errno.EIO, Wait, "root:", id="input/output error"),
    pytest.param(errno.ESTALE, Wait, "root:", id="stale handle"),
    pytest.param(errno.ENAMETOOLONG, Permanent, None, id="name too long"),
    pytest.param(errno.EXDEV, Transient, None, id="another device"),
    pytest.param(errno.EBUSY, Transient, None, id="busy"),
]


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize(("number", "error", "cause"), FAULTS)
def test_a_fault_at_any_step_leaves_the_old_file_whole_and_says_what_to_do(
    library: Library, step: str, number: int, error: type[Exception], cause: str | None
) -> None:
    library.publish(library.want("Heat-poster.jpg", picture("blue")))
    operations = library.plan(library.want("Heat-poster.jpg", picture("red")))
    with pytest.raises(error, match="Heat") as caught:
        library.apply(operations, failing(step, number))
    if cause:
        assert isinstance(caught.value, Wait)
        assert caught.value.cause == f"{cause}{library.root}"
    assert library.names() == {"Heat.mkv", "Heat-poster.jpg"}
    assert (library.folder / "Heat-poster.jpg").read_bytes() == picture("blue")
    library.publish(library.want("Heat-poster.jpg", picture("red")))
    assert (library.folder / "Heat-poster.jpg").read_bytes() == picture("red")


@pytest.mark.parametrize("step", ["unlink", "mkdir", "rename"])
@pytest.mark.parametrize(("number", "error", "cause"), FAULTS)
def test_a_fault_beside_the_writing_stops_it_where_it_is(
    library: Library, step: str, number: int, error: type[Exception], cause: str | None
) -> None:
    library.publish(library.want("Heat-banner.jpg", picture("blue")))
    desired = (library.want("Heat-poster.jpg", picture()), library.want(".actors/A.jpg", picture(), Purpose.ACTOR))
    with pytest.raises(error, match="Heat") as caught:
        library.apply(library.plan(*desired), failing(step, number))
    assert not isinstance(caught.value, Wait) or caught.value.cause == f"{cause}{library.root}"
    assert library.names() <= {"Heat.mkv", "Heat-banner.jpg", "Heat-poster.jpg", ".actors/A.jpg"}
    library.publish(*desired)
    assert library.names() == {"Heat.mkv", "Heat-poster.jpg", ".actors/A.jpg"}


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize(("number", "error", "cause"), FAULTS)
def test_what_cannot_be_backed_up_is_not_replaced(
    library: Library, tmp_path: Path, step: str, number: int, error: type[Exception], cause: str | None
) -> None:
    foreign = library.folder / "Heat.nfo"
    foreign.write_bytes(b"<movie>old</movie>")
    operations = library.plan(library.want("Heat.nfo", NFO, Purpose.NFO))
    cache = Blobs(tmp_path / "cache", failing(step, number))
    with pytest.raises(error) as caught:
        apply(operations, library.root, cache, Permissions(), library.heard.append)
    assert not isinstance(caught.value, Wait) or caught.value.cause == f"{cause}{cache.root}"
    assert foreign.read_bytes() == b"<movie>old</movie>"
    assert library.names() == {"Heat.mkv", "Heat.nfo"}


def test_a_name_that_the_file_system_does_not_take_is_said_so(library: Library) -> None:
    with pytest.raises(Permanent, match="shorten"):
        library.publish(library.want(f"{'long' * 70}.jpg", picture()))
    assert library.names() == {"Heat.mkv"}


def test_all_bytes_are_written_before_the_first_is_synced(library: Library) -> None:
    calls: list[str] = []

    def noted(name: str) -> Any:
        real: Callable[..., Any] = getattr(Disk(), name)

        def call(*arguments: Any) -> Any:
            calls.append(name)
            return real(*arguments)

        return call

    steps: dict[str, Any] = {name: noted(name) for name in ("copy", "fsync", "rename")}
    desired = [library.want(f"Heat-fanart{rank}.jpg", picture()) for rank in range(3)]
    library.apply(library.plan(*desired), dataclasses.replace(Disk(), **steps))
    assert calls == ["copy"] * 3 + ["fsync"] * 3 + ["rename"] * 3 + ["fsync"]


def test_what_was_finished_before_a_fault_is_told_and_the_rest_follows_later(library: Library) -> None:
    desired = (library.want("Heat-fanart.jpg", picture("blue")), library.want("Heat-poster.jpg", picture()))
    with pytest.raises(Wait, match="make room"):
        library.apply(library.plan(*desired), failing("copy", errno.ENOSPC, after=1))
    assert [one.operation.path for one in library.heard] == ["Heat/Heat-fanart.jpg"]
    assert [one.path for one in library.plan(*desired)] == ["Heat/Heat-poster.jpg"]
    library.publish(*desired)
    assert library.plan(*desired) == ()


def test_a_crash_after_the_rename_is_healed_by_the_next_plan(library: Library) -> None:
    desired = library.want("Heat-poster.jpg", picture())
    library.publish(desired)
    library.rows.clear()
    (done,) = library.publish(desired)
    assert done.operation.action is Action.ADOPT
    assert library.plan(desired) == ()


def test_one_sync_of_the_folder_for_all_of_its_files(library: Library) -> None:
    synced: list[int] = []

    def count(handle: int) -> None:
        synced.append(os.fstat(handle).st_ino)
        os.fsync(handle)

    desired = [library.want(f"Heat-fanart{rank}.jpg", picture()) for rank in range(5)]
    library.apply(library.plan(*desired), dataclasses.replace(Disk(), fsync=count))
    assert synced.count(library.folder.stat().st_ino) == 1
    assert len(synced) == 6


def test_a_root_that_is_gone_is_waited_for(library: Library, tmp_path: Path) -> None:
    with pytest.raises(Wait, match="mounted") as caught:
        observe(tmp_path / "nas", ["x.nfo"], [])
    assert caught.value.cause == f"root:{tmp_path / 'nas'}"
    operations = library.plan(library.want("Heat.nfo", NFO, Purpose.NFO))
    library.root.rename(tmp_path / "elsewhere")
    with pytest.raises(Wait, match="mounted"):
        library.apply(operations)


def test_a_blob_that_the_cache_lost_writes_nothing(library: Library) -> None:
    desired = library.want("Heat.nfo", NFO, Purpose.NFO)
    library.blobs.remove(desired.sha256, "nfo")
    with pytest.raises(NotFound, match="not in the cache"):
        library.publish(desired)
    assert library.names() == {"Heat.mkv"}


def test_a_blob_cut_short_is_not_published(library: Library) -> None:
    desired = library.want("Heat.nfo", NFO, Purpose.NFO)
    blob = library.blobs.path(desired.sha256, "nfo")
    blob.chmod(0o600)
    blob.write_bytes(NFO[:5])
    with pytest.raises(NotFound, match="5 bytes"):
        library.publish(desired)
    assert library.names() == {"Heat.mkv"}


@pytest.mark.parametrize(
    ("folder_mode", "umask", "expected"),
    [(0o775, None, 0o664), (0o755, None, 0o644), (0o700, None, 0o600), (0o755, 0o002, 0o664), (0o777, 0o077, 0o600)],
)
def test_modes_follow_the_folder_or_the_umask(
    library: Library, folder_mode: int, umask: int | None, expected: int
) -> None:
    library.folder.chmod(folder_mode)
    operations = library.plan(library.want("Heat.nfo", NFO, Purpose.NFO))
    library.apply(operations, permissions=Permissions(umask=umask))
    assert (library.folder / "Heat.nfo").stat().st_mode & 0o777 == expected


def test_a_mount_without_modes_is_written_all_the_same(library: Library) -> None:
    library.apply(library.plan(library.want("Heat.nfo", NFO, Purpose.NFO)), failing("chmod", errno.EPERM))
    assert (library.folder / "Heat.nfo").read_bytes() == NFO


def test_owner_and_group_are_asked_for(library: Library) -> None:
    asked: list[tuple[int, int]] = []

    def refuse(_handle: int, uid: int, gid: int) -> None:
        asked.append((uid, gid))
        raise PermissionError(errno.EPERM, "not root")

    library.apply(
        library.plan(library.want("Heat.nfo", NFO, Purpose.NFO)),
        dataclasses.replace(Disk(), chown=refuse),
        Permissions(uid=54321, gid=54322),
    )
    assert asked == [(-1, 54322), (54321, -1)]
    assert (library.folder / "Heat.nfo").read_bytes() == NFO


def test_leftovers_of_a_crash_are_swept_and_nothing_else(library: Library) -> None:
    ours = library.folder / ".metarr-0123456789abcdef.tmp"
    for name in (ours.name, ".metarr-mine.tmp", "x.tmp"):
        (library.folder / name).write_bytes(b"x")
    assert sweep_temporary(library.folder) == 0, "a young one may be at work"
    assert sweep_temporary(library.folder, older_than=timedelta(0)) == 1
    assert library.names() == {"Heat.mkv", ".metarr-mine.tmp", "x.tmp"}
    assert sweep_temporary(library.folder / "none") == 0
