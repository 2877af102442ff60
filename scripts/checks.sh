# Sourced by test scripts that have a folder $work for what a command said. $say is what they print: "lines" (one a
# check, what a command said when it fails), "all" (what it said when it passes too) or "failures" alone.
passed=0
failed=0
say=${say:-lines}

# pass SENTENCE, fail SENTENCE [FILE with what was said]
pass()
{
    passed=$((passed + 1))
    [ "$say" = failures ] || echo "ok      $1"
}
fail()
{
    failed=$((failed + 1))
    echo "FAILED  $1"
    [ -z "${2:-}" ] || sed 's/^/        /' "$2" | tail -n 60
}

# skip SENTENCE: what is not looked at, and why.
skip() { echo "SKIP    $1"; }

# check SENTENCE COMMAND...
check()
{
    sentence=$1
    shift
    if "$@" >"$work/log" 2>&1; then
        [ "$say" != all ] || cat "$work/log"
        pass "$sentence"
    else
        fail "$sentence" "$work/log"
    fi
}

# The last line, and the script's exit status.
finish()
{
    echo "$passed passed, $failed failed"
    [ "$failed" = 0 ]
    exit
}
