// A hundred wrong inputs: the right exit code, one clear line, nothing on standard output, no output left behind.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>

#include "tests/tools/run_tool.h"

namespace tally {
namespace {

using ::testing::HasSubstr;

struct BadInput {
  std::string command;
  int code;
  std::string message;  // part of the line on standard error
};

// The folder that all commands run in:
//   p.txt         problems            t.safetensors  data set       run, done   a run; its checkpoint
//   cells.jsonl   results of eval
class BadInputs : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new std::string(NewFolder());
    const ToolResult made =
        RunCommand(*folder_,
                   "datagen --count=200 --max_digits=3 >p.txt && tokenize --in=p.txt --out=t.safetensors && "
                   "train --data=t.safetensors --out=run --steps=2 --threads=1 --set model.hidden_size=16 "
                   "--set model.attention.heads=2 --set train.batch_size=8 2>/dev/null && "
                   "env eval --model=run --rows=1..2 --cols=1..2 --samples=2 --threads=1 >cells.jsonl && "
                   "cp -rL run/checkpoints/latest done");
    ASSERT_EQ(made.code, 0) << made.err;
  }

  // Runs every row, in a folder that must look the same afterwards.
  static void Check(const std::vector<BadInput>& rows) {
    for (const BadInput& row : rows) {
      SCOPED_TRACE(row.command);
      const std::vector<std::string> before = FilesBelow(*folder_);
      const ToolResult result = RunCommand(*folder_, row.command);
      EXPECT_EQ(result.code, row.code) << result.err;
      EXPECT_THAT(result.err, HasSubstr(row.message));
      EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
      EXPECT_EQ(result.out, "");
      EXPECT_EQ(FilesBelow(*folder_), before);
    }
  }

  static std::string* folder_;
};

std::string* BadInputs::folder_ = nullptr;

TEST_F(BadInputs, Datagen) {
  Check({
      {"datagen --count=0", 2, "count"},
      {"datagen --count=-5", 2, "count"},
      {"datagen --count=abc", 2, "--count"},
      {"datagen --count=1e99", 2, "--count"},
      {"datagen --count=infinite", 2, "or inf"},
      {"datagen --count=inf --shard=0/2", 2, "no parts"},
      {"datagen --count=inf --task=bitwise_or", 2, "at most"},
      {"datagen --count", 2, "--count"},
      {"datagen --cuont=5", 2, "did you mean --count"},
      {"datagen --count=5 more", 2, "more"},
      {"datagen --count=5 --max_digits=0", 2, "first operand: found 1..0"},
      {"datagen --count=5 --max_digits=-3", 2, "first operand: found 1..-3"},
      {"datagen --count=5 --max_digits=99999999999", 2, "--max_digits"},
      {"datagen --count=5 --min_digits=4 --max_digits=3", 2, "4..3"},
      {"datagen --count=5 --shard=4/4", 2, "shard \"4/4\""},
      {"datagen --count=5 --shard=1/0", 2, "shard \"1/0\""},
      {"datagen --count=5 --shard=a/b", 2, "shard \"a/b\""},
      {"datagen --count=5 --shard=3", 2, "shard \"3\""},
      {"datagen --count=5 --shard=-1/3", 2, "shard \"-1/3\""},
      {"datagen --count=5 --equal_lengths=2", 2, "--equal_lengths=2; expected 0..1"},
      {"datagen --count=5 --equal_lengths=nan", 2, "--equal_lengths=nan"},
      {"datagen --count=5 --carry_chains=-.1", 2, "--carry_chains=-0.1"},
      {"datagen --count=5 --task=adition", 2, "did you mean addition"},
      {"datagen --count=5 --reverse=maybe", 2, "maybe"},
      {"datagen --count=5 --length_distribution=bell", 2, "bell"},
      {"datagen --count=5 --exact --min_digits=2", 2, "exact"},
      {"datagen --count=5 --out=missing/p.txt", 73, "missing/p.txt"},
      {"datagen --count=5 --out=p.txt/x", 73, "p.txt/x"},
      {"datagen --count=5 --out=run", 73, "run"},
      {"datagen --count=5 --seed=-1", 2, "--seed"},
      {"datagen --count=5 --max_operands=40", 2, "2..40"},
      {"datagen --count=5 --max_operands=3", 2, "more than two operands"},
      {"datagen --count=5 --task=multiplication --no_carry", 2, "carries"},
      {"datagen --count=99 --task=bitwise_or --max_digits=2", 2, "at most 5"},
      {"datagen --count=5 --interleave --index_hints", 2, "interleaving"},
      {"datagen --count=5 --spaces=1.5", 2, "spaces"},
      {"datagen --count=5 --length_distribution=weighted:1,2", 2, "weights"},
      {"datagen --count=5 --length_distribution=weighted:a", 2, "weight"},
      {"datagen --count=5 --split=valid", 2, "valid"},
      {"datagen --count=5 --max_digits=1 --split=test --test_share=0", 2, "split"},
      {"datagen check", 2, "files"},
      {"datagen check missing.txt", 66, "missing.txt"},
      {"datagen check p.txt --task=sorting", 65, "p.txt:1: "},
  });
}

