"""TensorBoard's own reader sees in a run's event files what metrics.jsonl says.

  1. After an unbroken run.
  2. After one that was stopped, logged steps behind its checkpoint, and continued from the checkpoint: each step once.
  3. Where the last record was cut short by a kill: what stands before it.
"""

import json
import os
import pathlib
import signal
import subprocess
import sys
import unittest

from tensorboard.backend.event_processing import event_accumulator

TOOLS = pathlib.Path("tools")
TMP = pathlib.Path(os.environ["TEST_TMPDIR"])
TRAIN = [TOOLS / "train" / "train", f"--data={TMP / 'data.safetensors'}", "--threads=1", "--set=model.hidden_size=16",
         "--set=model.attention.heads=2", "--set=train.batch_size=8", "--set=train.log_every_steps=1"]


def run_tool(*command, code=0):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if done.returncode != code:
        raise AssertionError(f"{command}: exit {done.returncode}: {done.stderr}")


def logged(run):
    """metrics.jsonl as {name: {step: value}}, without the steps themselves."""
    values = {}
    for line in (run / "metrics.jsonl").read_text().splitlines():
        metrics = json.loads(line)
        step = metrics.pop("step")
        for name, value in metrics.items():
            values.setdefault(name, {})[step] = value
    return values


def shown(run):
    """The scalars that TensorBoard shows, as {tag: [(step, value)...]}."""
    reader = event_accumulator.EventAccumulator(str(run), size_guidance={"scalars": 0})
    reader.Reload()
    return {tag: [(e.step, e.value) for e in reader.Scalars(tag)] for tag in reader.Tags()["scalars"]}


class TensorBoardTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        run_tool(TOOLS / "datagen" / "datagen", "--count=500", "--max_digits=3", f"--out={TMP / 'lines.txt'}")
        run_tool(TOOLS / "tokenize" / "tokenize", f"--in={TMP / 'lines.txt'}", f"--out={TMP / 'data.safetensors'}")

    def assert_same(self, run, steps):
        expected, scalars = logged(run), shown(run)
        self.assertEqual(scalars.keys(), expected.keys())
        for name, by_step in expected.items():
            self.assertEqual(list(by_step), steps, name)
            self.assertEqual([step for step, _ in scalars[name]], steps, name)
            for step, value in scalars[name]:
                self.assertAlmostEqual(value, by_step[step], delta=6e-6 * abs(value), msg=f"{name} {step}")

    def test_an_unbroken_run(self):
        run = TMP / "unbroken"
        run_tool(*TRAIN, f"--out={run}", "--steps=12")
        self.assert_same(run, list(range(1, 13)))

    def test_steps_behind_the_checkpoint_are_forgotten(self):
        run = TMP / "killed"
        process = subprocess.Popen([str(word) for word in TRAIN] + [f"--out={run}", "--steps=100000", "--resume",
                                                                    "--set=train.save_every_steps=10"],
                                   stderr=subprocess.DEVNULL)
        log = run / "metrics.jsonl"
        while not log.exists() or log.read_bytes().count(b"\n") < 25:
            if process.poll() is not None:
                raise AssertionError("train has ended by itself")
        process.send_signal(signal.SIGKILL)
        process.wait()
        before = len(logged(run)["loss"])
        saved = int(os.readlink(run / "checkpoints" / "latest")[len("step_"):])
        self.assertGreaterEqual(before, saved)
        run_tool(*TRAIN, f"--out={run}", f"--steps={saved + 3}", "--resume", "--set=train.save_every_steps=10")
        self.assertEqual(len(list(run.glob("events.out.tfevents.*"))), 2)
        self.assert_same(run, list(range(1, saved + 4)))

    def test_a_record_that_was_cut_short(self):
        run = TMP / "torn"
        run_tool(*TRAIN, f"--out={run}", "--steps=5")
        events = next(run.glob("events.out.tfevents.*"))
        events.write_bytes(events.read_bytes()[:-7])
        self.assertEqual([step for step, _ in shown(run)["loss"]], [1, 2, 3, 4])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
