"""Derive the tables of the factory case: ``python datasets/factory/derive.py --facts DIR``.

DIR holds the folders of raw files that README.md lists; they are not part of this project. What
is assumed stands in ``assumed/``, each figure with its reason. Two runs give identical files.
"""

import argparse
import csv
import json
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd

from twinlab.cases.factory import Reading, signals
from twinlab.scope import Demand, Gamma, Lane, Network, Node, Normal, Product, Recipe, Stock
from twinlab.task.learning import Examples, Learned, learn

HERE = Path(__file__).parent
MINUTES = {"L": 2, "M": 3, "H": 5}  # tool wear per part, by quality of the product
MODES = ("TWF", "HDF", "PWF", "OSF", "RNF")
LIMITS = {
    "L": 11_000,
    "M": 12_000,
    "H": 13_000,
}  # wear × torque that breaks, by the source's author
TOOL_FAILURES = ("TWF", "OSF")
LEVELS = np.geomspace(0.0008, 0.9, 36).round(4).tolist()  # chances that a job breaks the tool
AGES = 300  # minutes of work
STOPS = ("HDF", "PWF")

# Each table of this case beside those of a network: name → unit and meaning of each column.
COLUMNS = {
    "readings": {
        "part": ("number", "row of the source: the order in which the tool saw the parts"),
        "quality": ("label", "L, M or H: low, medium, high"),
        "air": ("K", "air temperature"),
        "process": ("K", "process temperature"),
        "speed": ("rpm", "rotational speed"),
        "torque": ("Nm", "torque"),
        "wear": ("minutes of work", "of the tool, before this part"),
        "failure": ("label", "modes that struck: tool wear, heat, power, overstrain, random"),
    },
    "tools": {
        "tool": ("number", "in the order of their use"),
        "parts": ("units", "worked on until the end of its life"),
        "life": ("minutes of work", "at its first failure, else at its replacement"),
        "failed": ("yes/no", "whether it failed (wear or overstrain) before it was replaced"),
    },
    "qualities": {
        "quality": ("label", "L, M or H: low, medium, high"),
        "minutes": ("minutes/unit", "work on one part, in minutes of tool wear"),
        "parts": ("units", "parts of this quality"),
        "stops": ("units", "parts on which the machine stopped by heat or power"),
        "limit": ("minutes·Nm", "wear × torque above which the tool breaks, as its author made it"),
    },
    "plates": {
        "X_Minimum": ("pixels", "left end of the fault"),
        "X_Maximum": ("pixels", "right end of the fault"),
        "Y_Minimum": ("pixels", "where the fault begins along the plate"),
        "Y_Maximum": ("pixels", "where it ends along the plate"),
        "Pixels_Areas": ("pixels", "area of the fault"),
        "X_Perimeter": ("pixels", "its perimeter across"),
        "Y_Perimeter": ("pixels", "its perimeter along"),
        "Sum_of_Luminosity": ("grey levels", "sum over its pixels"),
        "Minimum_of_Luminosity": ("grey levels", "of its pixels"),
        "Maximum_of_Luminosity": ("grey levels", "of its pixels"),
        "Length_of_Conveyer": ("label", "length of the conveyor"),
        "TypeOfSteel_A300": ("yes/no", "1: steel A300"),
        "TypeOfSteel_A400": ("yes/no", "1: steel A400"),
        "Steel_Plate_Thickness": ("label", "thickness of the plate"),
        "Edges_Index": ("", "how near to an edge"),
        "Empty_Index": ("", "share of its box that is empty"),
        "Square_Index": ("", "how square its box is"),
        "Outside_X_Index": ("", "width to the width of the plate"),
        "Edges_X_Index": ("", "width to its perimeter across"),
        "Edges_Y_Index": ("", "height to its perimeter along"),
        "Outside_Global_Index": ("", "1 if it is longer along than across"),
        "LogOfAreas": ("", "logarithm of its area, base 10"),
        "Log_X_Index": ("", "logarithm of its width, base 10"),
        "Log_Y_Index": ("", "logarithm of its height, base 10"),
        "Orientation_Index": ("", "along or across"),
        "Luminosity_Index": ("", "how bright"),
        "SigmoidOfAreas": ("", "sigmoid of its area"),
        "fault": ("name", "its class, of fault_classes.csv"),
    },
    "hazards": {
        "quality": ("label", "L, M or H: low, medium, high"),
        "torque": ("Nm", "of the job"),
        **{f"{p:g}": ("minutes of work", f"age at which the chance reaches {p:g}") for p in LEVELS},
    },
    "fault_classes": {
        "fault": ("name", "class of the fault"),
        "station": ("station", "where it is made; empty: unknown"),
        "plates": ("units", "faulty plates of this class"),
        "rate": ("share", "parts that get it from a new tool"),
        "wear": ("share/minute", "what each minute of the tool's work adds"),
        "returned": ("share", "delivered parts with it that customers send back"),
    },
    "stations": {
        "name": ("name", "how results call it"),
        "minutes": ("minutes/unit", "mean work on one part; empty: see work.csv"),
        "sd": ("minutes/unit", "its standard deviation"),
        "machines": ("machines", "machines side by side"),
        "buffer": ("units", "places in front of it"),
    },
    "figures": {
        "name": ("name", "what it is"),
        "value": ("see unit", "how much"),
        "unit": ("label", "unit of the value"),
    },
}