TEST_F(BadInputs, Tokenize) {
  const auto text = [](const std::string& bytes) { return "printf '" + bytes + "' | tokenize --out=x"; };
  Check({
      {text(""), 65, "standard input"},
      {text("1+2=3"), 65, "standard input:1: "},
      {text("1+2=3\\n\\n"), 65, "standard input:2: "},
      {text("1+2=3\\n4+5\\n"), 65, "standard input:2: "},
      {text("1+2=\\n"), 65, "standard input:1: "},
      {text("1+2=4\\n"), 65, "expected \"3\""},
      {text("1+b=4\\n"), 65, "'b'"},
      {text("1+2=3=3\\n"), 65, "standard input:1: "},
      {text("1+2x3=6\\n"), 65, "standard input:1: "},
      {text("+2=2\\n"), 65, "standard input:1: "},
      {text("1+=1\\n"), 65, "standard input:1: "},
      {text("1-2=3\\n"), 65, "standard input:1: "},
      {text("1 + 2 = 3\\n"), 65, "standard input:1: "},
      {text("1+2=3\\r\\n"), 65, "standard input:1: "},
      {text("1+2=3\\n\\0\\0\\n"), 65, "standard input:2: "},
      {text("1+2=3\\n\\303\\244+1=2\\n"), 65, "standard input:2: "},
      {"head -c 100000 /dev/zero | tr '\\0' 7 | tokenize --out=x", 65, "standard input:1: "},
      {"tokenize --in=p.txt", 2, "--out"},
      {"tokenize --in=p.txt --out=- --shuffle", 2, "a token stream has the order of its lines"},
      {"printf '1+2=3\\n1+2=4\\n' | tokenize --out=-", 65, "standard input:2: "},
      {"tokenize --in=missing.txt --out=x", 66, "missing.txt"},
      {"printf PAR1 | tokenize --in=- --out=x", 65, "standard input: found "},
      {"printf PAR1 | TALLY_PYTHON=no_python tokenize --in=- --out=x", 66, "no_python: No such file"},
      {"tokenize --in=run/checkpoints --out=x", 65, "run/checkpoints: found no file that ends in .txt"},
      {"tokenize --in=p.txt --out=missing/x", 73, "missing/x"},
      {"tokenize --in=p.txt --out=run", 73, "run"},
      {"tokenize --in=p.txt --out=x --task=juggling", 2, "juggling"},
      {"tokenize --in=p.txt --out=x --task=sorting", 65, "p.txt:1: "},
      {"tokenize --in=p.txt --out=x --task=bitwise_or", 65, "p.txt:1: "},
      {"tokenize --in=p.txt --out=x --index_hints", 65, "p.txt:1: "},
      {"tokenize --in=p.txt --out=x --interleave --index_hints", 2, "interleaving"},
      {"tokenize --in=p.txt --out=x --prepend_zeros=-1", 2, "zeros"},
      {"tokenize --in=p.txt --out=x --reverse=none", 65, "p.txt:"},
      {"tokenize --in=p.txt --out=x --reverse=up", 2, "up"},
      {"tokenize --input=p.txt --out=x", 2, "--in"},
      {"tokenize --in=p.txt --out=x --test_fraction=.1 --test_out=x", 2, "expected two files"},
      {"tokenize --inspect=t.safetensors --in=p.txt", 2, "expected no --in"},
  });
}

