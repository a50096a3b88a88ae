"""Tells Weights & Biases what a training run logs: `train --tracker=wandb` starts this beside itself.

usage: python3 wandb_follow.py RUN [FOLDER OF plot]    standard input: a pipe that ends when train does

  1. Every line of RUN/metrics.jsonl is logged once, under its step. What W&B has already is asked of its server, or read
     from the files of earlier offline sessions in RUN/wandb: so neither a killed train nor a killed follower loses a
     point or sends one twice. A step that a continued run does again stays as it was told first.
  2. The configuration is RUN/config.textproto, with dotted names, and what RUN/machine.jsonl says of the newest process.
  3. Every ten minutes (TALLY_PICTURE_SECONDS) with a new line, and when train has ended, pictures by `plot` are logged
     with the newest line. Then the session is closed.
One follower at a time works on a run; another waits for it. What wandb prints goes to RUN/wandb/tally.log; one line on
standard error says why nothing is tracked. Exit code 3: it would not work another time either.
"""
import fcntl
import glob
import json
import os
import re
import select
import shutil
import struct
import subprocess
import sys
import time
import uuid

CANNOT = 3  # exit code
POLL_SECONDS = 1.0
PICTURE_SECONDS = float(os.environ.get("TALLY_PICTURE_SECONDS", "600"))
QUIET_SECONDS = 2.0  # after which a killed session's own process writes no more
LOCK_SECONDS = 300  # to wait for another follower once train has ended
BLOCK, HEADER = 32768, 7  # of wandb's files, which are logs as LevelDB has them


def parse_value(text):
    if text.startswith('"'):
        return text[1:-1].encode().decode("unicode_escape")
    try:
        return json.loads(text)
    except ValueError:
        return text  # the name of a choice


def read_config(path):
    """RUN/config.textproto, a field a line, as {"train.steps": 100}; repeated fields are lists."""
    config, names = {}, []
    with open(path, encoding="utf-8") as file:
        for line in map(str.strip, file):
            if line.endswith("{"):
                names.append(line[:-1].strip())
            elif line == "}":
                names.pop()
            elif ": " in line and not line.startswith("#"):
                name, text = line.split(": ", 1)
                config.setdefault(".".join([*names, name]), []).append(parse_value(text))
    return {name: values[0] if len(values) == 1 else values for name, values in config.items()}


def read_machine(path):
    """The last whole line of RUN/machine.jsonl as {"machine.host": "here"}; nothing where there is none."""
    if not os.path.exists(path):
        return {}
    with open(path, encoding="utf-8") as file:
        lines = file.read().split("\n")[:-1]
    return {f"machine.{name}": value for name, value in json.loads(lines[-1]).items()} if lines else {}


def parse_line(line):
    """A line of metrics.jsonl; numbers that are none are written as C does."""
    return json.loads(re.sub(r":(-?)(nan|inf)", lambda m: ":NaN" if m[2] == "nan" else f":{m[1]}Infinity", line))


class Lines:
    """The whole lines that a file gets, also where it is replaced by another."""

    def __init__(self, path):
        self.path, self.file, self.rest = path, None, ""

    def new(self):
        try:
            there = os.stat(self.path)
        except FileNotFoundError:
            return []
        lines = self._read()
        here = self.file and os.fstat(self.file.fileno())
        if here is None or here.st_ino != there.st_ino or here.st_size < self.file.tell():
            self.file, self.rest = open(self.path, encoding="utf-8"), ""
            lines += self._read()
        return lines

    def _read(self):
        if self.file is None:
            return []
        *lines, self.rest = (self.rest + self.file.read()).split("\n")
        return lines


def records(data):
    """The records of one of wandb's files, up to the first that a kill cut short."""
    place, whole = HEADER, b""
    while place + HEADER <= len(data):
        if BLOCK - place % BLOCK < HEADER:
            place += BLOCK - place % BLOCK
            continue
        _, length, kind = struct.unpack_from("<IHB", data, place)
        chunk = data[place + HEADER:place + HEADER + length]
        if kind not in (1, 2, 3, 4) or len(chunk) < length:
            return
        whole = chunk if kind in (1, 2) else whole + chunk
        place += HEADER + length
        if kind in (1, 4):
            yield whole


def recorded_steps(folder, name):
    """The steps that offline sessions of run `name` hold, in their order."""
    steps = []
    for path in sorted(glob.glob(f"{glob.escape(folder)}/wandb/offline-run-*-{name}/run-{name}.wandb")):
        from wandb.proto import wandb_internal_pb2
        while time.time() - os.stat(path).st_mtime < QUIET_SECONDS:
            time.sleep(0.1)
        with open(path, "rb") as file:
            for data in records(file.read()):
                record = wandb_internal_pb2.Record.FromString(data)
                if record.WhichOneof("record_type") == "history":
                    steps.append(record.history.step.num)
    return steps


