# Sourced by test scripts that have a folder $work for what a command said: counts in $passed and
# $failed.
passed=0
failed=0

# check SENTENCE COMMAND...: one line; what the command said when it fails.
check()
{
    sentence=$1
    shift
    if "$@" >"$work/log" 2>&1; then
        passed=$((passed + 1))
        echo "ok      $sentence"
    else
        failed=$((failed + 1))
        echo "FAILED  $sentence"
        sed 's/^/        /' "$work/log"
    fi
}
