# shellcheck shell=bash
# Sourced by records of sorting, after record.sh.
# shellcheck disable=SC2154 # record.sh sets seed and out

# hard NUMBERS DIGITS COUNT [DATAGEN_FLAG]: arrays of that size whose order hangs on little, or that random ones never are.
#   equal      one number over and over
#   lowest     numbers that differ in their lowest digit alone
#   highest    in their highest alone
#   lengths    every other number has one digit
#   rising     in order already
#   falling    in the opposite order
hard() {
  datagen --task=sorting --count="$3" --exact --max_digits="$2" --max_digits_second="$1" --length_distribution=uniform \
    --seed=$((seed + 2000)) "${@:4}" | awk -v at="$out/" -v size="$1_$2" -v digits="$2" '
    function backward(text, i, out) { for (i = length(text); i > 0; --i) out = out substr(text, i, 1); return out }
    function value(number) { return sprintf("%" digits "s", backward(number)) }  # shorter ones begin with spaces
    function ask(name, i, line) {
      for (i = 1; i <= n; ++i) line = line (i > 1 ? "," : "") label[i] ":" number[i]
      print line "=" >(at name "_" size ".problems")
    }
    function put(kind, i) {
      for (i = 1; i <= n; ++i) {
        if (kind == "equal") number[i] = first
        if (kind == "lowest") number[i] = int(10 * rand()) substr(first, 2)
        if (kind == "highest") number[i] = substr(first, 1, digits - 1) 1 + int(9 * rand())
        if (kind == "lengths") number[i] = i % 2 ? substr(drawn[i] first, 1, digits) : int(10 * rand())
        if (kind == "rising" || kind == "falling") number[i] = drawn[i]
      }
    }
    function order(sign, i, j, moved) {
      for (i = 2; i <= n; ++i) {
        moved = number[i]
        for (j = i - 1; j > 0 && (value(number[j]) > value(moved)) == (sign > 0) && value(number[j]) != value(moved); --j) {
          number[j + 1] = number[j]
        }
        number[j + 1] = moved
      }
    }
    BEGIN { srand(1) }
    {
      sub(/=.*/, "")
      n = 0
      while (match($0, /:[0-9]+/)) {  # a label may be a comma or a colon itself
        label[++n] = substr($0, 1 + (n > 1), RSTART - 1 - (n > 1))
        drawn[n] = substr($0, RSTART + 1, RLENGTH - 1)
        $0 = substr($0, RSTART + RLENGTH)
      }
      first = ""
      while (length(first) < digits) first = first (length(first) + 1 < digits ? int(10 * rand()) : 1 + int(9 * rand()))
      for (k = split("equal lowest highest lengths rising falling", kinds, " "); k > 0; --k) {
        put(kinds[k])
        if (kinds[k] == "rising") order(1)
        if (kinds[k] == "falling") order(-1)
        ask(kinds[k])
      }
    }'
  local kind
  for kind in equal lowest highest lengths rising falling; do
    measure "${kind}_$1_$2" .99 --problems="$out/${kind}_$1_$2.problems" --cells_by=file
  done
}