TEST_F(BadInputs, TrainData) {
  const std::string train = "train --out=new --steps=1 --threads=1 --data=";
  const auto damaged = [&](const std::string& damage) {
    return "f=$(mktemp); trap 'rm $f' EXIT; " + damage + " >$f; " + train + "$f";
  };
  Check({
      {train + "missing.safetensors", 66, "missing.safetensors"},
      {train + "p.txt", 65, "p.txt"},
      {train + "run", 65, "run"},
      {train + "done/model.safetensors", 65, "model.safetensors"},
      {damaged(":"), 65, "byte"},
      {damaged("head -c 7 t.safetensors"), 65, "byte"},
      {damaged("head -c 100 t.safetensors"), 65, "byte"},
      {damaged("head -c 4096 t.safetensors"), 65, "byte"},
      {damaged("head -c 5000 t.safetensors"), 65, "byte"},
      {damaged("head -c -1 t.safetensors"), 65, "byte"},
      {damaged("(cat t.safetensors; echo)"), 65, "byte"},
      {damaged("sed s/tally.token_dataset.1/tally.token_dataset.9/ t.safetensors"), 65, "token_dataset.9"},
      {damaged("(head -c 4200 t.safetensors; printf z; tail -c +4202 t.safetensors)"), 65, "damaged"},
      {damaged("sed s/U32/U99/ t.safetensors"), 65, "U99"},
      {train + "t.safetensors --set train.batch_size=1000", 65, "200"},
  });
}

TEST_F(BadInputs, TrainConfiguration) {
  const std::string train = "train --data=t.safetensors --threads=1 ";
  const auto config = [&](const std::string& text) {
    return "f=$(mktemp); trap 'rm $f' EXIT; printf '" + text + "' >$f; " + train + "--out=new --steps=1 --config=$f";
  };
  Check({
      {"train --data=t.safetensors --steps=1", 2, "--out"},
      {"train --data=- --steps=1 --out=x", 65, "standard input: byte 1: found the end of the stream"},
      {"train --data=- --steps=1 --out=x <p.txt", 65, "expected a token stream"},
      {"train --data=- --steps=1 --out=x <t.safetensors", 65, "standard input"},
      {"train --data=stream --steps=1 --out=x", 66, "stream"},
      {"train --data=- --data=t.safetensors --steps=1 --out=x", 2, "no other --data"},
      {"train --data=t.safetensors:0 --steps=1 --out=x", 2, "FILE:WEIGHT"},
      {"train --data=t.safetensors:-1 --steps=1 --out=x", 2, "FILE:WEIGHT"},
      {"f=$(mktemp); datagen --count=50 --max_digits=3 --reverse=none | tokenize --reverse=none --out=$f; "
       "train --data=t.safetensors --data=$f:2 --steps=1 --out=x; code=$?; rm $f; exit $code",
       65, " and t.safetensors: found addition with digits reversed: none beside addition with digits reversed: all"},
      {"train --out=new --steps=1", 2, "--data"},
      {train + "--out=new", 2, "no budget"},
      {train + "--out=new --steps=-1", 2, "train.steps"},
      {train + "--out=new --minutes=x", 2, "--minutes"},
      {train + "--out=run --steps=1", 73, "--resume"},
      {train + "--out=done --steps=1", 73, "done: found config.json, a model, and no config.textproto of a run; "},
      {train + "--out=done --steps=1 --resume", 73, "done: found config.json, a model, and no config.textproto of a "},
      {train + "--out=run/checkpoints --steps=1", 73, "/model.safetensors, a model"},
      {train + "--out=p.txt/new --steps=1", 73, "p.txt/new"},
      {train + "--out=run --resume --set model.layers=2", 2, "model.layers: 1 -> 2"},
      {train + "--out=new --steps=1 --set model.hiden_size=8", 2, "did you mean hidden_size"},
      {train + "--out=new --steps=1 --set modle.hidden_size=8", 2, "did you mean model"},
      {train + "--out=new --steps=1 --set model.hidden_size=big", 2, "hidden_size"},
      {train + "--out=new --steps=1 --set model.hidden_size", 2, "hidden_size"},
      {train + "--out=new --steps=1 --set model=3", 2, "model"},
      {train + "--out=new --steps=1 --set model.attention.heads=7", 2, "model.attention.heads is 7"},
      {train + "--out=new --steps=1 --set model.hidden_size=0", 2, "model.hidden_size is 0"},
      {train + "--out=new --steps=1 --set model.recurrences=0", 2, "model.recurrences is 0"},
      {train + "--out=new --steps=1 --set model.intermediate_size=7", 2, "even"},
      {train + "--out=new --steps=1 --set model.norm_scheme=MIDDLE", 2, "MIDDLE"},
      {train + "--out=new --steps=1 --set train.batch_size=0", 2, "train.batch_size is 0"},
      {train + "--out=new --steps=1 --set train.optimizer.beta2=1.5", 2, "train.optimizer.beta2 is 1.5"},
      {train + "--out=new --steps=1 --set train.optimizer.learning_rate=nan", 2, "learning_rate is nan"},
      {train + "--out=new --steps=1 --config=missing.textproto", 66, "missing.textproto"},
      {train + "--out=new --steps=1 --config=run", 65, "run"},
      {config("model { hiden_size: 3 }"), 2, ":1:19: "},
      {config("model {\\n  hidden_size: three }"), 2, ":2:"},
      {config("model {"), 2, ":1:"},
  });
}

