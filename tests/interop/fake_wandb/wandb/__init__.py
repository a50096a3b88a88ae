"""Stands in for W&B's client in tests. Rows go to the file FAKE_WANDB, a JSON line each; like W&B's server it knows the
last step of a run, and like its client it keeps a row until the next one begins. FAKE_WANDB_FAILS: a module that is
missing, or another failure.
"""
import json
import os
import time

if os.environ.get("FAKE_WANDB_FAILS") == "missing":
    raise ModuleNotFoundError("No module named 'wandb'", name="wandb")


class Settings:
    def __init__(self, **options):
        self.options = options


class Html:
    def __init__(self, data, inject=True):
        self.data = data


def _kept():
    try:
        with open(os.environ["FAKE_WANDB"], encoding="utf-8") as file:
            return [json.loads(line) for line in file]
    except FileNotFoundError:
        return []


def _keep(entry):
    with open(os.environ["FAKE_WANDB"], "a", encoding="utf-8") as file:
        file.write(json.dumps(entry) + "\n")


class Session:
    def __init__(self, name):
        self.name, self.step, self.row = name, None, {}
        self.starting_step = max((e["step"] + 1 for e in _kept() if e.get("run") == name and "step" in e), default=0)

    def log(self, row, step):
        if step != self.step:
            self._end_row()
        self.step = step
        self.row.update({key: value.data if isinstance(value, Html) else value for key, value in row.items()})

    def finish(self):
        self._end_row()

    def _end_row(self):
        if self.step is not None:
            time.sleep(float(os.environ.get("FAKE_WANDB_SECONDS", "0")))
            _keep({"run": self.name, "step": self.step, "row": self.row})


def init(project, id, config, name, **options):
    if os.environ.get("FAKE_WANDB_FAILS"):
        raise RuntimeError("no such\nproject")
    _keep({"run": id, "project": project, "name": name, "config": config})
    return Session(id)