def read(path: Path) -> list[dict[str, str]]:
    """Read a CSV file, with or without a byte order mark."""
    with path.open(newline="", encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


def readings(parts: list[dict[str, str]]) -> list[tuple]:
    """One row per part: what the sensors said, and which failures struck."""
    return [
        (
            row["UDI"], row["Type"], row["Air temperature [K]"], row["Process temperature [K]"],
            row["Rotational speed [rpm]"], row["Torque [Nm]"], row["Tool wear [min]"],
            "|".join(mode for mode in MODES if row[mode] == "1"),
        )
        for row in parts
    ]  # fmt: skip


def tools(parts: list[dict[str, str]]) -> list[tuple]:
    """One row per tool: wear falls where a new one is set; a life ends by failure or change."""
    lives: list[list[dict[str, str]]] = [[]]
    for row in parts:
        if lives[-1] and int(row["Tool wear [min]"]) < int(lives[-1][-1]["Tool wear [min]"]):
            lives.append([])
        lives[-1].append(row)
    found = []
    for number, life in enumerate(lives, 1):
        failed = [at for at, row in enumerate(life) if any(row[m] == "1" for m in TOOL_FAILURES)]
        count = failed[0] + 1 if failed else len(life)
        last = life[count - 1]
        wear = int(last["Tool wear [min]"]) + MINUTES[last["Type"]]
        found.append((number, count, wear, "yes" if failed else "no"))
    return found


def qualities(parts: list[dict[str, str]]) -> list[tuple]:
    """One row per quality of product: minutes of work, parts, and stops by heat or power."""
    stopped = Counter(row["Type"] for row in parts if any(row[mode] == "1" for mode in STOPS))
    made = Counter(row["Type"] for row in parts)
    return [(name, m, made[name], stopped[name], LIMITS[name]) for name, m in MINUTES.items()]


def worn(parts: list[dict[str, str]]) -> float:
    """Share of the parts from 200 minutes of wear on whose tool failed by wear."""
    old = [row for row in parts if int(row["Tool wear [min]"]) >= 200]
    return sum(row["TWF"] == "1" for row in parts) / len(old)


def wear_model(seen: pd.DataFrame) -> Learned:
    """What readings tell of the chance that a job breaks the tool: worn more, likelier."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    columns = ["wear", "torque", "strain", "low", "medium"]
    boosting = HistGradientBoostingClassifier(
        max_iter=150,
        learning_rate=0.05,
        max_leaf_nodes=8,
        l2_regularization=1.0,
        monotonic_cst=[1, 1, 1, 0, 0],
        random_state=0,
    )
    broke = seen["failure"].str.contains("|".join(TOOL_FAILURES))
    return learn(boosting, Examples(seen[columns], broke, seen["part"], seen["tool"]))


def at_age(jobs: pd.DataFrame, age: int) -> pd.DataFrame:
    """What that model sees of jobs on a tool of an age."""
    worn = {"wear": float(age), "torque": jobs["torque"], "strain": age * jobs["torque"]}
    return pd.DataFrame(worn | {"low": jobs["low"], "medium": jobs["medium"]}, jobs.index)


def hazards(rows: list[tuple], many: int) -> list[tuple]:
    """By quality and torque: the age at which the chance reaches each level, by the first parts."""
    kinds = Reading.__annotations__.values()
    read = [Reading(*(kind(v) for kind, v in zip(kinds, row, strict=True))) for row in rows]
    model = wear_model(signals(read[:many]))
    torques = range(round(min(r.torque for r in read)), round(max(r.torque for r in read)) + 1)
    jobs = pd.DataFrame([(q, t) for q in MINUTES for t in torques], columns=["quality", "torque"])
    jobs = jobs.assign(low=1.0 * (jobs["quality"] == "L"), medium=1.0 * (jobs["quality"] == "M"))
    chances = np.column_stack([model.predict(at_age(jobs, age)) for age in range(AGES)])
    reached = np.stack([(chances < level).sum(axis=1) for level in LEVELS], axis=1)
    return [(*job, *ages) for job, ages in zip(jobs.to_numpy()[:, :2], reached, strict=True)]


def plates_of(plates: list[dict[str, str]]) -> list[list[str]]:
    """One row per plate: what the camera measured, and the name of the class it was given."""
    names = {c["column"]: c["fault"] for c in read(HERE / "assumed" / "faults.csv")}
    features = [name for name in COLUMNS["plates"] if name != "fault"]
    return [
        [*(row[f] for f in features), next(n for column, n in names.items() if row[column] == "1")]
        for row in plates
    ]


def faults(plates: list[dict[str, str]], lives: list[tuple], figure: dict[str, float]) -> list:
    """One row per class of fault: how often, where, and how often it comes back."""
    classes = read(HERE / "assumed" / "faults.csv")
    counts = {c["fault"]: sum(row[c["column"]] == "1" for row in plates) for c in classes}
    known = sum(counts[c["fault"]] for c in classes if c["station"])
    age = sum(life for _, _, life, _ in lives) / len(lives) / 2
    rows = []
    for c in classes:
        share = figure["fault_share"] * counts[c["fault"]] / known if c["station"] else 0.0
        worn = figure["worn_share"] if c["station"] == "machining" else 0.0
        rates = (f"{share * (1 - worn):.6f}", f"{share * worn / age:.8f}")
        rows.append((c["fault"], c["station"], counts[c["fault"]], *rates, c["returned"]))
    return rows


def network(figure: dict[str, float]) -> Network:
    """Sheets from the mill, panels from the factory, customers at a warehouse."""
    days, mean = figure["sheet_days"], figure["demand"]
    rate = figure["holding_rate"] / 365
    return Network(
        products=[Product("sheet", 4.0, figure["sheet_value"]),
                  Product("panel", 3.6, figure["panel_value"])],
        nodes=[
            Node("steel mill", "supplier", 2, holding_cost=round(figure["sheet_value"] * rate, 4)),
            Node("factory", "factory", 1, holding_cost=round(figure["panel_value"] * rate, 4)),
            Node("warehouse", "customers", 0, holding_cost=round(figure["panel_value"] * rate, 4)),
        ],
        lanes=[
            Lane("steel mill", "factory", "sheet", "road", Gamma(days, figure["sheet_days_sd"]),
                 initial_pipeline=mean),
            Lane("factory", "warehouse", "panel", "road", 1, initial_pipeline=mean),
        ],
        recipes=[Recipe("factory", "panel", {"sheet": 1}, cost=round(figure["panel_value"] / 4))],
        demands=[Demand("warehouse", "panel", Normal(mean, figure["demand_sd"]),
                        backorder_cost=figure["backorder_cost"], price=figure["panel_value"] * 2)],
        stocks=[
            Stock("factory", "sheet", 3 * mean, round(figure["sheet_value"] * rate, 4)),
            Stock("factory", "panel", mean),
            Stock("warehouse", "panel", 0.75 * mean),
        ],
    )  # fmt: skip


def write(folder: Path, tables: dict[str, list], licenses: list[dict[str, str]]) -> None:
    """Write the case's own tables, and describe their columns in the data package."""
    resources = []
    for name, rows in tables.items():
        columns = COLUMNS[name]
        with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(columns)
            writer.writerows(rows)
        described = [{"name": c, "unit": u, "description": m} for c, (u, m) in columns.items()]
        resources.append({"name": name, "path": f"{name}.csv", "schema": {"fields": described}})
    path = folder / "datapackage.json"
    package = json.loads(path.read_text(encoding="utf-8"))
    package["name"] = "factory"
    package["resources"] += resources
    package["licenses"] = licenses
    path.write_text(json.dumps(package, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def main(facts: Path, out: Path) -> None:
    """Derive every table."""
    assumed = read(HERE / "assumed" / "figures.csv")
    figure = {row["name"]: float(row["value"]) for row in assumed}
    parts = read(facts / "ai4i2020" / "ai4i2020.csv")
    plates = read(facts / "uci_steel_plate_faults" / "SteelPlatesFaults_Clean.csv")
    lives = tools(parts)
    here = json.loads((HERE / "datapackage.json").read_text(encoding="utf-8"))
    network(figure).to_tables(out)  # may write over what was read
    stations = read(HERE / "assumed" / "stations.csv")
    write(out, {
        "readings": readings(parts),
        "tools": lives,
        "qualities": qualities(parts),
        "fault_classes": faults(plates, lives, figure),
        "stations": [[row[c] for c in COLUMNS["stations"]] for row in stations],
        "plates": plates_of(plates),
        "hazards": hazards(readings(parts), int(figure["training_parts"])),
        "figures": [(row["name"], row["value"], row["unit"]) for row in assumed]
        + [("wear_hazard", f"{worn(parts):.6f}", "share/part")],
    }, here["licenses"])  # fmt: skip


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--facts", type=Path, required=True, help="folder of the raw data folders")
    parser.add_argument("--out", type=Path, default=HERE, help="where to write (default: here)")
    given = parser.parse_args()
    main(given.facts, given.out)