def run_name(folder):
    """W&B's name of the run, the same in every session."""
    path = os.path.join(folder, "tally_id")
    if not os.path.exists(path):
        with open(path + ".tmp", "w", encoding="utf-8") as file:
            file.write(uuid.uuid4().hex[:16])
        os.rename(path + ".tmp", path)
    with open(path, encoding="utf-8") as file:
        return file.read()


class Parent:
    """train, at the other end of standard input."""

    def __init__(self):
        self.ended = False

    def wait(self, seconds):
        if self.ended:
            time.sleep(seconds)
        elif select.select([0], [], [], seconds)[0]:
            self.ended = not os.read(0, 1)


def take_lock(folder, parent):
    lock = open(os.path.join(folder, "tally_lock"), "w", encoding="utf-8")
    ended = None
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return lock
        except BlockingIOError:
            parent.wait(0.2)
            ended = ended or (time.monotonic() if parent.ended else None)
            if ended and time.monotonic() - ended > LOCK_SECONDS:
                raise TimeoutError("another follower of the run does not come to its end") from None


def draw(plot, arguments, out):
    """The picture as an SVG, or nothing where there is nothing to draw."""
    try:
        done = subprocess.run([plot, *arguments, f"--out={out}"], stdin=subprocess.DEVNULL, timeout=120, check=False)
    except subprocess.TimeoutExpired:
        return None
    if done.returncode != 0:
        return None
    with open(out, encoding="utf-8") as file:
        return file.read()


def pictures(run, wandb, tools):
    """Training curves, and the heatmap of an evaluation that stands beside the run."""
    plot = shutil.which("plot") or shutil.which("plot", path=f"{tools}:{tools}/../plot")
    if plot is None:
        return {}
    drawn = {"training": draw(plot, ["training", f"run={run}/metrics.jsonl"], f"{run}/wandb/training.svg")}
    if os.path.exists(f"{run}/cells.jsonl"):
        drawn["cells"] = draw(plot, ["heatmap", f"{run}/cells.jsonl"], f"{run}/wandb/cells.svg")
    return {f"pictures/{name}": wandb.Html(svg, inject=False) for name, svg in drawn.items() if svg}


def follow(run, wandb, session, last, parent, tools):
    """Logs the lines of steps after `last`. A row is whole, for wandb, when the next begins or the session ends."""
    lines, logged, drawn = Lines(f"{run}/metrics.jsonl"), False, time.monotonic()
    while True:
        ended = parent.ended  # before the last look
        for line in lines.new():
            metrics = parse_line(line)
            step = metrics.pop("step")
            if step <= last:
                continue
            session.log(metrics, step=step)
            last, logged = step, True
        if logged and (ended or time.monotonic() - drawn > PICTURE_SECONDS):
            session.log(pictures(run, wandb, tools), step=last)
            logged, drawn = False, time.monotonic()
        if ended:
            session.finish()
            return
        parent.wait(POLL_SECONDS)


def track(run, tools, parent):
    import wandb
    folder = f"{run}/wandb"
    lock = take_lock(folder, parent)
    name = run_name(folder)
    recorded = recorded_steps(run, name)
    session = wandb.init(project=os.environ.get("WANDB_PROJECT", "tally"), id=name, resume="allow", dir=run,
                         name=os.environ.get("WANDB_NAME", os.path.basename(os.path.abspath(run))),
                         config=read_config(f"{run}/config.textproto") | read_machine(f"{run}/machine.jsonl"),
                         settings=wandb.Settings(console="off", silent=True))
    last = max([session.starting_step - 1, *recorded])
    follow(run, wandb, session, last, parent, tools)
    lock.close()


def main():
    run, tools = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else ""
    os.closerange(3, 1024)  # what train has open is not ours to keep open
    say = os.dup(2)
    os.makedirs(f"{run}/wandb", exist_ok=True)
    log = os.open(f"{run}/wandb/tally.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
    for fd in (1, 2):
        os.dup2(log, fd)
    parent = Parent()
    try:
        track(run, tools, parent)
        return 0
    except ModuleNotFoundError as error:
        reason = f"{sys.executable} has no module {error.name}; `pip install wandb` installs W&B's client"
    except Exception as error:  # whatever a client of any version raises: training goes on
        reason = f"{type(error).__name__}: {error}"
    os.write(say, f"train: no W&B: {' '.join(reason.split())[:400]}; training goes on without it\n".encode())
    return CANNOT


if __name__ == "__main__":
    sys.exit(main())