TEST_F(BadInputs, EvalAndPredict) {
  const std::string eval = "env eval --threads=1 --rows=1 --cols=1 --model=";
  const std::string given = "env eval --threads=1 --model=run --problems=";
  const auto broken = [&](const std::string& damage) {
    return "d=$(mktemp -d); trap 'rm -r $d' EXIT; cp done/* $d; " + damage + "; " + eval + "$d";
  };
  const auto edited = [&](const std::string& damage) { return broken(damage) + " --accept_edits"; };
  Check({
      {"env eval", 2, "--model"},
      {eval + "missing", 66, "missing"},
      {eval + "p.txt", 66, "p.txt"},
      {eval + ".", 66, "model.safetensors"},
      {eval + "run --rows=0..3", 2, "0..3"},
      {eval + "run --rows=5..1", 2, "5..1"},
      {eval + "run --cols=x", 2, "'x'"},
      {eval + "run --cols=1..9:0", 2, "1..9:0"},
      {eval + "run --operands=2", 2, "--operands"},
      {"env eval --threads=1 --model=run --operands=1 --rows=2", 2, "operands 1"},
      {"env eval --threads=1 --model=run --operands=2..40 --rows=2", 2, "found 33..33"},
      {eval + "run --grid=big", 2, "--grid"},
      {"env eval --threads=1 --model=run --grid=bigg", 2, "did you mean big"},
      {eval + "run --samples=0", 2, "--samples=0"},
      {eval + "run --interval=2", 2, "--interval=2"},
      {eval + "run --decoding=generat", 2, "did you mean generate"},
      {eval + "run --temperature=1", 2, "--decoding=generate"},
      {eval + "run --log_samples=-", 2, "--log_samples=-"},
      {eval + "run --log_samples=missing/x --out=x", 73, "missing/x"},
      {eval + "run --shard=2/2", 2, "shard \"2/2\""},
      {given + "p.txt --interval=0.1", 2, "--interval stops cells of a grid"},
      {eval + "run --add_index_hints", 2, "--add_index_hints is for given problems"},
      {given + "p.txt --add_index_hints", 2, "found a model whose lines have no index hints"},
      {"env eval --model=run --problems=p.txt --samples=3", 2, "all given problems are scored"},
      {"env eval --model=run --problems=p.txt --rows=1", 2, "--problems says which cells"},
      {"sort_eval --model=run --problems=p.txt --digits=1", 2, "--problems says which cells"},
      {"env eval --model=run --split=train", 2, "--split is for given problems"},
      {"env eval merg cells.jsonl", 2, "did you mean merge"},
      {"env eval merge", 2, "no file"},
      {"env eval merge missing.jsonl", 66, "missing.jsonl"},
      {"env eval merge cells.jsonl cells.jsonl", 65, "4 cells found twice: 1 x 1 (cells.jsonl:1 and cells.jsonl:1)"},
      {"head -3 cells.jsonl | env eval merge -", 65, "1 of 4 cells missing (the file of a shard?): 2 x 2"},
      {"sed 2s/.model.:.run./model:other/ cells.jsonl | env eval merge -", 65, "standard input:2: "},
      {"sed '2s/\"seed\":0/\"seed\":7/' cells.jsonl | env eval merge -", 65, "1 x 2: seed: found 7, expected 0"},
      {"env eval summary p.txt", 65, "p.txt:1: "},
      {"sort_eval --threads=1 --model=run", 65, "found a model of addition, expected one of sorting"},
      {"sort_eval --threads=1 --model=run --lengths=0", 2, "lengths '0'"},
      {eval + "run --recurrences=-1", 2, "--recurrences=-1"},
      {eval + "run --min_exact=2", 2, "--min_exact=2"},
      {eval + "run --out=missing/x", 73, "missing/x"},
      {given + "missing.txt", 66, "missing.txt"},
      {given + "cells.jsonl", 65, "cells.jsonl:1: byte 1"},
      {given + "/dev/null", 65, "no line"},
      {given + "p.txt,missing", 66, "missing"},
      {given + "run/checkpoints", 65, "found no file that ends in .txt"},
      {given + "p.txt --cells_by=folder", 65, "p.txt:1: found no lengths in the names"},
      {eval + "run --cells_by=file", 2, "expected --problems with it"},
      {given + "<(gzip < p.txt | head -c 30)", 65, "(is it truncated?)"},
      {eval + "run --log_answers=-", 2, "expected a file of its own"},
      {"env eval export cells.jsonl --out=x.txt", 2,
       "expected NAME.csv, accs_grid_quick*.json, over_100_*.json or FOLDER/"},
      {"env eval export p.txt --out=x.csv", 65, "p.txt:1: found no JSON object"},
      {"datagen check --count=7 p.txt", 2, "--count is for making problems, not for datagen check"},
      {"datagen check p.txt --out=p.txt", 2, "--out=p.txt: would replace what is read, p.txt"},
      {"tokenize --in=p.txt --out=./p.txt", 2, "--out=./p.txt: would replace what is read, p.txt"},
      {"tokenize --inspect=t.safetensors --out=t.safetensors", 2, "would replace what is read"},
      {"tokenize --inspect=t.safetensors --task=sorting", 2, "expected no --task with them"},
      {"env eval summary cells.jsonl cells.jsonl", 65, "found two cells of 1 x 1 of run, expected one"},
      {"env eval summary cells.jsonl --model=run", 2, "--model is for evaluating a model, not for summary of results"},
      {"env eval merge cells.jsonl --out=cells.jsonl", 2, "would replace what is read"},
      {given + "p.txt --log_samples=p.txt", 2, "--log_samples=p.txt: would replace what is read"},
      {"predict --threads=1 --model=run --in=p.txt --out=p.txt", 2, "would replace what is read"},
      {"predict --threads=1 --model=run --attention=a --out=a </dev/null", 2, "found the same file, expected another"},
      {"predict --threads=1 --model=run <&-", 74, "cannot read"},
      {"plot one=cells.jsonl --out=cells.jsonl", 2, "would replace what is read"},
      {"plot cells.jsonl --width=300", 2, "--width and --height are of pictures; found --out=-"},
      {broken("rm $d/DONE"), 65, "DONE"},
      {broken("rm $d/model.safetensors"), 66, "model.safetensors"},
      {broken("rm $d/config.json $d/model_config.json"), 66, "config.json"},
      {broken("echo nonsense >$d/config.json"), 65, "config.json"},
      {broken("sed -i 's/hidden_size: 16/hidden_size: 17/' $d/config.json"), 65, "config.json: found xxh3"},
      {broken("sed -i s/config.json/config.jsom/ $d/DONE"), 65, "--accept_edits opens the checkpoint as it is"},
      {broken("rm $d/tokenizer.json"), 66, "tokenizer.json"},
      {edited("sed -i 's/trained_first/trained_fist/' $d/config.json"), 65, "trained_first"},
      {edited("sed -i 's/hidden_size: 16/hidden_size: 32/' $d/config.json"), 65, "shape"},
      {edited("echo nonsense >$d/config.json"), 65, "config.json: found no JSON object"},
      {broken("echo nonsense >$d/tokenizer.json"), 65, "tokenizer.json"},
      {broken("head -c 3000 done/model.safetensors >$d/model.safetensors"), 65, "model.safetensors"},
      {broken("cp t.safetensors $d/model.safetensors"), 65, "model.safetensors"},
      {"predict --threads=1 </dev/null", 2, "--model"},
      {"echo 1+1= | predict --threads=1 --model=run --top_k=3", 2, "expected --temperature"},
      {"echo 1+1 | predict --threads=1 --model=run", 65, "standard input:1: "},
      {"echo a+1= | predict --threads=1 --model=run", 65, "standard input:1: byte 1"},
      {"echo 1+1=2 | predict --threads=1 --model=run", 65, "nothing after ="},
      {"printf 1+1= | predict --threads=1 --model=run", 65, "standard input:1: "},
      {"predict --threads=1 --model=run --in=missing.txt", 66, "missing.txt"},
      {"predict --threads=1 --model=run --ids_in=t.safetensors", 2, "--logits_out"},
      {"predict --threads=1 --model=run --ids_in=t.safetensors --logits_out=x", 65, "input_ids"},
      {"predict --threads=1 --model=run --ids_in=p.txt --logits_out=x", 65, "p.txt"},
  });
}

