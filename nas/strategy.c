/* The strategies by name. A new one is a line in TNAS_STRATEGIES and a file with its rules. */
#include <string.h>

#include "nas/search_internal.h"

static const char *const texts[] = {
#define TEXT(name, text, rules, how) text,
    TNAS_STRATEGIES(TEXT)
#undef TEXT
};

enum { STRATEGY_COUNT = sizeof texts / sizeof texts[0] };

const char *tnas_strategy_text(tnas_strategy strategy)
{
    return texts[strategy];
}

tnas_status tnas_strategy_parse(const char *text, tnas_strategy *out)
{
    *out = TNAS_STRATEGY_EVOLUTION;
    for (int i = 0; i < STRATEGY_COUNT; i++) {
        if (strcmp(texts[i], text) == 0) {
            *out = (tnas_strategy)i;
            return TNAS_OK;
        }
    }
#define LISTED(name, text, rules, how) " " text
    return tnas_fail(TNAS_ERR_USAGE, "--strategy %s: must be one of" TNAS_STRATEGIES(LISTED), text);
#undef LISTED
}

const tnas_strategy_rules *tnas_strategy_rules_of(tnas_strategy strategy)
{
    static const tnas_strategy_rules *const all[] = {
#define RULES(name, text, rules, how) &tnas_##rules##_rules,
        TNAS_STRATEGIES(RULES)
#undef RULES
    };
    return all[strategy];
}

const char *tnas_score_source_text(tnas_score_source source)
{
    static const char *const sources[] = {
#define TEXT(name, text) text,
        TNAS_SCORE_SOURCES(TEXT)
#undef TEXT
    };
    return sources[source];
}
