"""Where an attempt's files are."""

import os
from pathlib import Path

from agent.worker.folder import Folder, point, pointed


def test_ids_that_look_alike_in_a_file_system_have_folders_of_their_own(tmp_path: Path) -> None:
    ids = ["a/b", "a_b", "a b", "../a_b", "..", "", "a" * 200, "a" * 199, "ä"]
    folders = [Folder.of(tmp_path, attempt_id).path for attempt_id in ids]
    assert len(set(folders)) == len(ids)
    assert all(folder.parent == tmp_path for folder in folders)


def test_a_cleared_folder_holds_nothing_of_an_earlier_attempt(tmp_path: Path) -> None:
    folder = Folder.of(tmp_path, "a-1")
    folder.clear()
    for file in (folder.journal, folder.report, folder.audio):
        file.write_text("old")
    folder.clear()
    assert list(folder.path.iterdir()) == []
    assert folder.path.stat().st_mode & 0o077 == 0


def test_an_inbound_job_tells_its_attempt_once(tmp_path: Path) -> None:
    assert pointed(tmp_path, "AJ_1") is None
    point(tmp_path, "AJ_1", "sip/call-1")
    assert pointed(tmp_path, "AJ_1") == "sip/call-1"
    assert pointed(tmp_path, "AJ_1") is None


def test_an_attempt_is_abandoned_once_the_process_that_began_it_is_gone(tmp_path: Path) -> None:
    folder = Folder.of(tmp_path, "a")
    folder.clear()
    assert not folder.is_abandoned()
    folder.begin()
    assert not folder.is_abandoned()
    note = folder.path / "job"
    note.write_text(note.read_text().replace(str(os.getpid()), str(2**22 - 1), 1))
    assert folder.is_abandoned()
    folder.leave()
    assert not folder.is_abandoned()