TEST_F(BadInputs, Plot) {
  const auto changed = [](const std::string& edit) { return "sed '" + edit + "' cells.jsonl | plot"; };
  Check({
      {"plot missing.jsonl", 66, "missing.jsonl"},
      {"plot p.txt", 65, "p.txt:1: "},
      {"plot /dev/null", 65, "/dev/null"},
      {"plot cells.jsonl cells.jsonl", 65, "two cells of 1 x 1"},
      {"plot cells.jsonl --out=grid.jpg", 2, ".png or .svg"},
      {"plot cells.jsonl --out=missing/grid.png", 73, "missing/grid.png"},
      {"plot cells.jsonl --out=grid.png --width=1", 2, "1 pixels"},
      {"plot cells.jsonl --hight=3", 2, "did you mean --height"},
      {changed("1s/.*/nonsense/"), 65, "standard input:1: "},
      {changed("2s/\"samples\":2,//"), 65, "standard input:2: key samples"},
      {changed("2s/\"exact\":[0-9]*/\"exact\":9/"), 65, "standard input:2: key exact"},
      {changed("2s/\"model\":\"run\"/\"model\":\"other\"/"), 65, "several models"},
      {changed("s/\"problems\":\"\"/\"problems\":\"x\"/"), 65, "no cell of a grid"},
      {"printf '{}' | plot", 65, "standard input:1: "},
  });
}

