"""Where the parts of the project lie on the disk."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SNAKEFILE = ROOT / "Snakefile"
CONFIGURATION = ROOT / "config.yaml"
# folders that hold the project's packages
SOURCES = (ROOT / "pipeline", ROOT / "workflow")
PACKAGE = ROOT / "pipeline" / "hessian_boundary"
GENERATORS = PACKAGE / "data" / "generators"
ARCHITECTURES = PACKAGE / "networks" / "architectures"
LAYOUTS = PACKAGE / "figures" / "layouts"
TEMPLATES = PACKAGE / "report" / "templates"
STEPS = Path(__file__).parent / "steps"
WORKFLOW = ROOT / "workflow"
SCHEMA = WORKFLOW / "schemas" / "config.schema.yaml"
CAPTIONS = WORKFLOW / "report" / "captions.yaml"
CLAIMS = WORKFLOW / "report" / "claims.yaml"
DATA = ROOT / "data"  # raw files of image data, downloaded or the user's own


def modules(package: Path) -> list[str]:
    """Return the names of the modules in a folder, sorted."""
    return sorted(file.stem for file in package.glob("*.py") if file.stem != "__init__")
