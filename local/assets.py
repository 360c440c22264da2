"""The files that the pages load: fetched by npm at pinned versions, held against integrity.json, and bundled.

``python -m local.assets`` is what the Makefile calls before a build. The result is the content of AssetsLayer:
``layers/assets/lifecycle_assets`` with files that are named after their content, each also packed for browsers that
take that, the licences of what is in them, and ``manifest.json``, by which the pages find them. Nothing of it is
committed, and no browser asks anybody but us for it.

npm only fetches here: no package's scripts are run, and nothing is taken whose hash is not in integrity.json, whatever
registry npm asks.
"""

from __future__ import annotations

import argparse
import base64
import gzip
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

PROJECT = Path(__file__).resolve().parent.parent
SOURCES = PROJECT / "assets"
#: Keeps what was fetched.
WORK = PROJECT / ".local" / "assets"
BUILT = PROJECT / "layers" / "assets" / "lifecycle_assets"

#: What esbuild makes of which source. Older browsers than these have no `:focus-visible` either.
_BUNDLES = {"page.js": "page.js", "charts.js": "charts.js", "style.css": "style.css"}
_TARGET = "es2020"
#: Taken as they are.
_PLAIN = ("icon.svg",)
#: Which members of assets/package.json end up in the bundles; the others are tools.
BUNDLED = ("dependencies",)
_LICENCES = ("LICENSE", "LICENSE.txt", "LICENSE.md", "NOTICE")
#: Hexadecimal digits of a file's hash in its name.
_DIGITS = 16
_BROTLI = "process.stdout.write(require('zlib').brotliCompressSync(require('fs').readFileSync(0)))"


class AssetError(Exception):
    """The files cannot be made; the message says why, and what to do."""


class Package(NamedTuple):
    """A package of npm: its exact version, and the SHA-512 of its archive as npm writes it."""

    name: str
    version: str
    integrity: str


class Tools(NamedTuple):
    """Where npm and node are."""

    npm: str
    node: str

    @classmethod
    def find(cls, own: Path) -> Tools:
        """Those of this machine, or else those that the Makefile put into ``own`` from PyPI.

        Raises:
            AssetError: there are neither.
        """
        for folder in (None, str(own)):
            npm, node = shutil.which("npm", path=folder), shutil.which("node", path=folder)
            if npm and node:
                return cls(npm, node)
        raise AssetError(f"neither this machine nor {own} has npm and node. Run `make assets`.")


def packages(sources: Path, groups: Sequence[str] = ("dependencies", "devDependencies")) -> tuple[Package, ...]:
    """What assets/package.json asks for.

    Arguments:
        sources: the folder of assets/package.json.
        groups: of which of its members; ``dependencies`` are what browsers get.

    Raises:
        AssetError: a version is not exact, or its hash is not known.
    """
    wanted = json.loads((sources / "package.json").read_text(encoding="utf-8"))
    known = json.loads((sources / "integrity.json").read_text(encoding="utf-8"))
    found = []
    for name, version in (pair for group in groups for pair in wanted[group].items()):
        integrity = known.get(f"{name}@{version}")
        if integrity is None:
            raise AssetError(f"assets/integrity.json has no hash of {name}@{version}: `npm view` tells it.")
        found.append(Package(name, version, integrity))
    return tuple(found)


def verify(archive: bytes, package: Package) -> None:
    """Hold an archive against its hash. Raises AssetError: it is another one."""
    algorithm, _, wanted = package.integrity.partition("-")
    found = base64.b64encode(hashlib.sha512(archive).digest()).decode()
    if algorithm != "sha512" or found != wanted:
        raise AssetError(
            f"{package.name}@{package.version} is not what assets/integrity.json names: its hash is sha512-{found}."
        )


def archive_of(package: Package, archives: Path) -> Path:
    """Where the archive of a package is kept."""
    return archives / f"{package.name}-{package.version}.tgz"


def fetch(package: Package, archives: Path, npm: str) -> Path:
    """The archive of a package, fetched unless it is there already.

    Raises:
        AssetError: npm fails, or what it brings is something else.
    """
    archive = archive_of(package, archives)
    if not archive.exists():
        archives.mkdir(parents=True, exist_ok=True)
        done = _run([npm, "pack", f"{package.name}@{package.version}", "--silent", "--ignore-scripts"], cwd=archives)
        fetched = archives / done.decode().strip().splitlines()[-1]
        if fetched != archive:
            fetched.replace(archive)
    verify(archive.read_bytes(), package)
    return archive