// What may not be read or written; the superuser may do either, and is kept from it.
TEST_F(BadInputs, Permissions) {
  const std::string prefix = geteuid() != 0 ? ""
                                            : "setpriv --bounding-set=-dac_override,-dac_read_search "
                                              "--inh-caps=-dac_override,-dac_read_search ";
  const ToolResult made = RunCommand(
      *folder_,
      "mkdir shut && for name in p.txt t.safetensors cells.jsonl done run; do cp -r $name shut_$name; done && "
      "chmod 000 shut_p.txt shut_t.safetensors shut_cells.jsonl shut_done/* && chmod 555 shut shut_run");
  ASSERT_EQ(made.code, 0) << made.err;
  std::vector<BadInput> rows = {
      {"tokenize --in=shut_p.txt --out=x.safetensors", 66, "shut_p.txt: cannot be opened: Permission denied"},
      {"train --data=shut_t.safetensors --out=x --steps=1", 66,
       "shut_t.safetensors: cannot be opened: Permission denied"},
      {"plot heatmap shut_cells.jsonl --out=x.png", 66, "shut_cells.jsonl: cannot be opened: Permission denied"},
      {"train --data=t.safetensors --out=x --steps=1 --init_from=shut_done", 66, "shut_done/DONE: cannot be opened"},
      {"env eval --model=shut_done", 66, "shut_done/DONE: cannot be opened"},
      {"datagen --count=5 --out=shut/x.txt", 73, "shut/x.txt: cannot be created: Permission denied"},
      {"tokenize --in=p.txt --out=shut/x.safetensors", 73, "shut/x.safetensors: cannot be created: Permission denied"},
      {"env eval --model=run --rows=1 --cols=1 --samples=1 --out=shut/x.jsonl", 73, "shut/x.jsonl: cannot be created"},
      {"train --data=t.safetensors --out=shut/run --steps=1", 73, "shut/run: Permission denied"},
      {"train --data=t.safetensors --out=shut_run --resume --steps=3", 73, "shut_run/holder.txt: cannot be created"}};
  for (BadInput& row : rows) row.command = prefix + row.command;
  Check(rows);
  RunCommand(*folder_, "chmod -R u+rwx shut* && rm -r shut*");
}

}  // namespace
}  // namespace tally
