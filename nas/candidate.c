#include "nas/candidate.h"

const char *tnas_score_source_text(tnas_score_source source)
{
    static const char *const texts[] = {
#define SOURCE_TEXT(name, text) text,
        TNAS_SCORE_SOURCES(SOURCE_TEXT)
#undef SOURCE_TEXT
    };
    return texts[source];
}
