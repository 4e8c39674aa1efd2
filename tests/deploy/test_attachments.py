"""Where an installation keeps its files."""

from pathlib import Path
from typing import cast

import pytest

from deploy.attachments import AttachmentsPlace
from deploy.compose import AttachmentsCannotBeKept, Base, attachments_of, links_of
from deploy.settings import Settings, SettingsRefused, load
from domain.values import Naming


def base_with(place: AttachmentsPlace) -> Base:
    """Return as much of a process as files need."""

    class Process:
        files = place
        pool = None

        class desk:  # noqa: N801  (it stands for an attribute)
            naming = Naming(b"salt")

    return cast("Base", Process)


def test_files_lie_in_the_data_directory_where_nothing_else_is_said(tmp_path: Path) -> None:
    place = AttachmentsPlace.of(Settings(), tmp_path / "a folder")
    attachments_of(base_with(place))
    assert (tmp_path / "a folder" / "attachments").is_dir()
    assert place.largest == 100 * 1024 * 1024


def test_a_place_of_ones_own_is_used_as_it_is(tmp_path: Path) -> None:
    environment = {
        "RECADO_ATTACHMENTS_URL": f"{tmp_path / 'files'}",
        "RECADO_ATTACHMENTS_MAX_BYTES": "1000",
    }
    place = AttachmentsPlace.of(load(environment=environment), tmp_path / "data")
    assert attachments_of(base_with(place)).largest == 1000
    assert [path.name for path in tmp_path.iterdir()] == ["files"]


def test_a_place_that_cannot_be_used_is_said_with_its_mend(tmp_path: Path) -> None:
    (tmp_path / "taken").touch()
    for url in (f"{tmp_path / 'taken' / 'below'}", "nowhere://bucket"):
        with pytest.raises(AttachmentsCannotBeKept, match="RECADO_ATTACHMENTS_URL"):
            attachments_of(base_with(AttachmentsPlace(url, 1)))


def test_no_file_may_be_of_no_size() -> None:
    with pytest.raises(SettingsRefused, match="attachments_max_bytes"):
        load(environment={"RECADO_ATTACHMENTS_MAX_BYTES": "0"})


def test_there_are_links_only_where_providers_can_reach_us() -> None:
    assert links_of(base_with(AttachmentsPlace("x", 1))) is None
    links = links_of(base_with(AttachmentsPlace("x", 1, "https://recado.test")))
    assert links is not None
    assert links.link_to("0" * 64).startswith("https://recado.test/v1/files/")
