"""What the pages load: nothing is taken whose hash is not known, and nothing is written beside its place."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
import tarfile
from pathlib import Path

import pytest

from local.assets import PROJECT, SOURCES, AssetError, Package, Tools, fetch, packages, unpack, verify


def package(content: bytes, name: str = "echarts") -> Package:
    return Package(name, "1.2.3", "sha512-" + base64.b64encode(hashlib.sha512(content).digest()).decode())


def archive(files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def test_every_package_has_an_exact_version_and_a_hash() -> None:
    found = packages(SOURCES)

    assert {"echarts", "zrender", "tslib", "htmx.org", "esbuild-wasm", "axe-core"} == {one.name for one in found}
    for one in found:
        assert re.fullmatch(r"\d+\.\d+\.\d+", one.version)
        assert re.fullmatch(r"sha512-[A-Za-z0-9+/]{86}==", one.integrity)


def test_no_file_of_the_sources_says_where_packages_come_from() -> None:
    for path in SOURCES.iterdir():
        told = re.findall(r"https?://[^\s\"')]+", path.read_text(encoding="utf-8"))
        assert [url for url in told if "www.w3.org" not in url] == [], path


def test_a_version_without_a_hash_is_refused(tmp_path: Path) -> None:
    wanted = {"dependencies": {"echarts": "1.2.4"}, "devDependencies": {}}
    (tmp_path / "package.json").write_text(json.dumps(wanted))
    (tmp_path / "integrity.json").write_text(json.dumps({"echarts@1.2.3": "sha512-x"}))

    with pytest.raises(AssetError, match=r"no hash of echarts@1\.2\.4"):
        packages(tmp_path)


@pytest.mark.parametrize("content", [b"", b"contents", b"content "])
def test_an_archive_that_is_another_one_is_refused(content: bytes) -> None:
    verify(b"content", package(b"content"))

    with pytest.raises(AssetError, match=r"is not what assets/integrity\.json names"):
        verify(content, package(b"content"))


def test_a_weaker_hash_is_refused() -> None:
    weak = Package("echarts", "1.2.3", "sha1-" + base64.b64encode(hashlib.sha1(b"x").digest()).decode())  # noqa: S324

    with pytest.raises(AssetError):
        verify(b"x", weak)


def test_what_was_fetched_before_is_held_against_its_hash_again(tmp_path: Path) -> None:
    kept = tmp_path / "echarts-1.2.3.tgz"
    kept.write_bytes(b"content")
    assert fetch(package(b"content"), tmp_path, npm="/nowhere") == kept

    kept.write_bytes(b"tampered")
    with pytest.raises(AssetError):
        fetch(package(b"content"), tmp_path, npm="/nowhere")


def test_an_archive_is_unpacked_into_its_place_alone(tmp_path: Path) -> None:
    packed = tmp_path / "a.tgz"
    packed.write_bytes(archive({"package/index.js": b"1", "package/lib/a.js": b"2", "package/../../evil": b"3"}))

    unpack(packed, tmp_path / "inside" / "echarts")

    written = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert written == {"a.tgz", "inside/echarts/index.js", "inside/echarts/lib/a.js"}


def test_without_npm_it_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(AssetError, match="make assets"):
        Tools.find(tmp_path)

    for name in ("npm", "node"):
        (tmp_path / name).write_text("")
        (tmp_path / name).chmod(0o755)
    assert Tools.find(tmp_path) == Tools(str(tmp_path / "npm"), str(tmp_path / "node"))


def test_nothing_that_is_made_is_committed() -> None:
    assert "/layers/assets/lifecycle_assets/" in (PROJECT / ".gitignore").read_text(encoding="utf-8").splitlines()
