/* The rules of each strategy. A new one is a line in TNAS_STRATEGIES, a file with its rules and a
 * line below. */
#include "nas/search_internal.h"

const tnas_strategy_rules *tnas_strategy_rules_of(tnas_strategy strategy)
{
    static const tnas_strategy_rules *const all[] = {
        [TNAS_STRATEGY_EVOLUTION] = &tnas_evolution_rules,
        [TNAS_STRATEGY_NSGA2] = &tnas_nsga2_rules,
        [TNAS_STRATEGY_RANDOM] = &tnas_random_rules,
    };
    return all[strategy];
}