def unpack(archive: Path, target: Path) -> None:
    """Unpack an archive of npm, whose files are all below ``package/``."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    with tarfile.open(archive) as packed:
        for member in packed.getmembers():
            _, _, inside = member.name.partition("/")
            place = target / inside
            if not member.isfile() or not place.resolve().is_relative_to(target.resolve()):
                continue
            content = packed.extractfile(member)
            if content is not None:
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(content.read())


def build(work: Path, built: Path, tools: Tools) -> Mapping[str, str]:
    """Fetch, bundle and name everything.

    Arguments:
        work: keeps the archives, and what is unpacked of them, for the next time.
        built: the content of the layer, which is made anew.
        tools: npm and node.

    Returns:
        The names of the files by what they are called in the sources: the manifest.

    Raises:
        AssetError: something is not what it should be.
    """
    wanted, modules = packages(SOURCES), work / "node_modules"
    for package in wanted:
        unpack(fetch(package, work / "archives", tools.npm), modules / package.name)
    shutil.rmtree(built, ignore_errors=True)
    built.mkdir(parents=True)
    manifest = {name: _keep(_bundle(source, modules, tools), name, built, tools) for name, source in _BUNDLES.items()}
    manifest |= {name: _keep((SOURCES / name).read_bytes(), name, built, tools) for name in _PLAIN}
    _copy_licences(modules, built / "licences")
    (built / "__init__.py").write_text('"""The files that the pages load (local/assets.py)."""\n', encoding="utf-8")
    (built / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    return manifest


def _bundle(source: str, modules: Path, tools: Tools) -> bytes:
    """One source with all that it imports, as small as it gets."""
    esbuild = modules / "esbuild-wasm" / "bin" / "esbuild"
    flags = ["--bundle", "--minify", f"--target={_TARGET}", "--legal-comments=none", "--log-level=warning"]
    if source.endswith(".js"):
        flags.append("--format=iife")
    # Where esbuild looks for packages beside the folders above the source, which are the project's (esbuild, "API",
    # "Node paths").
    return _run([tools.node, str(esbuild), str(SOURCES / source), *flags], env={"NODE_PATH": str(modules)})


def _keep(content: bytes, name: str, built: Path, tools: Tools) -> str:
    """Write a file under a name that only this content has, with its packed forms beside it."""
    stem, _, suffix = name.rpartition(".")
    named = f"{stem}-{hashlib.sha256(content).hexdigest()[:_DIGITS]}.{suffix}"
    (built / named).write_bytes(content)
    (built / f"{named}.gz").write_bytes(gzip.compress(content, 9, mtime=0))
    (built / f"{named}.br").write_bytes(_run([tools.node, "-e", _BROTLI], given=content))
    return named


def _copy_licences(modules: Path, target: Path) -> None:
    """The licences of what is in the bundles go along with them, as they ask for.

    Raises:
        AssetError: a package has none.
    """
    target.mkdir()
    for name, _, _ in packages(SOURCES, BUNDLED):
        found = [modules / name / file for file in _LICENCES if (modules / name / file).exists()]
        if not found:
            raise AssetError(f"{name} comes without a licence.")
        for file in found:
            shutil.copyfile(file, target / f"{name}-{file.name}")


def _run(
    command: list[str], cwd: Path = PROJECT, env: Mapping[str, str] | None = None, given: bytes | None = None
) -> bytes:
    done = subprocess.run(
        command, cwd=cwd, env={**os.environ, **(env or {})}, input=given, capture_output=True, check=False
    )
    if done.returncode:
        raise AssetError(f"{' '.join(command[:4])} failed: {done.stderr.decode(errors='replace').strip()[-2000:]}")
    return done.stdout


def main() -> None:
    """Make the files."""
    parser = argparse.ArgumentParser(description="Make the files that the pages load.")
    parser.add_argument("--work", type=Path, default=WORK, help="keeps what was fetched")
    parser.add_argument("--tools", type=Path, default=PROJECT / ".local/venvs/node/bin", help="npm and node of PyPI")
    given = parser.parse_args()
    try:
        manifest = build(given.work, BUILT, Tools.find(given.tools))
    except AssetError as error:
        sys.exit(f"The files of the pages were not made: {error}")
    for name in manifest.values():
        packed = (BUILT / f"{name}.gz").stat().st_size
        print(f"{name:34} {(BUILT / name).stat().st_size / 1000:7.1f} kB {packed / 1000:7.1f} kB packed")


if __name__ == "__main__":
    main()
