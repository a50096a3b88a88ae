"""W&B gets every line of metrics.jsonl once, whoever is killed, and training does not depend on it.

With the client in fake_wandb, or with W&B's own where WANDB_MODE is offline.
"""

import glob
import importlib.util
import json
import os
import pathlib
import signal
import subprocess
import sys
import time
import unittest

REAL = os.environ.get("WANDB_MODE") == "offline"
TMP = pathlib.Path(os.environ["TEST_TMPDIR"])
TRAIN = ["tools/train/train", f"--data={TMP / 'data.safetensors'}", "--threads=1", "--set=model.hidden_size=16",
         "--set=model.attention.heads=2", "--set=train.batch_size=8", "--set=train.log_every_steps=5", "--tracker=wandb",
         "--set=train.save_every_steps=10", "--resume"]
ENVIRONMENT = dict(os.environ, TALLY_PYTHON=sys.executable, FAKE_WANDB=str(TMP / "fake.jsonl"),
                   PYTHONPATH=os.environ.get("PYTHONPATH", "") if REAL else "tests/interop/fake_wandb")


def run_tool(*command):
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, check=True)


def train(run, *flags, **variables):
    """Trains to the end; what is printed."""
    done = subprocess.run([*TRAIN, f"--out={run}", *flags], capture_output=True, text=True, check=False,
                          env=dict(ENVIRONMENT, **variables))
    if done.returncode != 0:
        raise AssertionError(f"exit {done.returncode}: {done.stderr}")
    return done.stderr


def start(run, *flags, **variables):
    return subprocess.Popen([*TRAIN, f"--out={run}", *flags], stderr=subprocess.PIPE, text=True,
                            env=dict(ENVIRONMENT, **variables))


def logged(run):
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]


def wait_until(true, process):
    deadline = time.monotonic() + 60
    while not true():
        if process.poll() is not None or time.monotonic() > deadline:
            raise AssertionError("it did not come to that")
        time.sleep(0.02)


def tracked(run):
    """Configuration, and (step, row) in the order in which W&B got them."""
    name = (run / "wandb" / "tally_id").read_text()
    return real_tracked(run, name) if REAL else fake_tracked(name)


def fake_tracked(name):
    entries = [json.loads(line) for line in (TMP / "fake.jsonl").read_text().splitlines()]
    entries = [entry for entry in entries if entry["run"] == name]
    configs = [e["config"] for e in entries if "config" in e]  # none yet where the follower has just begun
    return (configs[0] if configs else None, [(e["step"], e["row"]) for e in entries if "row" in e])


def real_tracked(run, name):
    from wandb.proto import wandb_internal_pb2
    spec = importlib.util.spec_from_file_location("wandb_follow", "lib/runs/wandb_follow.py")
    follow = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(follow)
    config, rows = {}, []
    for path in sorted(glob.glob(f"{run}/wandb/offline-run-*-{name}/run-{name}.wandb")):
        for data in follow.records(pathlib.Path(path).read_bytes()):
            record = wandb_internal_pb2.Record.FromString(data)
            for item in record.run.config.update:
                config[item.key] = json.loads(item.value_json)
            if record.WhichOneof("record_type") == "history":
                row = {item.key or "/".join(item.nested_key): json.loads(item.value_json) for item in record.history.item}
                rows.append((record.history.step.num, row))
    return config, rows


class WandbTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        run_tool("tools/datagen/datagen", "--count=500", "--max_digits=3", f"--out={TMP / 'lines.txt'}")
        run_tool("tools/tokenize/tokenize", f"--in={TMP / 'lines.txt'}", f"--out={TMP / 'data.safetensors'}")

    def assert_each_step_once(self, run):
        _, rows = tracked(run)
        self.assertEqual([step for step, _ in rows], [line["step"] for line in logged(run)])

    def test_an_unbroken_run(self):
        run = TMP / "unbroken"
        self.assertNotIn("W&B", train(run, "--steps=23"))
        config, rows = tracked(run)
        self.assertEqual(config["train.steps"], 23)
        self.assertEqual(config["data"], str(TMP / "data.safetensors"))
        self.assertEqual((config["machine.device"], config["machine.threads"]), ("cpu", 1))
        self.assertEqual([step for step, _ in rows], [5, 10, 15, 20, 23])
        for (_, row), line in zip(rows, logged(run)):
            self.assertEqual({key: row[key] for key in line if key != "step"},
                             {key: value for key, value in line.items() if key != "step"})
        self.assertTrue(any(key.startswith("pictures/training") for key in rows[-1][1]), rows[-1][1])
        if not REAL:
            self.assertIn("<svg", rows[-1][1]["pictures/training"])

    def test_pictures_come_while_training_goes_on(self):
        run = TMP / "pictures"
        train(run, "--minutes=.1", TALLY_PICTURE_SECONDS=".5", FAKE_WANDB_SECONDS="0.001")
        pictures = [any(key.startswith("pictures/training") for key in row) for _, row in tracked(run)[1]]
        self.assertTrue(pictures[-1])
        self.assertTrue(any(pictures[:-1]))
        self.assert_each_step_once(run)

    def test_train_is_killed_and_continues(self):
        run = TMP / "killed"
        process = start(run, "--steps=1000000")
        wait_until(lambda: (run / "metrics.jsonl").exists() and len(logged(run)) > 20, process)
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stderr.close()
        saved = int(os.readlink(run / "checkpoints" / "latest")[len("step_"):])
        train(run, f"--steps={saved + 1000}")
        self.assert_each_step_once(run)

    def test_the_follower_is_killed_and_another_goes_on(self):
        run = TMP / "follower"
        process = start(run, "--minutes=.15", FAKE_WANDB_SECONDS="0.001")
        children = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children")

        def sends():
            return (run / "wandb" / "tally_id").exists() and len(tracked(run)[1]) > 5 and children.read_text().strip()
        wait_until(sends, process)
        os.kill(int(children.read_text().split()[0]), signal.SIGKILL)
        _, messages = process.communicate()
        self.assertEqual(process.returncode, 0, messages)
        self.assertIn("ended with code 137; started again", messages)
        self.assert_each_step_once(run)

    @unittest.skipIf(REAL, "its own failures are not W&B's to make")
    def test_without_a_client_there_is_one_warning(self):
        for fails, message in (("missing", "has no module wandb; `pip install wandb`"),
                               ("otherwise", "RuntimeError: no such project; training goes on without it")):
            run = TMP / f"fails_{fails}"
            messages = train(run, "--steps=20", FAKE_WANDB_FAILS=fails)
            self.assertEqual(messages.count("no W&B"), 1, messages)
            self.assertIn(message, messages)
            self.assertEqual(logged(run)[-1]["step"], 20)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
