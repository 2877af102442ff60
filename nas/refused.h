/* A sample of the architectures that a search draws and refuses, so that it can be seen where the
 * limits bite. Private to nas/.
 *
 * Of all that are offered, each once, those stay whose hash, mixed, is smallest: every one of them
 * is as likely to stay as any other, and the sample depends neither on the order of drawing nor on
 * where a search was interrupted (bottom-k sampling; Cohen and Kaplan, "Summarizing data using
 * bottom-k sketches", PODC 2007). */
#ifndef TNAS_NAS_REFUSED_H
#define TNAS_NAS_REFUSED_H

#include "nas/search.h"

typedef struct tnas_refused {
    tnas_candidate *kept; /* [TNAS_REFUSED_MAX], a heap: the largest key on top */
    int count;
} tnas_refused;

tnas_status tnas_refused_offer(tnas_refused *refused, const tnas_candidate *candidate);
void tnas_refused_deinit(tnas_refused *refused);

#endif
