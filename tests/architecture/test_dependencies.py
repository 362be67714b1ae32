"""Who may import whom: the dependency rule of docs/decisions, read from the sources themselves."""

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SERVICES = sorted(path.parent.name for path in ROOT.glob("services/*/pyproject.toml"))
PACKAGES = {*SERVICES, "gateway", "score", "contract", "servicekit", "segue"}

# Heavy or foreign libraries, each behind a door of its own: who may import it, and in how many modules.
DOORS = {
    ("tensorflow", "tensorflow_probability", "tf_keras", "magenta", "note_seq"): "vae",
    ("torch",): "gan",
    ("fluidsynth",): "renderer",
    ("onnxruntime",): "transcriber",
    ("av",): "transcriber",
}
ONE_MODULE = {"vae", "renderer", "transcriber"}


def folder(package: str) -> Path:
    """Where a package's sources are."""
    parents = {name: f"libs/{name}" for name in ("score", "contract", "servicekit")} | {"gateway": "gateway"}
    return ROOT / parents.get(package, f"services/{package}") / "src" / package


def imports(path: Path) -> Iterator[str]:
    """The absolute names that a module imports, `from a import b` as both `a` and `a.b`."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in {"importlib.import_module", "__import__"}:
            yield from (str(each.value) for each in node.args[:1] if isinstance(each, ast.Constant))


def roots(path: Path) -> set[str]:
    """The top packages that a module imports."""
    return {name.split(".")[0] for name in imports(path)}


def modules(package: str) -> list[Path]:
    """A package's modules; none at all would make every rule here hold."""
    found = sorted(folder(package).rglob("*.py"))
    assert found, f"no sources of {package}"
    return found


def offenders(paths: list[Path], forbidden: set[str]) -> list[str]:
    """Modules that import something forbidden, with what it is."""
    return [f"{path.relative_to(ROOT)}: {sorted(found)}" for path in paths if (found := roots(path) & forbidden)]


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_imports_no_other_service_and_not_the_gateway(service: str) -> None:
    assert offenders(modules(service), {*SERVICES, "gateway"} - {service}) == []


def test_the_gateway_imports_no_service_and_reads_no_music() -> None:
    assert offenders(modules("gateway"), {*SERVICES, "score", "mido", "pretty_midi"}) == []


def test_servicekit_knows_nothing_of_music_and_nobody_above_it() -> None:
    assert offenders(modules("servicekit"), PACKAGES - {"servicekit"} | {"mido", "numpy"}) == []


def test_faults_stand_at_the_bottom() -> None:
    modules_of_faults = list((folder("servicekit") / "faults").glob("*.py"))
    assert modules_of_faults
    for path in modules_of_faults:
        assert not roots(path) & ({"grpc", "google", "pydantic", "structlog", *PACKAGES} - {"servicekit"})
        assert all(name.startswith("servicekit.faults") for name in imports(path) if name.startswith("servicekit"))


def test_score_needs_nothing_of_servicekit_but_its_faults() -> None:
    assert offenders(modules("score"), PACKAGES - {"score", "servicekit"} | {"grpc", "tensorflow", "torch"}) == []
    used = {name for path in modules("score") for name in imports(path) if name.startswith("servicekit")}
    allowed = ("servicekit.faults", "servicekit.faults.")
    assert [name for name in used - {"servicekit"} if not f"{name}.".startswith(allowed[1])] == []


def test_contract_needs_only_the_stubs_and_the_faults_of_servicekit() -> None:
    assert offenders(modules("contract"), PACKAGES - {"contract", "segue", "servicekit"} | {"grpc", "numpy"}) == []
    used = {name for path in modules("contract") for name in imports(path) if name.startswith("servicekit")}
    assert {name for name in used if not f"{name}.".startswith("servicekit.faults.")} == set()


@pytest.mark.parametrize("service", SERVICES)
def test_only_what_reads_requests_and_writes_responses_imports_contract(service: str) -> None:
    users = {path.name for path in modules(service) if "contract" in roots(path)}
    assert users <= {"requests.py", "responses.py", "servicer.py"}


@pytest.mark.parametrize("service", SERVICES)
def test_domain_modules_know_no_grpc_and_not_their_servicer(service: str) -> None:
    outer = {"__main__.py", "requests.py", "responses.py", "servicer.py", "settings.py"}
    for path in modules(service):
        if path.name not in outer:
            names = set(imports(path))
            assert not {name.split(".")[0] for name in names} & {"grpc"}, path
            outward = {name for name in names if name.endswith((".servicer", ".__main__"))}
            assert not {name for name in outward if name.startswith(f"{service}.")}, path


@pytest.mark.parametrize("service", SERVICES)
def test_nothing_served_imports_training(service: str) -> None:
    assert offenders(modules(service), {"training"}) == []


@pytest.mark.parametrize(("libraries", "owner"), DOORS.items(), ids=lambda value: str(value))
def test_heavy_libraries_have_one_door(libraries: tuple[str, ...], owner: str) -> None:
    everybody = [path for package in PACKAGES - {"segue"} for path in modules(package)]
    users = [path for path in everybody if roots(path) & set(libraries)]
    assert users, f"nobody imports {libraries}"
    assert {path.relative_to(ROOT).parts[1] for path in users} == {owner}
    if owner in ONE_MODULE:
        assert len(users) == 1, users


def test_benches_of_the_product_import_no_service() -> None:
    benches = sorted((ROOT / "tests/bench").glob("*.py"))
    assert benches
    assert offenders(benches, {*SERVICES, "training"}) == []


def test_training_imports_only_its_own_service_and_score() -> None:
    for service in ("vae", "gan", "transposer", "transcriber"):
        scripts = sorted((ROOT / "services" / service / "training").rglob("*.py"))
        assert scripts, f"no training of {service}"
        assert offenders(scripts, PACKAGES - {service, "score", "servicekit"}) == []


def members() -> dict[str, dict[str, Path]]:
    """The modules of each package and each training folder, by dotted name from its source root."""
    sources = {package: folder(package).parent for package in PACKAGES - {"segue"}}
    sources |= {f"{service} training": ROOT / "services" / service for service in SERVICES}
    sources |= {"startall": ROOT / "deploy/dev"}
    tops = {name: "training" if name.endswith(" training") else name for name in sources}
    return {
        name: {
            ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__"): path
            for path in sorted((root / tops[name]).rglob("*.py"))
        }
        for name, root in sources.items()
    }


def dependencies(name: str, path: Path, known: dict[str, Path]) -> set[str]:
    """The modules of the same member that a module imports anywhere: in functions and under `TYPE_CHECKING` too."""
    package = name if path.stem == "__init__" else name.rpartition(".")[0]
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            source = ".".join([*above, *([node.module] if node.module else [])])
            # `from a import b` depends on the module a.b if there is one, else on a.
            names = [f"{source}.{alias.name}" for alias in node.names]
            found |= {each if each in known else source for each in names}
    return (found & known.keys()) - {name}


@pytest.mark.parametrize(
    ("member", "known"), members().items(), ids=lambda value: value if isinstance(value, str) else ""
)
def test_no_modules_import_each_other_in_a_circle(member: str, known: dict[str, Path]) -> None:
    if not known and member.endswith(" training"):
        pytest.skip("no training")
    assert known, f"no sources of {member}"
    graph = {name: dependencies(name, path, known) for name, path in known.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"imports in a circle: {' <- '.join(error.args[1])}")
