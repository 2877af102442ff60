/* The strategies by name. A new one is a line in TNAS_STRATEGIES, a file with its rules and a line
 * below. */
#include <string.h>

#include "nas/search_internal.h"

static const char *const texts[] = {
#define TEXT(name, text, how) text,
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
#define LISTED(name, text, how) " " text
    return tnas_fail(TNAS_ERR_USAGE, "--strategy %s: must be one of" TNAS_STRATEGIES(LISTED), text);
#undef LISTED
}

const tnas_strategy_rules *tnas_strategy_rules_of(tnas_strategy strategy)
{
    static const tnas_strategy_rules *const all[STRATEGY_COUNT] = {
        [TNAS_STRATEGY_EVOLUTION] = &tnas_evolution_rules,
        [TNAS_STRATEGY_NSGA2] = &tnas_nsga2_rules,
        [TNAS_STRATEGY_RANDOM] = &tnas_random_rules,
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
